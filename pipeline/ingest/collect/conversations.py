"""Which content a reply on Mastodon belongs to: the numbers of statuses that were seen, and of threads that were asked for.

A reply names its parent by this server's number only. What a restart forgot is asked for again and read by the same mapping, so a reply belongs
to the same content before and after.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import aiohttp
import msgspec

from pipeline.ingest.collect.positions import moment
from pipeline.ingest.collect.seam import NOT_READ, SourceError
from pipeline.ingest.http.limits import Bucket
from pipeline.ingest.platforms import REGISTRY
from schemas.undo import ALIAS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from pipeline.clock import Clock
    from pipeline.ingest.platforms import Context, Mapped


class Limits(Protocol):
    """The options that count here."""

    @property
    def parents_per_s(self) -> float:
        """Questions per second for the threads of replies."""
        ...

    @property
    def parents_most(self) -> int:
        """Statuses whose thread is remembered."""
        ...

    @property
    def parents_within_s(self) -> float:
        """Seconds that the stream waits for an answer."""
        ...


class _Status(msgspec.Struct, gc=False):
    id: str = ""
    in_reply_to_id: str | None = None
    visibility: str = ""


class _Event(msgspec.Struct, gc=False):
    """An event of a stream, or a status as it is."""

    event: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")
    id: str = ""
    in_reply_to_id: str | None = None


class _Context(msgspec.Struct):
    ancestors: list[msgspec.Raw]


class Seen(OrderedDict[str, str]):
    """The content of each status by its alias; the one seen first is forgotten first."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def note(self, alias: str, content: str) -> None:
        """Remember one."""
        self[alias] = content
        if len(self) > self._most:
            self.popitem(last=False)


_event = msgspec.json.Decoder(_Event).decode
_status = msgspec.json.Decoder(_Status).decode
_text = msgspec.json.Decoder(str).decode
_context = msgspec.json.Decoder(_Context).decode


class Conversations:
    """Remembers and asks. `context` is the mapping's, with the contents that are known. Nothing is raised; time and questions are bounded."""

    def __init__(
        self,
        get: Callable[[str], Awaitable[bytes]],
        context: Context,
        limits: Limits,
        count: Callable[[str, int], None],
        clock: Clock,
    ) -> None:
        self._get, self._limits, self._count, self._clock = get, limits, count, clock
        self._seen = Seen(limits.parents_most)
        self._bucket = Bucket(limits.parents_per_s, monotonic(), burst=60.0)
        self.context = replace(context, contents=self._seen)

    def saw(self, mapped: Mapped) -> None:
        """What was mapped may be answered later."""
        for event in mapped.events:
            if alias := event.attributes.get(ALIAS):
                self._seen.note(alias, event.content_id)

    async def complete(self, payloads: Sequence[bytes]) -> None:
        """Ask for the threads of replies whose parents were never seen, as far as time and budget go."""
        statuses = [found for found in map(_read, payloads) if found is not None]
        coming = {status.id for status in statuses}
        parents = {status.in_reply_to_id: None for status in statuses if status.in_reply_to_id}
        missing = [one for one in parents if one and one not in coming and self._alias(one) not in self._seen]
        self._count("known", len(parents) - len(missing))
        try:
            async with asyncio.timeout(self._limits.parents_within_s):
                for number in missing:
                    await self._ask(number)
        except TimeoutError:
            self._count("failed", 1)

    async def _ask(self, number: str) -> None:
        if self._bucket.wait_s(monotonic()) > 0:
            self._count("over_budget", 1)
            return
        self._bucket.take(2)
        try:
            parent = await self._get(f"/api/v1/statuses/{number}")
            ancestors = _context(await self._get(f"/api/v1/statuses/{number}/context")).ancestors
            thread = [msgspec.json.decode(status) for status in [*ancestors, parent]]
        except (SourceError, aiohttp.ClientError, ConnectionError, *NOT_READ):
            self._count("failed", 1)
            return
        self._count("asked", 1)
        self._learn(thread)

    def _learn(self, thread: Iterable[object]) -> None:
        """The oldest first: each is read by the mapping, which knows by then what it answers."""
        now = moment(self._clock.now_us())
        mapping = REGISTRY["mastodon"]
        for status in thread:
            self.saw(mapping.events(status, now, self.context))

    def _alias(self, number: str) -> str:
        return f"mastodon:{self.context.instance or '-'}:{number}"


def _read(payload: bytes) -> _Status | None:
    """The new status in a payload; None when it has none, or cannot be read."""
    try:
        event = _event(payload)
        if not event.event:
            return _Status(event.id, event.in_reply_to_id)
        if event.event != "update":
            return None
        return _status(_text(event.data).encode())
    except NOT_READ:
        return None

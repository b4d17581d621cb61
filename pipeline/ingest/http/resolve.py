"""Short addresses (t.co, bit.ly, lnkd.in …) to the pages that they lead to, before their events reach Kafka.

Only shorteners are asked, through the guarded fetcher, and only for where they lead: the page itself is never fetched. There is little time, since the
platform waits for its answer. What is not known by then counts under the short address, is asked for again in the background, and then a `link` event
merges it: the figures are the same. What a restart forgets is asked again with the next event of that address.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import msgspec

from pipeline.ingest.http.fetch import RefusedFetchError
from pipeline.ingest.platforms.links import is_short, web_content
from pipeline.ingest.platforms.seam import bounded
from schemas.posts import PostLink

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from pipeline.clock import Clock
    from pipeline.ingest.http.fetch import Fetcher
    from schemas.wire import WireEvent

log = logging.getLogger("cascades.ingest")

MOST_HOPS: Final = 4
REMEMBERED: Final = 50_000
MOST_WAITING: Final = 1_000
"""Short addresses that are asked for again; of more, the next event of each asks."""
AGAIN_S: Final = (5.0, 60.0, 600.0)
_WEB: Final = "web:"


class Resolver:
    """Knows where short addresses lead. `repair` gets the `link` event of one that was found out late; what it raises is logged, and tried again."""

    def __init__(
        self, fetcher: Fetcher, clock: Clock, repair: Callable[[WireEvent], Awaitable[None]], *, within_s: float
    ) -> None:
        self._fetcher, self._clock, self._repair, self._within_s = fetcher, clock, repair, within_s
        self._known: OrderedDict[str, str] = OrderedDict()
        self._late: dict[str, asyncio.Task[None]] = {}

    async def lead(self, events: Sequence[WireEvent]) -> list[WireEvent]:
        """The events, those of short addresses under their pages as far as that is known in time. Raises nothing."""
        if self._within_s <= 0:
            return list(events)
        asked = {event.content_id for event in events if _is_short(event.content_id)}
        unknown = asked - self._known.keys()
        if unknown:
            await self._ask(unknown)
        return [self._led(event) for event in events]

    async def close(self) -> None:
        """Ask no more."""
        for task in self._late.values():
            task.cancel()
        await asyncio.gather(*self._late.values(), return_exceptions=True)

    async def _ask(self, names: Iterable[str]) -> None:
        asking = {name: asyncio.create_task(self._find(name)) for name in names}
        await asyncio.wait(asking.values(), timeout=self._within_s)
        for name, task in asking.items():
            found = task.done() and not task.cancelled() and task.result()
            if not found:
                task.cancel()
                self._ask_again(name)

    def _ask_again(self, name: str) -> None:
        if name not in self._late and len(self._late) < MOST_WAITING:
            self._late[name] = asyncio.create_task(self._mend(name))

    async def _mend(self, name: str) -> None:
        try:
            for pause in AGAIN_S:
                await asyncio.sleep(pause)
                if await self._find(name):
                    await self._repair(self._link(name))
                    return
        except Exception as error:  # noqa: BLE001 - nobody waits for this task; the next event of the address asks again
            log.warning("where %s leads was found, but could not be told: %r", name, error)
            self._known.pop(name, None)
        finally:
            self._late.pop(name, None)

    def _link(self, name: str) -> WireEvent:
        return PostLink(post=name, content_id=self._known[name], linked_us=self._clock.now_us()).link()

    async def _find(self, name: str) -> bool:
        url = name.removeprefix(_WEB)
        try:
            for _ in range(MOST_HOPS):
                url = await self._fetcher.leads_to(url)
                if not is_short(url):
                    self._remember(name, bounded(web_content(url)))
                    return True
        except (RefusedFetchError, ValueError) as error:
            log.debug("where %s leads is not known: %s", name, error)
        return False

    def _remember(self, name: str, content_id: str) -> None:
        self._known[name] = content_id
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def _led(self, event: WireEvent) -> WireEvent:
        found = self._known.get(event.content_id)
        if found is None:
            return event
        of = event.content_id if event.kind == "counter" and event.parent_event_id is None else event.parent_event_id
        return msgspec.structs.replace(event, content_id=found, parent_event_id=of)


def _is_short(content_id: str) -> bool:
    return content_id.startswith(_WEB) and is_short(content_id.removeprefix(_WEB))

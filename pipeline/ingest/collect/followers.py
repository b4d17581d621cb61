"""How many followers people have, asked of Bluesky's public API: 25 at once, remembered, and never at the stream's expense.

What is not answered within the time, over the budget, or not at all stays unknown (`audience_size` null, told as coverage), and is asked again
when the same person acts next.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec

from pipeline.backoff import Backoff
from pipeline.ingest.collect.seam import NOT_READ
from pipeline.ingest.http.limits import Bucket
from pipeline.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pipeline.metrics import Metrics

AT_ONCE: Final = 25
"""`app.bsky.actor.getProfiles` takes no more."""
PATH: Final = "/xrpc/app.bsky.actor.getProfiles"
UNKNOWN_TTL_S: Final = 600.0
"""So long nobody asks again for an account that the service does not know (deleted, suspended)."""


class _Profile(msgspec.Struct):
    did: str
    followersCount: int | None = None  # noqa: N815 - the wire's name


class _Profiles(msgspec.Struct):
    profiles: list[_Profile]


_decode = msgspec.json.Decoder(_Profiles).decode


class Followers:
    """Looks audiences up. `of` raises nothing and takes `within_s` seconds at most; while the service fails, no time at all."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        count: Callable[[str, int], None],
        *,
        per_s: float,
        ttl_s: float,
        most: int,
        within_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session, self._url, self._count = session, url.rstrip("/") + PATH, count
        self._ttl_s, self._most, self._within_s, self._now = ttl_s, most, within_s, monotonic
        self._bucket = Bucket(per_s, monotonic())
        self._known: OrderedDict[str, tuple[int | None, float]] = OrderedDict()
        self._backoff, self._silent_until = Backoff(first=1.0, most=120.0), 0.0

    async def of(self, people: Iterable[str]) -> dict[str, int]:
        """Followers of those that are known; the first ones go first where the budget is short."""
        wanted = list(dict.fromkeys(people))
        missing = [one for one in wanted if not self._is_known(one)]
        self._count("known", len(wanted) - len(missing))
        if missing:
            await self._ask(missing)
        found = {one: self._known[one][0] for one in wanted if one in self._known}
        return {one: count for one, count in found.items() if count is not None}

    def _is_known(self, person: str) -> bool:
        found = self._known.get(person)
        if found is not None and found[1] > self._now():
            self._known.move_to_end(person)
            return True
        return False

    async def _ask(self, missing: Sequence[str]) -> None:
        asking, left = [], 0
        for start in range(0, len(missing), AT_ONCE):
            people = missing[start : start + AT_ONCE]
            if self._now() < self._silent_until:
                self._count("failed", len(people))
            elif self._bucket.wait_s(self._now()) > 0:
                left += len(people)
            else:
                self._bucket.take(1)
                asking.append(self._profiles(people))
        self._count("over_budget", left)
        await asyncio.gather(*asking)

    async def _profiles(self, people: Sequence[str]) -> None:
        try:
            async with asyncio.timeout(self._within_s):
                query = [("actors", person) for person in people]
                async with self._session.get(self._url, params=query) as response:
                    response.raise_for_status()
                    found = {one.did: one.followersCount for one in _decode(await response.read()).profiles}
        except (aiohttp.ClientError, OSError, *NOT_READ) as error:
            self._failed(error, len(people))
            return
        self._backoff.reset()
        self._count("asked", len(people))
        for person in people:
            self._remember(person, found.get(person))

    def _failed(self, error: Exception, people: int) -> None:
        self._count("failed", people)
        asked_s = retry_after_s(error.headers) if isinstance(error, aiohttp.ClientResponseError) else 0.0
        self._silent_until = max(self._silent_until, self._now() + max(asked_s, self._backoff.next()))

    def _remember(self, person: str, count: int | None) -> None:
        ttl_s = self._ttl_s if count is not None else min(self._ttl_s, UNKNOWN_TTL_S)
        self._known[person] = (count, self._now() + ttl_s)
        self._known.move_to_end(person)
        while len(self._known) > self._most:
            self._known.popitem(last=False)


def counting(metrics: Metrics, source: str) -> Callable[[str, int], None]:
    """What counts look-ups of a source by their outcome."""
    return lambda outcome, count: metrics.add(Metric.COLLECT_LOOK_UPS, count, source, outcome)


def retry_after_s(headers: Any) -> float:
    """Seconds that an answer's `Retry-After` asks for; 0.0 where it does not say so in seconds."""
    text = (headers or {}).get("Retry-After", "")
    return float(text) if text.isdecimal() and len(text) < 6 else 0.0  # noqa: PLR2004 - a day has five digits

"""An even pace: N events a second, without drift."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Pace:
    """Says when the n-th event is due. A late start of one event is caught up by the next ones."""

    def __init__(
        self,
        rate: float,
        now: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.rate, self._now, self._sleep = rate, now, sleep
        self._started = now()
        self.stride = max(1, int(rate / 50))
        """Events that may go together: a fiftieth of a second's worth."""

    def ahead_s(self, count: int) -> float:
        """Seconds until event number `count` (from 0) is due; negative when it is late."""
        return self._started + count / self.rate - self._now()

    async def wait(self, count: int) -> None:
        """Return when event number `count` is due."""
        if (ahead := self.ahead_s(count)) > 0:
            await self._sleep(ahead)

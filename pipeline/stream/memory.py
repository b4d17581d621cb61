"""The ceiling of memory: how many facts contents may have there, and who waits while they have more.

| facts in memory         | what happens                                                                                                            |
|-------------------------|-------------------------------------------------------------------------------------------------------------------------|
| up to nine tenths of it | nothing                                                                                                                 |
| more than that          | contents idle the longest leave, after each write and each look around; those that wait for a look get it at once       |
| more than the ceiling   | folding waits, rows are written at once; contents with an open alert leave too, and come back for each look at them      |

So memory holds the ceiling and the contents of one batch at most, and a hundredth of the ceiling (one content at least) that comes back for looks.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pipeline.metrics import Metric, Metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.status import Status

PART = "memory"
"""Of the worker's status."""
SILENT_S = 10.0
"""Folding that waits for longer makes the worker unready."""


class Memory:
    """One per worker, on the event loop. `facts` counts what is in memory now."""

    def __init__(self, most: int, facts: Callable[[], int], metrics: Metrics, status: Status | None = None) -> None:
        self.most = most
        self.enough = most - most // 10
        """Contents leave until so many facts are left, so that folding seldom has to wait."""
        self.pressed = asyncio.Event()
        """Contents should leave and may not yet: look at those that wait for a look."""
        self.facts = facts
        self._freed = asyncio.Event()
        self._metrics = metrics
        self._status = status
        self._tell(0.0)

    @property
    def is_full(self) -> bool:
        """Whether nothing more may come in."""
        return self.facts() > self.most

    @property
    def is_crowded(self) -> bool:
        """Whether contents should leave."""
        return self.facts() > self.enough

    def evicted(self) -> None:
        """Contents have left, as far as they may."""
        facts = self.facts()
        self._metrics.set(Metric.FACTS, facts)
        if facts > self.enough:
            self.pressed.set()
        self._freed.set()

    async def room(self, needed: Callable[[], int], goes_on: Callable[[], bool], hurry: Callable[[], None]) -> None:
        """Wait while memory is full of what the next batch does not need (`needed` counts what it needs of it), as long as it `goes_on`.

        `hurry` has rows written at once: before that nothing leaves of what was folded last.
        """
        if not self.is_full:
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.pressed.set()
        while goes_on() and self.facts() - needed() > self.most:
            self._freed.clear()
            hurry()
            await self._freed.wait()
            self._tell(loop.time() - began)
        self._metrics.add(Metric.MEMORY_WAITED, loop.time() - began)
        self._tell(0.0)

    def _tell(self, waited_s: float) -> None:
        if self._status is None:
            return
        if waited_s > SILENT_S:
            detail = f"{self.facts()} events are in memory, above CASCADES_STATE_MAX_EVENTS ({self.most}): reading waits until contents are written and looked at"
            self._status.set(PART, ok=False, detail=detail)
        else:
            self._status.set(PART, ok=True, detail=f"at most {self.most} events")

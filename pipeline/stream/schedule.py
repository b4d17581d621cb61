"""When each content of a partition is looked at again. Pure; times are microseconds of the partition's clock.

A content that had a record is due at once, but at most once a second, then after 5 s, 10 s, 20 s … 10 min: its figures move less and less.
Where more is due than there is time for, those that are due longest come first, and a content that grows is let forward by one second for each
fact that came: so nobody waits for ever, and what takes off does not stand behind a thousand that got one share each.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.stream.thaw import Held

SECOND_US = 1_000_000
FIRST_US = 5 * SECOND_US
"""From the first look after a record to the next one, while nothing more comes."""
LAST_US = 600 * SECOND_US
"""Each look at a content that stands still comes twice as late as the one before, up to this."""
MOST_FORWARD = 600
"""Seconds that growth may let a content forward: as long as anybody waits by plan."""

_NOWHERE = -1
_Entry = tuple[int, int, "Held"]


@dataclass(slots=True)
class Watch:
    """One content's place in the schedule."""

    due_us: int = 0
    wait_us: int = FIRST_US
    """Until it is due again after the next look."""
    seen_us: int = -SECOND_US
    """The last look."""
    facts: int = 0
    """Facts that it had then."""
    forward: int = 0
    """Seconds that it is let forward."""
    entry: int = _NOWHERE
    """Number of its entry; all others that it has are void."""


class Schedule:
    """Who is due. O(log n) per content that had a record since the last look around, and per look at one."""

    def __init__(self) -> None:
        self._planned: list[_Entry] = []
        self._due: list[_Entry] = []
        self._numbers = count()

    @property
    def waiting(self) -> int:
        """About how many contents are due."""
        return len(self._due)

    def stir(self, held: Held, now_us: int) -> None:
        """It had records: due at once, or a second after its last look."""
        watch = held.watch = held.watch or Watch(now_us)
        watch.wait_us = FIRST_US
        forward = min(held.tail.total - watch.facts, MOST_FORWARD)
        due_us = max(now_us, watch.seen_us + SECOND_US)
        if watch.entry == _NOWHERE or due_us < watch.due_us:
            self._plan(held, watch, due_us, forward)
        elif forward > 2 * watch.forward:  # seldom enough for its old entries not to pile up
            self._plan(held, watch, watch.due_us, forward)

    def plan(self, held: Held, due_us: int) -> None:
        """It is due then, had it a record or not."""
        watch = held.watch = held.watch or Watch()
        watch.facts = held.tail.total
        self._plan(held, watch, due_us, 0)

    def again(self, held: Held, now_us: int) -> None:
        """It was looked at just now, and will be when its wait is over."""
        watch = held.watch = held.watch or Watch()
        watch.seen_us, watch.facts = now_us, held.tail.total
        self._plan(held, watch, now_us + watch.wait_us, 0)
        watch.wait_us = min(2 * watch.wait_us, LAST_US)

    def drop(self, held: Held) -> None:
        """It is not looked at again before its next record."""
        held.watch = None

    def take(self, now_us: int) -> Held | None:
        """The first of those that are due, taken out; None when nobody is."""
        while self._planned and self._planned[0][0] <= now_us:
            due_us, number, held = heappop(self._planned)
            if held.watch and held.watch.entry == number:
                heappush(self._due, (due_us - held.watch.forward * SECOND_US, number, held))
        while self._due:
            _, number, held = heappop(self._due)
            if held.watch and held.watch.entry == number:
                held.watch.entry = _NOWHERE
                return held
        return None

    def late_us(self, now_us: int) -> int:
        """How long the first of those that are due waits."""
        for _, number, held in self._due[:1]:
            if held.watch and held.watch.entry == number:
                return max(0, now_us - held.watch.due_us)
        return 0

    def _plan(self, held: Held, watch: Watch, due_us: int, forward: int) -> None:
        watch.due_us, watch.forward, watch.entry = due_us, forward, next(self._numbers)
        heappush(self._planned, (due_us, watch.entry, held))

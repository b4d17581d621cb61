"""When each content of a partition is looked at again. Pure; times are microseconds of the partition's clock.

A content that had a record is due at once, but at most once a second, then after 5 s, 10 s, 20 s … 10 min: its figures move less and less. One that
grew by a tenth since it was looked at is due again after a quarter of a second: there alerts come from, and they are what somebody waits for.
Where more is due than there is time for, those that are due longest come first, and a content that grows is let forward by one second for each
fact that came: so nobody waits for ever, and what takes off does not stand behind a thousand that got one share each.

A content that leaves memory leaves the schedule too. One that must be looked at all the same is asleep: when it is due, its id is named.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.stream.thaw import Held

SECOND_US = 1_000_000
SOON_US = SECOND_US // 4
"""Between two looks at a content that takes off, at least."""
TAKES_OFF_FACTS, TAKES_OFF_SHARE = 5, 10
"""Takes off: so many facts at least since the last look, and one for every so many that it had."""
FIRST_US = 5 * SECOND_US
"""From the first look after a record to the next one, while nothing more comes."""
LAST_US = 600 * SECOND_US
"""Each look at a content that stands still comes twice as late as the one before, up to this."""
MOST_FORWARD = 600
"""Seconds that growth may let a content forward: as long as anybody waits by plan."""

_NOWHERE = -1
_Entry = tuple[int, int, "Watch"]


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
    held: Held | None = None
    """Whose place it is; None when that has left memory."""
    is_put_off: bool = False
    """The rules could not be asked yet: it is looked at when it is due, in memory or not."""
    asleep: str = ""
    """Id of the content that comes back to memory when it is due."""

    @property
    def is_waiting(self) -> bool:
        """Whether the content has facts that no look has seen."""
        return self.held is not None and self.held.tail.total != self.facts

    def earliest_us(self, grown: int) -> int:
        """When it may be looked at again, given how many facts came since the last look."""
        takes_off = grown >= TAKES_OFF_FACTS and grown * TAKES_OFF_SHARE >= self.facts
        return self.seen_us + (SOON_US if takes_off else SECOND_US)


class Schedule:
    """Who is due. O(log n) per content that had a record since the last look around, and per look at one."""

    def __init__(self) -> None:
        self._planned: list[_Entry] = []
        self._due: list[_Entry] = []
        self._numbers = count()
        self._asleep: dict[str, Watch] = {}
        self._to_wake: deque[str] = deque()

    @property
    def waiting(self) -> int:
        """About how many contents are due."""
        return len(self._due) + len(self._to_wake)

    def stir(self, held: Held, now_us: int) -> None:
        """It had records: due at once, or a while after its last look."""
        watch = held.watch = held.watch or Watch(now_us, held=held)
        watch.wait_us = FIRST_US
        grown = held.tail.total - watch.facts
        forward, due_us = min(grown, MOST_FORWARD), max(now_us, watch.earliest_us(grown))
        if watch.entry == _NOWHERE or due_us < watch.due_us:
            self._plan(watch, due_us, forward)
        elif forward > 2 * watch.forward:  # seldom enough for its old entries not to pile up
            self._plan(watch, watch.due_us, forward)

    def plan(self, held: Held, due_us: int) -> None:
        """It is due then, had it a record or not."""
        watch = held.watch = held.watch or Watch(held=held)
        watch.facts = held.tail.total
        self._plan(watch, due_us, 0)

    def leave(self, held: Held) -> None:
        """It is being looked at: it is not due until `again`, `stir` or `drop`."""
        if held.watch is not None:
            held.watch.entry = _NOWHERE

    def again(self, held: Held, now_us: int, facts: int | None = None) -> None:
        """It was looked at just now, when it had so many facts (None: as many as now), and will be when its wait is over."""
        watch = held.watch = held.watch or Watch(held=held)
        watch.seen_us, watch.facts, watch.is_put_off = now_us, held.tail.total if facts is None else facts, False
        self._asleep.pop(held.content.content_id, None)
        self._plan(watch, now_us + watch.wait_us, 0)
        watch.wait_us = min(2 * watch.wait_us, LAST_US)

    def later(self, held: Held, now_us: int, due_us: int, facts: int) -> None:
        """It was looked at just now, when it had so many facts, but its rules can be asked from `due_us` on only."""
        watch = held.watch = held.watch or Watch(held=held)
        watch.seen_us, watch.facts, watch.is_put_off = now_us, facts, True
        self._asleep.pop(held.content.content_id, None)
        self._plan(watch, due_us, 0)

    def drop(self, held: Held) -> None:
        """It is not looked at again before its next record."""
        release(held)
        self._asleep.pop(held.content.content_id, None)

    def sleep(self, content_id: str, due_us: int) -> None:
        """It is not in memory, and due then."""
        watch = self._asleep[content_id] = Watch(asleep=content_id)
        self._plan(watch, due_us, 0)

    def take(self, now_us: int) -> Held | None:
        """The first of those in memory that are due, taken out; None when nobody is."""
        while self._planned and self._planned[0][0] <= now_us:
            due_us, number, watch = heappop(self._planned)
            if watch.entry == number and self._is_meant(watch):
                heappush(self._due, (due_us - watch.forward * SECOND_US, number, watch))
        while self._due:
            _, number, watch = heappop(self._due)
            if watch.entry == number and self._is_meant(watch):
                watch.entry = _NOWHERE
                if watch.held is not None:
                    return watch.held
                del self._asleep[watch.asleep]
                self._to_wake.append(watch.asleep)
        return None

    def to_wake(self, most: int) -> list[str]:
        """Ids of contents that are due and not in memory, as `take` came upon them: so many at most, those due longest first."""
        return [self._to_wake.popleft() for _ in range(min(most, len(self._to_wake)))]

    def put_off(self, contents: Iterable[str]) -> None:
        """These could not be woken: they are the next ones."""
        self._to_wake.extendleft(contents)

    def late_us(self, now_us: int) -> int:
        """How long the first of those that are due waits."""
        for _, number, watch in self._due[:1]:
            if watch.entry == number:
                return max(0, now_us - watch.due_us)
        return 0

    def _is_meant(self, watch: Watch) -> bool:
        return watch.held is not None or (watch.asleep != "" and self._asleep.get(watch.asleep) is watch)

    def _plan(self, watch: Watch, due_us: int, forward: int) -> None:
        watch.due_us, watch.forward, watch.entry = due_us, forward, next(self._numbers)
        heappush(self._planned, (due_us, watch.entry, watch))


def release(held: Held) -> None:
    """A content gives up its place: nothing that is planned keeps it in memory."""
    if held.watch is not None:
        held.watch.held = None
        held.watch = None

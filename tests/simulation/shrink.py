"""From a run that fails to a small one that still fails: faults go first, then records, in halves and then one by one.

Whatever is left out changes the moments of all that follows, so a small case that may fail need not fail at once: it is tried under several
schedules. For the same reason the faults that are left strike every request in their time, if the run fails then too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from simulation.run import Result, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulation.events import Sent
    from simulation.faults import Fault

MOST_RUNS = 400
FEW_RECORDS = 24
"""Runs of that size are cheap: they are tried under `SCHEDULES`."""
SCHEDULES = 5
T = TypeVar("T")


def shrink(failed: Result, progress: Callable[[str], None] = lambda _text: None) -> Result:
    """The smallest failing run that was found. Any failure counts: what is left is a reproduction in its own right."""
    search = _Search(failed, progress)
    size = -1
    while search.left > 0 and size != (size := search.size):
        search.leave_out_faults()
        search.make_faults_certain()
        search.leave_out_records()
    return search.best


class _Search:
    """The best so far, and how many runs are left to find a better one."""

    def __init__(self, failed: Result, progress: Callable[[str], None]) -> None:
        self.best = failed
        self.left = MOST_RUNS
        self._progress = progress

    @property
    def size(self) -> int:
        return len(self.best.faults) + len(self.best.sent)

    def leave_out_faults(self) -> None:
        _minimal(self.best.faults, lambda some: self._fails(some, self.best.sent))

    def leave_out_records(self) -> None:
        _minimal(self.best.sent, lambda some: self._fails(self.best.faults, some))

    def make_faults_certain(self) -> None:
        for number, fault in enumerate(self.best.faults):
            faults = list(self.best.faults)
            faults[number] = replace(fault, chance=1.0)
            if fault.chance < 1.0:
                self._fails(faults, self.best.sent)

    def _fails(self, faults: Sequence[Fault], sent: Sequence[Sent]) -> bool:
        first = self.best.schedule
        others = range(SCHEDULES if len(sent) <= FEW_RECORDS else 0)
        return any(self._try(faults, sent, schedule) for schedule in (first, *others) if self.left > 0)

    def _try(self, faults: Sequence[Fault], sent: Sequence[Sent], schedule: int) -> bool:
        self.left -= 1
        result = run(self.best.seed, faults, sent, schedule)
        if result.failures:
            self.best = result
            self._progress(f"{len(faults)} faults, {len(sent)} records")
        return bool(result.failures)


def _minimal(items: Sequence[T], fails: Callable[[list[T]], bool]) -> None:
    """Leave out ever smaller pieces of `items` while `fails` holds for the rest."""
    kept = list(items)
    size = len(kept)
    while size:
        start = 0
        while start < len(kept):
            rest = kept[:start] + kept[start + size :]
            if fails(rest):
                kept = rest
            else:
                start += size
        size //= 2

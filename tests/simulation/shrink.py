"""From a run that fails to a small one that still fails: faults go first, then records, in halves and then one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from simulation.run import Result, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_RUNS = 300
T = TypeVar("T")


def shrink(failed: Result, progress: Callable[[str], None] = lambda _text: None) -> Result:
    """The smallest failing run that was found. Any failure counts: what is left is a reproduction in its own right."""
    best = failed
    left = MOST_RUNS

    def fails(candidate: Result) -> bool:
        nonlocal best, left
        left -= 1
        if candidate.failures:
            best = candidate
            progress(f"{len(best.faults)} faults, {len(best.sent)} records")
        return bool(candidate.failures)

    def go_on() -> bool:
        return left > 0

    _minimal(failed.faults, lambda some: fails(run(failed.seed, some, best.sent)), go_on)
    _minimal(failed.sent, lambda some: fails(run(failed.seed, best.faults, some)), go_on)
    _minimal(best.faults, lambda some: fails(run(failed.seed, some, best.sent)), go_on)
    return best


def _minimal(items: Sequence[T], fails: Callable[[list[T]], bool], go_on: Callable[[], bool]) -> None:
    """Leave out ever smaller pieces of `items` while `fails` holds for the rest."""
    kept = list(items)
    size = len(kept)
    while size and go_on():
        start = 0
        while start < len(kept) and go_on():
            rest = kept[:start] + kept[start + size :]
            if fails(rest):
                kept = rest
            else:
                start += size
        size //= 2

"""How often a post is asked about: what moves often, what rests seldom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

FASTER: Final = 0.5
SLOWER: Final = 1.5
JITTER: Final = 0.1


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds between two looks: from `shortest` for what brings something new each time, to `longest` for what never does.

    News halve the interval and a look in vain makes it half as long again: a post that wakes up is asked at the
    shortest interval after a few looks, and one that falls asleep costs ever less of the budget.
    """

    shortest: float
    longest: float

    def next(self, interval: float, *, news: bool) -> float:
        """The interval after a look."""
        return min(max(interval * (FASTER if news else SLOWER), self.shortest), self.longest)

    def spread(self, interval: float, rng: Random) -> float:
        """The interval, more or less: posts that were first seen together do not stay together."""
        return interval * (1 + JITTER * (2 * rng.random() - 1))

"""How cascades of the sample data grow: sizes, trees and times with the statistics of real ones (docs: README, "The sample data").

The targets are those of 2,308 real Twitter cascades (Ma et al. 2017): size p10/50/90 = 117/266/866, depth 2/3/6, structural virality
2.08/2.36/3.22, 74/18/7 % of the nodes at depth 1/2/≥ 3, half of the shares within 0.7 h and nine tenths within 9.3 h.
The constants below were found by search; tests/unit/test_generator_statistics.py holds them to the targets.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field
from math import exp, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

ROOT = -1
HOUR_OF_DEMO_S = 60.0
"""An hour of a real cascade lasts a minute in the demo: half of the shares within 42 s, nine tenths within 9.3 min."""

_FEWEST, _MEDIAN_MORE, _SIZE_SPREAD, _MOST = 70, 196, 1.1, 3100
_LEAN_A, _LEAN_B, _LEAN_BY_SIZE, _TYPICAL_SIZE = 1.4, 4.4, 0.15, 400
_HALF_H, _TIME_SPREAD, _TEMPO_SPREAD = 0.7, 2.02, 0.5  # 9.3 h / 0.7 h = exp(1.2816 · 2.02)


def size(rng: Random) -> int:
    """Nodes of one cascade, the root included: log-normal above the smallest that anybody collects."""
    return min(_MOST, int(_FEWEST + exp(rng.gauss(log(_MEDIAN_MORE), _SIZE_SPREAD))))


def lean(rng: Random, nodes: int) -> float:
    """Chance that a spread comes through another spread and not straight from the post. Differs much between contents."""
    return min(0.9, rng.betavariate(_LEAN_A, _LEAN_B) * exp(_LEAN_BY_SIZE * log(nodes / _TYPICAL_SIZE)))


def delays(rng: Random, count: int, hour_s: float) -> list[float]:
    """Seconds from the post to each of `count` spreads, in order; `hour_s` is how long an hour lasts."""
    half = log(_HALF_H * hour_s) + rng.gauss(0, _TEMPO_SPREAD)
    return sorted(exp(rng.gauss(half, _TIME_SPREAD)) for _ in range(count))


def wave(rng: Random, count: int, peak_s: float) -> list[float]:
    """Seconds from the post to each spread of an item that sleeps, takes off (doubling every 4 s) and peaks at `peak_s`."""
    early, rise = count // 80, count // 2
    times = [rng.uniform(1, peak_s * 0.85) for _ in range(early)]
    times += [max(1.0, peak_s + 6 * _logistic(rng)) for _ in range(rise)]
    times += [peak_s + exp(rng.gauss(log(70), 1)) for _ in range(count - early - rise)]
    return sorted(times)


def _logistic(rng: Random) -> float:
    uniform = rng.uniform(1e-9, 1 - 1e-9)
    return log(uniform / (1 - uniform))


@dataclass(slots=True)
class Tree:
    """A cascade that grows spread by spread. `pick` says where the next one hangs, `add` hangs it there.

    A spread draws children by its audience ** 1.4 (a few amplifiers have most of them), less the deeper it lies; one in eight
    hangs on one of the last twenty spreads whoever made it, which gives the thin long chains of real cascades.
    """

    lean: float
    fade: float = 0.65
    recent: float = 0.12
    _depths: list[int] = field(default_factory=list)
    _pulls: list[float] = field(default_factory=list)  # cumulative

    def pick(self, rng: Random) -> int:
        """Index of the parent of the next spread, or ROOT."""
        count = len(self._depths)
        if not count or rng.random() >= self.lean or not self._pulls[-1]:
            return ROOT
        if rng.random() < self.recent:
            return count - 1 - rng.randrange(min(count, 20))
        return min(bisect(self._pulls, rng.random() * self._pulls[-1]), count - 1)

    def add(self, parent: int, audience: int) -> None:
        """Hang one spread on `parent`; an audience of 0 draws no children by itself."""
        depth = 1 if parent == ROOT else self._depths[parent] + 1
        self._depths.append(depth)
        before = self._pulls[-1] if self._pulls else 0.0
        self._pulls.append(before + audience**1.4 * self.fade ** (depth - 1))

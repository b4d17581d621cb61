"""What is going to happen: faults drawn from a seed, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from support.stricken import HAND_OVER_POINTS, POINTS, START_POINTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

POINT_KINDS = {
    "kill at": POINTS,
    "stop at": POINTS,
    "kill at start": START_POINTS,
    "kill at hand-over": HAND_OVER_POINTS,
}
"""Each card of these kinds takes the next point of its list."""
DECK = {
    "kill at": 13,
    "stop at": 4,
    "kill at start": 3,
    "kill at hand-over": 2,
    "kill": 2,
    "sigterm": 2,
    "pause": 2,
    "long pause": 3,
    "pause of minutes": 1,
    "join": 4,
    "leave": 3,
    "broker restarts": 1,
    "broker killed": 2,
    "broker hangs": 1,
    "ClickHouse refuses": 2,
    "ClickHouse hangs": 2,
    "ClickHouse fails half-way": 3,
    "ClickHouse does not answer": 2,
    "ClickHouse is full": 1,
    "ClickHouse is read-only": 1,
    "a gateway answers": 1,
    "ClickHouse killed": 1,
    "ClickHouse restarts": 1,
    "disk full": 2,
    "local state lost": 2,
    "local state damaged": 2,
    "local state of old": 1,
    "clock jumps": 3,
}
LASTS_S = {
    "pause": (0.3, 2.5),
    "long pause": (1.3, 2.5),  # session timeouts
    "pause of minutes": (65.0, 95.0),
    "broker restarts": (0.0, 3.0),
    "broker killed": (0.0, 3.0),
    "broker hangs": (2.0, 8.0),
    "disk full": (3.0, 8.0),
}
OTHERWISE_S = (2.0, 6.0)
JUMPS_S = (-86_400.0, -3_600.0, -5.0, 5.0, 3_600.0, 259_200.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. What it strikes is chosen when it comes, by `chance`, among what is there then."""

    number: int
    kind: str
    point: str
    pause_s: float
    """Before it."""
    lasts_s: float
    chance: float
    overlaps: bool
    """Whether the next one may come before the end of this one."""
    jump_s: float


def draw(rng: Random, count: int) -> Iterator[Fault]:
    """Deck after deck, each shuffled: among some sixty faults in a row there is every kind, and a kill at every point."""
    deck: list[str] = []
    points = {kind: list(names) for kind, names in POINT_KINDS.items()}
    for number in range(1, count + 1):
        if not deck:
            deck = [kind for kind, copies in DECK.items() for _ in range(copies)]
            rng.shuffle(deck)
        kind = deck.pop()
        yield _fault(rng, number, kind, _next_point(rng, points, kind))


def _next_point(rng: Random, points: dict[str, list[str]], kind: str) -> str:
    if kind not in points:
        return ""
    if not points[kind]:
        points[kind] = list(POINT_KINDS[kind])
    return points[kind].pop(rng.randrange(len(points[kind])))


def _fault(rng: Random, number: int, kind: str, point: str) -> Fault:
    lasts = rng.uniform(*LASTS_S.get(kind, OTHERWISE_S))
    pause = min(6.0, rng.expovariate(0.8))
    overlaps = kind == "pause of minutes" or rng.random() < 0.25
    return Fault(
        number, kind, point, round(pause, 2), round(lasts, 2), round(rng.random(), 4), overlaps, rng.choice(JUMPS_S)
    )

"""Sample events for the demo: cascades with the statistics of real ones, on many platforms, for ever. Pure: no clock, no I/O.

`events` is a function of its arguments: the same seed gives the same records on every machine.

shape    how many nodes, where each one hangs, and when
people   who shares, with what audience
places   on which platforms, and what each of them tells
stories  what is shared
acts     one content, act by act
dirt     copies, late parents, retractions, broken records
"""

from __future__ import annotations

from heapq import heappop, heappush, heapreplace
from random import Random
from typing import TYPE_CHECKING

from pipeline.ingest.generator.acts import Plan, acts
from pipeline.ingest.generator.dirt import Arrival, arrivals
from pipeline.ingest.generator.places import PLACES, mix
from pipeline.ingest.generator.shape import HOUR_OF_DEMO_S, Tree, delays, lean, size, wave
from pipeline.ingest.generator.stories import story

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["VIRAL_TITLE", "Arrival", "content", "events"]

VIRAL_TITLE = "One lamp for a street"
VIRAL_PEAK_S = 65.0
"""Seconds after the start at which the viral item spreads fastest."""

_VIRAL_NODES = 6000
_VIRAL_BEGAN_S = -300.0
_HISTORY_S = 360.0
_ARCHIVE = (
    *((-3600.0 * hours, 3600.0) for hours in (36, 28, 21, 13, 6, 2)),
    *((-420.0 * number, 120.0) for number in range(8, 0, -1)),
)
"""Older contents: when each began, and how long its hour lasts. Some run at the pace of real life, the rest fill the last hour."""
_EVENTS_PER_CONTENT = 900.0  # measured, over the minutes after the start


def events(seed: int, start_us: int, rate: float = 100.0) -> Iterator[Arrival]:
    """An endless stream of records in order of arrival, about `rate` per second on the average, the viral item on top.

    Records before `at_s` = 0 are history: cascades that had begun before the start, whose last shares come after it.
    `start_us` is the start in microseconds since 1970 (UTC).
    """
    waiting: list[tuple[float, int, list[Arrival]]] = []
    beginnings = _beginnings(seed, start_us, rate)
    number, upcoming = 0, next(beginnings)
    while True:
        while not waiting or upcoming[0].at_s <= waiting[0][0]:
            heappush(waiting, (upcoming[0].at_s, number, upcoming[::-1]))
            number, upcoming = number + 1, next(beginnings)
        yield from _first(waiting)


def _first(waiting: list[tuple[float, int, list[Arrival]]]) -> Iterator[Arrival]:
    _, number, rest = waiting[0]
    yield rest.pop()
    if rest:
        heapreplace(waiting, (rest[-1].at_s, number, rest))
    else:
        heappop(waiting)


def _beginnings(seed: int, start_us: int, rate: float) -> Iterator[list[Arrival]]:
    """The records of one content after the other, by the time at which the content begins."""
    rng = _random(seed, "beginnings")
    for number, (began_s, hour_s) in enumerate(_ARCHIVE):
        yield content(_random(seed, f"archive/{number}"), start_us, began_s, hour_s)
    viral: list[Arrival] | None = _viral(_random(seed, "viral"), start_us)
    number, began_s = 0, -_HISTORY_S
    while True:
        if viral and began_s >= _VIRAL_BEGAN_S:
            yield viral
            viral = None
        yield content(_random(seed, f"content/{number}"), start_us, began_s)
        number, began_s = number + 1, began_s + rng.expovariate(rate / _EVENTS_PER_CONTENT)


def _random(seed: int, what: str) -> Random:
    return Random(f"{seed}/{what}")  # noqa: S311 sample data, to be the same each time


def content(rng: Random, start_us: int, began_s: float, hour_s: float = HOUR_OF_DEMO_S) -> list[Arrival]:
    """All records of one content that begins at `began_s`; `hour_s` is how long an hour of a real cascade lasts."""
    nodes = size(rng)
    plan = Plan(story(rng), mix(rng), began_s, delays(rng, nodes - 1, hour_s), Tree(lean(rng, nodes)), start_us)
    return arrivals(rng, acts(rng, plan))


def _viral(rng: Random, start_us: int) -> list[Arrival]:
    """The item that everybody hands on: nine of ten spreads come through another spread, on every platform."""
    times = wave(rng, _VIRAL_NODES - 1, VIRAL_PEAK_S - _VIRAL_BEGAN_S)
    tree = Tree(lean=0.9, fade=1.0, recent=0.5)
    return arrivals(
        rng,
        acts(
            rng,
            Plan(story(rng, VIRAL_TITLE, campaign="kind-words"), list(PLACES), _VIRAL_BEGAN_S, times, tree, start_us),
        ),
    )

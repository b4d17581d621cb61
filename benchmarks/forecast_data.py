"""Real cascades as the forecast sees them: their acts put into `Ages`, looked at when they were of certain ages."""

from __future__ import annotations

import csv
import gzip
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.cascade.ages import Ages, evidence
from pipeline.cascade.codes import UNKNOWN_AUDIENCE
from pipeline.cascade.forecast import HORIZON_S, Forecast, forecast, seismic, terms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOURS = (1 / 3, 0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 48.0)
"""Ages looked at: from `YOUNGEST_S` to `OLDEST_S`."""
BORN_US = 1_600_000_000_000_000

Act = tuple[float, int]
"""(seconds after the post, audience)."""


@dataclass(frozen=True, slots=True)
class Look:
    """One cascade at one age."""

    name: str
    hours: float
    size: int
    final: int  # size at the horizon
    terms: tuple[float, ...]
    weight: float
    seismic: float
    forecast: Forecast
    half_s: float  # when half of the final size was there
    ninety_s: float


def read(path: Path, time: str, name: str, audience: str | None) -> dict[str, list[Act]]:
    """Acts by cascade, in order, up to the horizon; the arguments name columns. The first act is the post."""
    acts: dict[str, list[Act]] = defaultdict(list)
    with gzip.open(path, "rt") as lines:
        for row in csv.DictReader(lines):
            people = int(float(row[audience])) if audience else UNKNOWN_AUDIENCE
            if float(row[time]) <= HORIZON_S:
                acts[row[name]].append((float(row[time]), people))
    return {key: sorted(found, key=lambda act: act[0]) for key, found in sorted(acts.items())}


def looks(name: str, acts: list[Act]) -> Iterator[Look]:
    """The cascade at every age of `HOURS`."""
    times = [time for time, _ in acts]
    half, ninety = times[(len(acts) - 1) // 2], times[int(0.9 * (len(acts) - 1))]
    ages, entered = Ages(), 0
    for hours in HOURS:
        age = hours * 3600
        size = bisect_right(times, age)
        for time, people in acts[entered:size]:
            ages.add(BORN_US + round(time * 1e6), int(entered > 0), people)
            entered += 1
        now = BORN_US + round(age * 1e6)
        seen = evidence(ages.cells(now), age)
        found = terms(seen, age, size)
        guess = forecast(ages, now, BORN_US, size)
        yield Look(name, hours, size, len(acts), found, seen.weight, seismic(seen, size), guess, half, ninety)

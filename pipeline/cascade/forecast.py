"""How far a cascade will go: SEISMIC's sums over the ages of its acts, with a calibration fitted on real tweets.

The size a week after the first act (later: some days on) is n·(1 + e^z), with

    z = level + aging·L + speed·ln(v) + (trust + trust_aging·L)·ln(p / TYPICAL_INFECTIOUSNESS)

n the size now, L = ln(age / 3 h), v the present speed × age ÷ n (1 = as fast as on average so far), p SEISMIC's infectiousness: shares
per person who saw an act. `trust` is below 0: where many people saw it and few shared so far, the speed of now lasts longer; what few very
eager people share is soon over. Five numbers, fitted by `python -m benchmarks.forecast FILE`; docs/forecast.md has the errors measured on tweets
that the fit did not see. Source of p and of its sums: Zhao et al., "SEISMIC", KDD 2015.
"""

from __future__ import annotations

from math import ceil, exp, floor, inf, log, sqrt
from typing import TYPE_CHECKING, NamedTuple

from pipeline.cascade.ages import WINDOW_SPREADS, Evidence, evidence
from pipeline.cascade.codes import UNKNOWN_AUDIENCE
from pipeline.cascade.memory import lived

if TYPE_CHECKING:
    from pipeline.cascade.ages import Ages, Cells

TYPICAL_INFECTIOUSNESS = 1e-3
"""Shares per person who saw an act, typical of the first hours of the tweets of the fit: what is believed before there is evidence."""
BELIEF = 0.5
"""Spreads that this belief is worth."""

REFERENCE_S = 3 * 3600.0
YOUNGEST_S, OLDEST_S = 1200.0, 48 * 3600.0
"""Ages of the fit; outside, the coefficients of its nearest end hold."""
HORIZON_S = 7 * 86400.0
"""What "final" means in the data of the fit: the size at this age."""
GROWN_S = 5 * 86400.0
"""Age by which all growth counts as there when a time is forecast: with the whole week, `ninety_s` came out a quarter too late."""

_US = 1_000_000
_DECILE = 1.2816  # 80 % of a normal distribution lie within this many deviations
_MOST = 50.0  # keeps e^z finite
_STEPS = 12  # halvings of the logarithm of the time searched: to 0.4 % of it


class Calibration(NamedTuple):
    """Coefficients of z, and how far the 10 % and 90 % quantiles of z lie below and above it."""

    level: float
    aging: float
    speed: float
    trust: float
    trust_aging: float
    below: float
    above: float


FITTED = Calibration(0.525, -0.509, 0.722, -0.366, -0.081, 0.762, 1.032)
"""On the 50 tweets of the public SEISMIC sample kept with TiDeH: each has 2,000 retweets or more."""


class Forecast(NamedTuple):
    """Sizes count nodes, the root included; times are seconds after the first act."""

    final: float
    low: float
    """10 % quantile: the "at least x" of a content that still accelerates."""
    high: float
    """90 % quantile; infinite for a content that still accelerates."""
    accelerating: bool
    """Whether each person reached brings in one more or more (p·n* ≥ 1): then SEISMIC's final size is infinite."""
    half_s: float
    """Age at which half of `final` is reached."""
    ninety_s: float
    """Age at which 90 % of `final` are reached."""


def forecast(ages: Ages, now_us: int, born_us: int, size_now: int) -> Forecast:
    """Forecast for a content of `size_now` nodes, whose first act is dated `born_us`, by its acts up to `now_us` (µs since 1970). O(cells)."""
    age = max(1.0, (now_us - born_us) / _US)
    cells = ages.cells(now_us)
    return forecast_of(cells, evidence(cells, age), age, size_now)


def forecast_of(cells: Cells, seen: Evidence, age: float, size_now: int) -> Forecast:
    """The same, by the cells of a moment and what they say. `age` is in seconds, at least 1."""
    final, low, high = sizes(terms(seen, age, size_now), seen.weight, size_now, FITTED)
    accelerating = seen.spreads >= WINDOW_SPREADS and infectiousness(seen) * UNKNOWN_AUDIENCE >= 1
    return Forecast(
        final,
        low,
        inf if accelerating else high,
        accelerating,
        _time_of(final / 2, final, size_now, cells, age),
        _time_of(final * 0.9, final, size_now, cells, age),
    )


def terms(seen: Evidence, age_s: float, size_now: int) -> tuple[float, float, float, float, float]:
    """What the first five numbers of a `Calibration` are multiplied with."""
    older = log(min(max(age_s, YOUNGEST_S), OLDEST_S) / REFERENCE_S)
    eager = log(infectiousness(seen) / TYPICAL_INFECTIOUSNESS)
    return 1.0, older, log(_speed(seen, age_s) * age_s / size_now), eager, older * eager


def sizes(of: tuple[float, ...], weight: float, size_now: int, calibration: Calibration) -> tuple[float, float, float]:
    """(final size, its 10 % quantile, its 90 % quantile).

    The range is the one fitted, widened by what counting few adds: the spreads in the window (`weight`), and those still to come.
    """
    score = growth_score(of, calibration)
    growth = size_now * exp(min(score, _MOST))
    noise = _DECILE**2 * (calibration.speed**2 / (weight + BELIEF) + 1 / (growth + BELIEF))
    below, above = sqrt(calibration.below**2 + noise), sqrt(calibration.above**2 + noise)
    return size_now + growth, floor(size_now + growth * exp(-below)), ceil(size_now + growth * exp(above))


def growth_score(of: tuple[float, ...], calibration: Calibration) -> float:
    """z: the logarithm of the growth still to come, in sizes of now."""
    return sum(factor * term for factor, term in zip(calibration, of, strict=False))


def infectiousness(seen: Evidence) -> float:
    """SEISMIC's p = ΣK ÷ Σ n∫Kφ, spreads per person, after the belief in what is typical."""
    return (seen.weight + BELIEF) / (seen.exposure + BELIEF / TYPICAL_INFECTIOUSNESS)


def seismic(seen: Evidence, size_now: int) -> float:
    """SEISMIC as published, without calibration: R + p·Σ n(1−Φ) ÷ (1 − p·n*); infinite once p·n* ≥ 1."""
    rate = seen.weight / seen.exposure if seen.exposure else 0.0
    rest = 1 - rate * UNKNOWN_AUDIENCE
    return size_now + rate * seen.waiting / rest if rest > 0 else inf


def _speed(seen: Evidence, age_s: float) -> float:
    """Spreads per second under the triangle; of its area, only what lies in the content's life."""
    life = min(age_s, seen.window_s)
    return (seen.weight + BELIEF) / (life - life * life / (2 * seen.window_s))


def _time_of(size: float, final: float, size_now: int, cells: Cells, age_s: float) -> float:
    """Age at which `size` was or will be reached."""
    if size <= size_now:
        return _time_in_the_past(size, size_now, cells, age_s)
    return age_s + _time_to_come((size - size_now) / (final - size_now), cells, age_s)


def _time_in_the_past(size: float, size_now: int, cells: Cells, age_s: float) -> float:
    """Exact at the edges of cells; within one, its spreads count as evenly spaced around their mean."""
    before = float(size_now)
    for row in range(cells.rows - 1, -1, -1):
        spreads = cells.spreads[row]
        before -= spreads
        if before < size and spreads:
            oldest = min(cells.oldest_s[row], age_s)
            ago = oldest - 2 * (oldest - cells.age_s[row]) * (size - before) / spreads
            return min(max(age_s - ago, 0.0), age_s)
    return 0.0


def _time_to_come(part: float, cells: Cells, age_s: float) -> float:
    """Seconds until `part` of the growth is there, if it comes as those who will see one of the present acts do."""
    early, late = 1.0, max(GROWN_S - age_s, age_s)
    first, last = _waiting(cells, 0.0), _waiting(cells, late)
    wanted = first - part * (first - last)
    for _ in range(_STEPS):
        middle = sqrt(early * late)
        early, late = (middle, late) if _waiting(cells, middle) > wanted else (early, middle)
    return late


def _waiting(cells: Cells, after_s: float) -> float:
    people = 0.0
    for row in range(cells.rows):
        if cells.audience[row]:
            people += cells.audience[row] * (1 - lived(cells.audience_age_s[row] + after_s))
    return people

"""Fit the forecast on real tweets, and measure it on tweets that the fit did not see.

    python -m benchmarks.forecast SEISMIC_TWEETS [TWITTER1516]

SEISMIC_TWEETS has the columns `tweet,t_seconds,followers` (gzip); TWITTER1516, for a look at small cascades of other origin without audiences,
`content_id,t_rel_s`. Prints the tables of docs/forecast.md and the constants for `pipeline/cascade/forecast.py`; exits 1 when those there
differ from the fit, or when a mark is missed under cross-validation.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict
from pathlib import Path
from statistics import fmean, median, stdev
from typing import TYPE_CHECKING

from benchmarks.forecast_data import HOURS, Look, looks, read
from benchmarks.forecast_fit import fit
from pipeline.cascade.forecast import FITTED, Calibration, sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

FOLDS, REPEATS = 5, 10
MARKS = {1.0: 0.30, 3.0: 0.20, 6.0: 0.15}
CLOSE = 0.006  # constants in the code are rounded

Errors = dict[float, float]
"""Median relative error by age in hours."""


def main() -> int:
    """Print all tables; 0 when the marks hold and the constants are those of the fit."""
    options = _options()
    tweets = read(options.tweets, "t_seconds", "tweet", "followers")
    sample = [look for name, acts in tweets.items() for look in looks(name, acts)]
    fitted = fit(sample)
    print(f"{len(tweets)} tweets; FITTED = Calibration({', '.join(f'{value:.3f}' for value in fitted)})\n")
    held_out = _cross_validated(sample)
    _print_errors(sample, fitted, held_out)
    _print_ranges(sample, held_out)
    _print_times(sample)
    if options.others:
        others = read(options.others, "t_rel_s", "content_id", None)
        _print_others([look for name, acts in others.items() for look in looks(name, acts)])
    missed = [hours for hours, mark in MARKS.items() if fmean(run[hours] for run in map(_errors, held_out)) > mark]
    stale = any(abs(old - new) > CLOSE for old, new in zip(FITTED, fitted, strict=True))
    print(
        f"\nmarks missed at hours: {missed or 'none'}; constants in the code: {'STALE' if stale else 'those of the fit'}"
    )
    return 1 if missed or stale else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tweets", type=Path)
    parser.add_argument("others", type=Path, nargs="?")
    return parser.parse_args()


Guess = tuple[Look, float, float, float]
"""(look, final size, low, high)."""


def _guesses(sample: Iterable[Look], calibration: Calibration) -> list[Guess]:
    return [(look, *sizes(look.terms, look.weight, look.size, calibration)) for look in sample]


def _cross_validated(sample: Sequence[Look]) -> list[list[Guess]]:
    """For each repeat, a guess at every look, by a fit on the other folds. A tweet with all its ages is in one fold."""
    names = sorted({look.name for look in sample})
    return [_one_round(sample, names, random.Random(seed)) for seed in range(REPEATS)]


def _one_round(sample: Sequence[Look], names: list[str], rng: random.Random) -> list[Guess]:
    order = rng.sample(names, len(names))
    fold = {name: place % FOLDS for place, name in enumerate(order)}
    found = []
    for number in range(FOLDS):
        calibration = fit([look for look in sample if fold[look.name] != number])
        found += _guesses((look for look in sample if fold[look.name] == number), calibration)
    return found


def _split(sample: Sequence[Look], measured: int) -> list[Guess]:
    """Every other tweet in the order of names is measured, by a fit on the rest."""
    names = sorted({look.name for look in sample})
    inside = {name for place, name in enumerate(names) if place % 2 == measured}
    calibration = fit([look for look in sample if look.name not in inside])
    return _guesses((look for look in sample if look.name in inside), calibration)


def _errors(guesses: Iterable[Guess]) -> Errors:
    return _medians((look, abs(final - look.final) / look.final) for look, final, *_ in guesses)


def _medians(values: Iterable[tuple[Look, float]]) -> Errors:
    by_age = defaultdict(list)
    for look, value in values:
        by_age[look.hours].append(value)
    return {hours: median(found) for hours, found in by_age.items()}


def _baseline(sample: Iterable[Look], of: Callable[[Look], float]) -> Errors:
    return _medians((look, abs(of(look) - look.final) / look.final) for look in sample)


def _print_errors(sample: Sequence[Look], fitted: Calibration, held_out: list[list[Guess]]) -> None:
    runs = [_errors(guesses) for guesses in held_out]
    columns = {
        "as now": _baseline(sample, lambda look: look.size),
        "SEISMIC": _baseline(sample, lambda look: look.seismic),
        "× typical growth": _errors(_typical(sample)),
        "in sample": _errors(_guesses(sample, fitted)),
        "held out (5 folds)": {hours: fmean(run[hours] for run in runs) for hours in HOURS},
        "± over 10 foldings": {hours: stdev(run[hours] for run in runs) for hours in HOURS},
        "odd → even": _errors(_split(sample, 0)),
        "even → odd": _errors(_split(sample, 1)),
    }
    _print_table("median relative error", columns)


def _typical(sample: Sequence[Look]) -> list[Guess]:
    """What a forecast must beat to be worth anything: size now × the median growth of the other tweets at this age."""
    growths = defaultdict(dict)
    for look in sample:
        growths[look.hours][look.name] = look.final / look.size
    return [
        (look, look.size * median(g for name, g in growths[look.hours].items() if name != look.name), 0.0, 0.0)
        for look in sample
    ]


def _print_ranges(sample: Sequence[Look], held_out: list[list[Guess]]) -> None:
    every = [guess for guesses in held_out for guess in guesses]
    columns = {
        "within": _means((look, low <= look.final <= high) for look, _, low, high in every),
        "below": _means((look, look.final < low) for look, _, low, _ in every),
        "above": _means((look, look.final > high) for look, _, _, high in every),
        "high ÷ low": _medians((look, high / low) for look, _, low, high in every),
        "accelerating": _means((look, look.forecast.accelerating) for look in sample),
    }
    _print_table("80 % range, held out", columns)


def _means(values: Iterable[tuple[Look, float]]) -> Errors:
    by_age = defaultdict(list)
    for look, value in values:
        by_age[look.hours].append(value)
    return {hours: fmean(found) for hours, found in by_age.items()}


def _print_times(sample: Sequence[Look]) -> None:
    """Of moments still to come: those that have passed are read off the cells."""
    columns = {}
    for name in ("half_s", "ninety_s"):
        to_come = [look for look in sample if getattr(look, name) > look.hours * 3600]
        errors = [(look, _factor(getattr(look.forecast, name), getattr(look, name))) for look in to_come]
        typical = [(look, _factor(_typical_time(to_come, look, name), getattr(look, name))) for look in to_come]
        columns[f"{name}: tweets"] = {hours: sum(look.hours == hours for look in to_come) for hours in HOURS}
        columns[f"{name}: off by a factor"] = _medians(errors)
        columns[f"{name}: median of the others"] = _medians(typical)
    _print_table("times to come", columns)


def _factor(one: float, other: float) -> float:
    return max(one / other, other / one)


def _typical_time(sample: Sequence[Look], look: Look, name: str) -> float:
    others = [getattr(one, name) for one in sample if one.hours == look.hours and one.name != look.name]
    return median(others) if others else 2 * look.hours * 3600


def _print_others(sample: Sequence[Look]) -> None:
    columns = {
        "size now": {hours: median(look.size for look in sample if look.hours == hours) for hours in HOURS},
        "as now": _baseline(sample, lambda look: look.size),
        "SEISMIC": _baseline(sample, lambda look: look.seismic),
        "forecast": _baseline(sample, lambda look: look.forecast.final),
        "forecast ÷ final": _medians((look, look.forecast.final / look.final) for look in sample),
        "below": _means((look, look.final < look.forecast.low) for look in sample),
        "above": _means((look, look.final > look.forecast.high) for look in sample),
        "accelerating": _means((look, look.forecast.accelerating) for look in sample),
    }
    print(f"\n{len(sample) // len(HOURS)} other cascades, no audiences, constants of the code")
    _print_table("median relative error", columns)


def _print_table(title: str, columns: dict[str, Errors]) -> None:
    print(f"\n| {title} at | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")
    for hours in HOURS:
        age = f"{hours:g} h" if hours >= 1 else f"{hours * 60:.0f} min"
        print(f"| {age} | {' | '.join(_shown(column.get(hours)) for column in columns.values())} |")


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) and value < 10 else f"{value:.0f}"


if __name__ == "__main__":
    sys.exit(main())

"""SEISMIC's sums as they are defined: over every act, from a plain list."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.cascade.memory import lived, seen_in_window

Act = tuple[int, int, int]
"""(time in µs, spreads, audience), as `Ages.add` takes it."""


class Sums(NamedTuple):
    window_s: float
    weight: float
    exposure: float
    waiting: float
    spreads: int
    lived: float


def ages_of(acts, now_us):
    """(age in seconds, spreads, audience), youngest first."""
    return sorted(((now_us - time) / 1e6, spreads, audience) for time, spreads, audience in acts if time <= now_us)


def window(acts, now_us, age_s):
    """Half the age within 5 min and 2 h, widened to the fifth latest spread."""
    young = [age for age, spreads, _ in ages_of(acts, now_us) for _ in range(spreads)]
    return max(min(max(age_s / 2, 300), 7200), young[4] if len(young) >= 5 else age_s)


def sums(acts, now_us, window_s):
    found = ages_of(acts, now_us)
    return Sums(
        window_s,
        sum(spreads * max(0.0, 1 - age / window_s) for age, spreads, _ in found),
        sum(audience * seen_in_window(age, window_s) for age, _, audience in found),
        sum(audience * (1 - lived(age)) for age, _, audience in found),
        sum(spreads for _, spreads, _ in found),
        sum(spreads * lived(age) for age, spreads, _ in found),
    )

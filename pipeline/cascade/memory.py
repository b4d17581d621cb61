"""How long an act goes on being seen: the memory kernel φ of SEISMIC, and its integrals in closed form. Ages are in seconds.

φ(s) = c for s ≤ 300 s, else c·(s/300)^−(1+θ): the density of the time between an act and the acts that it begets, measured on Twitter;
it integrates to 1. Source: Zhao, Erdogdu, He, Rajaraman, Leskovec, "SEISMIC: A Self-Exciting Point Process Model for Predicting
Tweet Popularity", KDD 2015.
"""

from __future__ import annotations

FLAT_S = 300.0
"""Age up to which an act is seen at a constant rate."""
RATE = 6.265725e-4
"""c: the density in that time, per second."""
DECAY = 0.2314843
"""θ: the exponent of the tail of 1 − Φ."""

_FLAT, _RATE, _DECAY = FLAT_S, RATE, DECAY  # C's own copies
_AT_FLAT = RATE * FLAT_S
_TAIL = _AT_FLAT / DECAY  # mass beyond the flat part
_WHOLE = _AT_FLAT + _TAIL
_BEND = _TAIL * FLAT_S / (1 - DECAY)


def lived(age_s: float) -> float:
    """Φ: the share of its children that an act of this age has had time for, 0 to 1."""
    if age_s <= _FLAT:
        return _RATE * age_s if age_s > 0 else 0.0
    left: float = (age_s / _FLAT) ** -_DECAY
    return _WHOLE - _TAIL * left


def lived_area(age_s: float) -> float:
    """∫Φ from 0 to `age_s`, in seconds."""
    if age_s <= _FLAT:
        return _RATE * age_s * age_s / 2 if age_s > 0 else 0.0
    bend: float = _BEND * ((age_s / _FLAT) ** (1 - _DECAY) - 1)
    return _AT_FLAT * _FLAT / 2 + _WHOLE * (age_s - _FLAT) - bend


def seen_in_window(age_s: float, window_s: float) -> float:
    """∫Kφ: the part of an act's memory that fell into the last `window_s` seconds, weighed by the triangle K, which is 1 now and 0 at the window's far end.

    By parts, with Φ(0) = 0 and K = 0 at the far end: Φ(a) − ∫Φ over the window ÷ window.
    """
    before = age_s - window_s
    return lived(age_s) - (lived_area(age_s) - lived_area(before)) / window_s

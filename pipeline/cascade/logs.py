"""Logarithms in fixed point, so that a value taken out of a sum again leaves exactly what was there before.

This is the plain form; `logs.pyx` is the compiled one, on the same C library, with the same results to the bit.
"""

from __future__ import annotations

import math

UNIT = 1 << 40


def log_not_reached(audience: int, people: int) -> int:
    """log(1 − audience/people), 0 ≤ audience < people, in units of 2⁻⁴⁰."""
    return round(math.log1p(-audience / people) * UNIT)

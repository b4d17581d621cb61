"""How surprising a count is: the tail of the Poisson distribution."""

from __future__ import annotations

from math import erfc, exp, lgamma, log, sqrt

_LARGE = 1000.0
"""Mean from which an approximation serves."""
_SMALLEST = 1e-17
"""Terms below this part of the sum change nothing."""


def poisson_tail(count: int, mean: float) -> float:
    """P(X ≥ `count`) for a Poisson variable with `mean` > 0. To 12 digits below a mean of 1,000; above, Wilson and Hilferty's cube root,
    to a few percent down to 10⁻⁶.
    """
    if count <= 0:
        return 1.0
    if mean > _LARGE:
        return _by_cube_root(count, mean)
    return _upper(count, mean) if count > mean else 1.0 - _lower(count - 1, mean)


def _term(count: int, mean: float) -> float:
    return exp(count * log(mean) - mean - lgamma(count + 1))


def _upper(count: int, mean: float) -> float:
    term = total = _term(count, mean)
    while term > total * _SMALLEST:
        count += 1
        term *= mean / count
        total += term
    return total


def _lower(count: int, mean: float) -> float:
    term = total = _term(count, mean)
    while count > 0 and term > total * _SMALLEST:
        term *= count / mean
        count -= 1
        total += term
    return min(total, 1.0)


def _by_cube_root(count: int, mean: float) -> float:
    ninth = 1 / (9 * count)
    deviations = ((mean / count) ** (1 / 3) - (1 - ninth)) / sqrt(ninth)
    return erfc(-deviations / sqrt(2)) / 2

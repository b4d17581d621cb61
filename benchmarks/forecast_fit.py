"""Fits the five coefficients of the forecast: least absolute error of ln(final size), the error whose median is published."""

from __future__ import annotations

from math import exp, expm1, inf, log, log1p
from typing import TYPE_CHECKING

from pipeline.cascade.forecast import Calibration, growth_score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.forecast_data import Look

RIDGE = 0.3  # pulls every coefficient but the level towards 0: worth a third of a look
ROUNDS = 60
STEP = 0.7
SMALLEST = 0.05  # errors below 5 % count as equal, so that no single cascade decides


def fit(looks: Sequence[Look]) -> Calibration:
    """The calibration for these looks. Deterministic."""
    beta = [0.0] * len(looks[0].terms)
    for _ in range(ROUNDS):
        change = _solve(*_normal_equations(looks, beta))
        beta = [old + STEP * by for old, by in zip(beta, change, strict=True)]
    plain = Calibration(*beta, 0.0, 0.0)
    below, above = _spread(looks, plain)
    return plain._replace(below=below, above=above)


def _normal_equations(looks: Sequence[Look], beta: list[float]) -> tuple[list[list[float]], list[float]]:
    """Of one round of weighted least squares, with ln(1 + e^z) taken as straight around the present z."""
    count = len(beta)
    matrix = [[(RIDGE if row and row == column else 0.0) for column in range(count)] for row in range(count)]
    right = [-RIDGE * value if row else 0.0 for row, value in enumerate(beta)]
    for look in looks:
        score = sum(factor * term for factor, term in zip(beta, look.terms, strict=True))
        error = log(look.final / look.size) - log1p(exp(score))
        slope = 1 / (1 + exp(-score))
        weight = 1 / max(abs(error), SMALLEST)
        pull = [slope * term for term in look.terms]
        for row in range(count):
            right[row] += weight * pull[row] * error
            for column in range(count):
                matrix[row][column] += weight * pull[row] * pull[column]
    return matrix, right


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss's elimination; the matrix is positive definite."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for index, pivot in enumerate(rows):
        pivot[:] = [value / pivot[index] for value in pivot]
        for other in rows:
            if other is not pivot:
                other[:] = [a - other[index] * b for a, b in zip(other, pivot, strict=True)]
    return [row[-1] for row in rows]


def _spread(looks: Sequence[Look], calibration: Calibration) -> tuple[float, float]:
    """(below, above): how far the 10 % and 90 % quantiles of the true z lie from the forecast's."""
    errors = sorted(_true_score(look) - growth_score(look.terms, calibration) for look in looks)
    tenth = len(errors) // 10
    return -errors[tenth], errors[-1 - tenth]


def _true_score(look: Look) -> float:
    return log(expm1(log(look.final / look.size))) if look.final > look.size else -inf

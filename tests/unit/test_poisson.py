"""The tail of the Poisson distribution against exact sums."""

from fractions import Fraction
from math import exp, factorial

import pytest

from pipeline.cascade.poisson import poisson_tail


def exact(count, mean):
    """By the sum over all smaller counts, in fractions; only e^−mean is a float."""
    below = sum((Fraction(mean) ** n / factorial(n) for n in range(count)), Fraction(0))
    above = sum((Fraction(mean) ** n / factorial(n) for n in range(count, count + 200)), Fraction(0))
    return float(above) * exp(-mean) if count > mean else 1 - float(below) * exp(-mean)


@pytest.mark.parametrize("mean", [0.1, 0.5, 1, 3.7, 20, 60])
@pytest.mark.parametrize("count", [1, 2, 5, 20, 60, 100])
def test_the_tail_is_that_of_the_sum_over_all_counts(count, mean):
    assert poisson_tail(count, mean) == pytest.approx(exact(count, mean), rel=1e-10)


def test_no_count_is_always_there():
    assert poisson_tail(0, 3.0) == 1.0


@pytest.mark.parametrize("mean", [1e-3, 0.5, 7.0, 500.0, 999.0])
def test_the_tail_falls_with_the_count_from_one_to_nothing(mean):
    tails = [poisson_tail(count, mean) for count in range(int(3 * mean) + 40)]
    assert tails == sorted(tails, reverse=True)
    assert tails[0] == 1.0
    assert 0 <= tails[-1] < 1e-12


@pytest.mark.parametrize("deviations", [-3, -1, 0, 1, 2, 3, 4, 5])
def test_where_the_sum_grows_long_the_cube_root_goes_on_within_a_few_percent(deviations):
    count = round(1000 + deviations * 1000**0.5)
    assert poisson_tail(count, 1000.0001) == pytest.approx(poisson_tail(count, 1000.0), rel=0.03)


def test_great_numbers_are_answered_at_once():
    assert poisson_tail(10**9, 10.0**8) == 0.0
    assert poisson_tail(10**8, 10.0**9) == 1.0
    assert poisson_tail(10**9 + 31_623 * 3, 10.0**9) == pytest.approx(0.00135, rel=0.01)

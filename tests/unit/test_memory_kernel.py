"""The closed forms of the memory kernel, against sums of small steps of its definition."""

import pytest

from pipeline.cascade.memory import DECAY, FLAT_S, RATE, lived, lived_area, seen_in_window


def phi(age):
    return RATE if age <= FLAT_S else RATE * (age / FLAT_S) ** -(1 + DECAY)


def integral(function, end, steps=20_000):
    step = end / steps
    return sum(function((number + 0.5) * step) for number in range(steps)) * step


@pytest.mark.parametrize("age", [1, 299, 300, 301, 5000, 90_000])
def test_lived_is_the_integral_of_the_kernel(age):
    assert lived(age) == pytest.approx(integral(phi, age), rel=1e-3)


@pytest.mark.parametrize("age", [1, 299, 301, 5000, 90_000])
def test_lived_area_is_the_integral_of_lived(age):
    assert lived_area(age) == pytest.approx(integral(lived, age), rel=1e-5)


def test_a_life_has_one_end():
    assert lived(1e30) == pytest.approx(1, abs=1e-5)
    assert lived(0) == lived(-5) == lived_area(-5) == 0


@pytest.mark.parametrize("window", [300, 3600, 7200])
@pytest.mark.parametrize("age", [10, 299, 2000, 7100, 9000, 40_000])
def test_seen_in_window_weighs_the_kernel_with_the_triangle(age, window):
    def weighed(ago):
        return phi(age - ago) * (1 - ago / window)

    assert seen_in_window(age, window) == pytest.approx(integral(weighed, min(age, window)), rel=1e-3)

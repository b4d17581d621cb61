"""Forecasts of small cascades whose future can be reasoned about."""

import math
import random

import pytest

from pipeline.cascade.ages import Ages, evidence
from pipeline.cascade.codes import UNKNOWN_AUDIENCE
from pipeline.cascade.forecast import FITTED, GROWN_S, OLDEST_S, forecast, seismic, sizes, terms
from pipeline.cascade.memory import DECAY, FLAT_S, RATE, lived
from pipeline.cascade.virality import live_reproduction

BORN = 1_600_000_000_000_000
HOUR = 3600.0


def cascade(times, root=100_000, audience=100):
    ages = Ages()
    ages.add(BORN, 0, root)
    for time in times:
        ages.add(BORN + round(time * 1e6), 1, audience)
    return ages


def at(ages, age_s, size):
    return forecast(ages, BORN + round(age_s * 1e6), BORN, size)


def delay(rng):
    """One draw from the memory kernel."""
    part = rng.random()
    flat = RATE * FLAT_S
    return part / RATE if part < flat else FLAT_S * ((1 - part) * DECAY / flat) ** (-1 / DECAY)


def simulated(rng, infectiousness, root, audience):
    """Times of the spreads of a cascade in which each person who sees it shares with this probability."""
    times, parents = [], [(0.0, root)]
    while parents:
        time, people = parents.pop()
        children = sum(rng.random() < infectiousness for _ in range(people))
        born = [time + delay(rng) for _ in range(children)]
        times += born
        parents += [(child, audience) for child in born]
    return sorted(times)


def test_seismic_foresees_the_cascades_that_its_model_makes():
    rng, ratios = random.Random(7), []
    for _ in range(15):
        times = simulated(rng, 0.004, 50_000, 100)
        early = [time for time in times if time <= 6 * HOUR]
        ages = cascade(early, root=50_000)
        seen = evidence(ages.cells(BORN + round(6 * HOUR * 1e6)), 6 * HOUR)
        ratios.append(seismic(seen, 1 + len(early)) / (1 + len(times)))
        assert len(early) < 0.85 * len(times)
    assert sorted(ratios)[7] == pytest.approx(1, abs=0.1)
    assert all(0.7 < ratio < 1.4 for ratio in sorted(ratios)[3:12])


def test_seismic_is_infinite_when_each_person_reached_brings_one_more():
    seen = evidence(cascade([60 * n for n in range(1, 30)], root=10).cells(BORN + 1800_000_000), 1800.0)
    assert seismic(seen, 30) == math.inf


def test_a_cascade_that_still_accelerates_says_so_and_gives_a_least_size():
    times = [1800 * (1 - 0.7**n) for n in range(1, 3)] + [1000 + 8 * n for n in range(100)]
    found = at(cascade(times, root=UNKNOWN_AUDIENCE), 1800, 103)
    assert found.accelerating
    assert found.high == math.inf
    assert 103 <= found.low < found.final < math.inf


def test_the_same_number_seen_by_many_people_does_not_accelerate():
    assert not at(cascade([60 * n for n in range(1, 30)], root=10**6), 1800, 30).accelerating


def test_four_spreads_are_too_few_to_call_it_accelerating():
    ages = cascade([10, 20, 30, 40], root=1, audience=1)
    assert not at(ages, 60, 5).accelerating
    ages.add(BORN + 50_000_000, 1, 1)
    assert at(ages, 60, 6).accelerating


def test_when_nothing_arrives_the_forecast_sinks_to_the_size_that_is_there():
    ages = cascade([10 * n for n in range(1, 200)])
    finals = [at(ages, hours * HOUR, 200).final for hours in (1, 3, 12, 48, 240, 2400)]
    assert finals == sorted(finals, reverse=True)
    assert finals[0] > 210
    assert finals[-1] < 1.03 * 200


def test_a_faster_cascade_goes_further():
    slow = cascade([20 * n for n in range(1, 100)] + [HOUR + 600 * n for n in range(1, 12)])
    fast = cascade([20 * n for n in range(1, 100)] + [2 * HOUR + 300 * n for n in range(1, 12)])
    assert at(fast, 3 * HOUR, 111).final > 1.05 * at(slow, 3 * HOUR, 111).final


def test_the_range_is_wider_where_less_is_known():
    few = at(cascade([300, 900, 1500, 2500, 3100]), HOUR, 6)
    many = at(cascade([6 * n for n in range(1, 600)], root=10**6), HOUR, 600)
    assert few.high / few.low > 1.3 * many.high / many.low


def test_a_post_alone_has_a_forecast():
    found = at(cascade([]), 60, 1)
    assert 1 <= found.low <= found.final < 100
    assert not found.accelerating


def test_a_content_without_any_act_has_a_forecast():
    found = forecast(Ages(), BORN, BORN, 1)
    assert 1 <= found.low <= found.final <= found.high < math.inf


def test_beyond_the_ages_of_the_fit_the_last_coefficients_hold():
    ages = cascade([100 * n for n in range(1, 50)])
    seen = evidence(ages.cells(BORN + 10**13), 1e7)
    assert terms(seen, 1e7, 50)[1] == terms(seen, OLDEST_S, 50)[1]


def test_a_half_that_has_passed_is_read_off_the_acts():
    times = [60.0 * n for n in range(1, 101)]
    found = at(cascade(times), 10 * HOUR, 101)
    assert found.half_s == pytest.approx(60 * found.final / 2, rel=0.1)
    assert found.half_s < found.ninety_s


def test_a_half_still_to_come_is_in_the_future():
    found = at(cascade([20 * n for n in range(1, 60)], root=10**6), 1200, 60)
    assert found.final > 120
    assert 1200 < found.half_s < found.ninety_s < 7 * 24 * HOUR


def test_acts_dated_after_now_wait_for_their_time():
    ages = cascade([10 * n for n in range(1, 60)])
    before = at(ages, 900, 60)
    ages.add(BORN + 1_200_000_000, 1, 10**6)
    assert at(ages, 900, 60) == before
    assert at(ages, 1200, 61) != before


def test_the_range_of_a_great_cascade_is_the_fitted_one():
    final, low, high = sizes((1.0, 0.0, 0.0, 0.0, 0.0), 1e9, 10**9, FITTED)
    assert math.log((final - 10**9) / (low - 10**9)) == pytest.approx(FITTED.below, rel=1e-3)
    assert math.log((high - 10**9) / (final - 10**9)) == pytest.approx(FITTED.above, rel=1e-3)


def test_the_range_of_a_small_growth_is_wider_by_the_chance_of_single_spreads():
    score = math.log(0.05) / FITTED.level
    final, low, high = sizes((score, 0.0, 0.0, 0.0, 0.0), 1e9, 100, FITTED)
    assert final == pytest.approx(105)
    fitted_high = 100 + 5 * math.exp(FITTED.above)
    assert low <= 100 + 5 * math.exp(-FITTED.below)
    assert high > fitted_high + 2


@pytest.mark.parametrize("age", [60, 200, 600, HOUR])
def test_a_steady_cascade_has_its_mean_speed_at_any_age(age):
    seen = evidence(cascade([age * (n + 0.5) / 400 for n in range(400)]).cells(BORN + round(age * 1e6)), age)
    assert math.exp(terms(seen, age, 401)[2]) == pytest.approx(1, abs=0.06)


def test_growth_comes_as_those_who_wait_see_the_post():
    found = at(cascade([20 * n for n in range(1, 60)], root=10**9), 1200, 60)
    for part, time in ((0.5, found.half_s), (0.9, found.ninety_s)):
        grown = (part * found.final - 60) / (found.final - 60)
        passed = (lived(time) - lived(1200)) / (lived(GROWN_S) - lived(1200))
        assert passed == pytest.approx(grown, abs=0.01)


def test_live_r_counts_young_spreads_by_the_life_that_has_passed():
    # Ten spreads at depth 1 of which each has lived half its life, five at depth 2 just born: 5 / (10 × 0.5).
    assert live_reproduction([1, 10, 5], 10 * 0.5) == 1
    assert live_reproduction([1], 0.0) == live_reproduction([1, 3], 0.0) == 0

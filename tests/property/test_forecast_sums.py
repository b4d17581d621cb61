"""The sums over cells of ages, against sums over every act; the bounds are those that docs/forecast.md states."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.forecast_oracle import ages_of, sums, window
from support.strategies import examples

from pipeline.cascade.ages import FINENESS, NARROWEST, Ages, cell_start, evidence
from pipeline.cascade.forecast import forecast
from pipeline.cascade.memory import RATE, lived
from pipeline.cascade.virality import live_reproduction

BORN = 1_600_000_000_000_000
SECOND = 1_000_000
MANY = settings(max_examples=examples(300), deadline=None)

# Bursts: many acts of nearly one time, so that a cell holds several and its mean time matters.
bursts = st.tuples(
    st.one_of(st.integers(0, 600), st.integers(0, 86_400), st.integers(0, 30 * 86_400)),
    st.lists(st.integers(0, 400 * SECOND), min_size=1, max_size=8),
)
audiences = st.sampled_from((0, 1, 90, 182, 842, 50_000, 10**8))


@st.composite
def streams(draw):
    """(acts in any order, acts taken out again, now): a post, spreads, retractions as (0, −audience)."""
    times = [BORN] + [
        BORN + start * SECOND + more for start, burst in draw(st.lists(bursts, max_size=12)) for more in burst
    ]
    acts = [(time, int(place > 0), draw(audiences)) for place, time in enumerate(times)]
    retracted = [(time, 0, -people) for time, _, people in acts[1:] if draw(st.integers(0, 9)) == 0]
    gone = [act for act in acts[1:] if draw(st.integers(0, 9)) == 0 and (act[0], 0, -act[2]) not in retracted]
    kept = [act for act in acts if act not in gone] + retracted
    now = max(times) + draw(st.one_of(st.just(0), st.integers(0, 7200), st.integers(0, 10 * 86_400))) * SECOND
    return draw(st.permutations(kept)), gone, now


def folded(acts, gone=()):
    """Acts that go are put in first, and taken out half-way and at the end."""
    ages = Ages()
    for act in gone:
        ages.add(*act)
    for place, act in enumerate(acts):
        ages.add(*act)
        if place < len(gone) // 2:
            time, spreads, audience = gone[place]
            ages.add(time, -spreads, -audience)
    for time, spreads, audience in gone[min(len(gone) // 2, len(acts)) :]:
        ages.add(time, -spreads, -audience)
    return ages


def seconds(now):
    return (now - BORN) / SECOND


@MANY
@given(streams())
def test_the_answer_is_a_function_of_the_acts_that_stand_and_not_of_their_order(stream):
    acts, gone, now = stream
    disordered, plain = folded(acts, gone), folded(sorted(acts))
    assert list(disordered.cells(now)) == list(plain.cells(now))
    assert forecast(disordered, now, BORN, 100) == forecast(plain, now, BORN, 100)


@MANY
@given(streams())
def test_the_weight_of_spreads_errs_only_at_the_end_of_the_window(stream):
    acts, gone, now = stream
    seen = evidence(folded(acts, gone).cells(now), seconds(now))
    exact = sums(acts, now, seen.window_s)
    found = ages_of(acts, now)
    near = sum(n for age, n, _ in found if abs(age - seen.window_s) <= seen.window_s / FINENESS + NARROWEST)
    within = sum(n for age, n, _ in found if age <= seen.window_s)
    assert seen.spreads == exact.spreads
    assert abs(seen.weight - exact.weight) <= near / 30 + (within + near) * 0.5 / seen.window_s + 1e-9


@MANY
@given(streams())
def test_the_window_reaches_to_the_fifth_latest_spread_within_the_width_of_its_cell(stream):
    acts, gone, now = stream
    seen = evidence(folded(acts, gone).cells(now), seconds(now))
    exact = window(acts, now, seconds(now))
    assert abs(seen.window_s - exact) <= exact / (FINENESS - 1) + NARROWEST


@MANY
@given(streams())
def test_exposure_is_within_five_percent_and_thirty_when_the_window_is_widened(stream):
    acts, gone, now = stream
    seen = evidence(folded(acts, gone).cells(now), seconds(now))
    exact = sums(acts, now, seen.window_s)
    part = 0.05 if seen.window_s <= 7200 else 0.3
    people = sum(audience for _, _, audience in acts)  # retractions take theirs out to the act
    assert abs(seen.exposure - exact.exposure) <= part * exact.exposure + RATE * people + 1e-6


@MANY
@given(streams())
def test_lives_and_those_who_wait_are_within_a_fifth_of_a_percent(stream):
    acts, gone, now = stream
    seen = evidence(folded(acts, gone).cells(now), seconds(now))
    exact = sums(acts, now, seen.window_s)
    people = sum(audience for _, _, audience in acts)
    assert abs(seen.lived - exact.lived) <= 0.002 * exact.lived + RATE * 0.5 * exact.spreads + 1e-9
    assert abs(seen.waiting - exact.waiting) <= 0.001 * exact.waiting + RATE * 0.5 * people + 1e-6


@MANY
@given(streams(), st.data())
def test_live_r_is_begotten_spreads_over_lives_passed(stream, data):
    acts, gone, now = stream
    spreads = [act for act in acts if act[1]]
    depths = [data.draw(st.integers(1, 4)) for _ in spreads]
    breadth = [1] + [depths.count(depth) for depth in range(1, 5)]
    lives = sum(lived((now - time) / SECOND) for time, *_ in spreads)
    r = live_reproduction(breadth, evidence(folded(acts, gone).cells(now), seconds(now)).lived)
    if lives > 0.01 * len(spreads) > 0:  # 16 s of age on average: before that, half a second counts
        assert r == pytest.approx(sum(depth > 1 for depth in depths) / lives, rel=0.04)
    if not spreads:
        assert r == 0


@MANY
@given(streams(), st.integers(1, 10**6))
def test_every_forecast_is_in_order(stream, size):
    acts, gone, now = stream
    found = forecast(folded(acts, gone), now, BORN, size)
    assert size <= found.low <= found.final <= found.high
    assert math.isfinite(found.final)
    assert math.isinf(found.high) == found.accelerating
    assert 0 <= found.half_s <= found.ninety_s
    assert math.isfinite(found.ninety_s)


@MANY
@given(st.integers(0, 10**8), st.integers(0, 10**8), st.integers(0, 10**8))
def test_cells_of_a_later_moment_are_made_of_whole_cells_of_an_earlier_one(second, now, later):
    start = cell_start(second, now)
    assert start <= second
    assert cell_start(start, now) == start
    assert cell_start(start, now + later) == cell_start(second, now + later)


@MANY
@given(st.integers(0, 10**8), st.integers(0, 10**8))
def test_a_cell_is_at_most_an_eighth_of_its_age_wide(second, age):
    now = second + age
    start = cell_start(second, now)
    last = second
    step = 1 << 21
    while step:  # the last second of the cell, by halving: cells are stretches
        if cell_start(last + step, now) == start:
            last += step
        step >>= 1
    width = last + 1 - start
    assert width <= NARROWEST or FINENESS * width <= now - last - 1


@settings(max_examples=examples(20), deadline=None)
@given(st.integers(0, 2**32), st.sampled_from((3600, 86_400, 7 * 86_400, 5 * 365 * 86_400)), st.booleans())
def test_memory_does_not_grow_with_the_cascade(seed, life, in_order):
    rng = random.Random(seed)
    times = [BORN + rng.randrange(life) * SECOND for _ in range(5000)]
    ages = Ages()
    most = 0
    for time in sorted(times) if in_order else times:
        ages.add(time, 1, 100)
        most = max(most, ages.rows)
    assert most <= (190 if life <= 7 * 86_400 else 370)
    assert ages.cells(BORN + life * SECOND).rows <= (110 if life <= 7 * 86_400 else 230)
    now = max(times)
    expected = Counter(cell_start(time // SECOND, now // SECOND) for time in times)
    assert [(round(now / SECOND - cell.oldest_s), cell.spreads) for cell in ages.cells(now)] == sorted(expected.items())

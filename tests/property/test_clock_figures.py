"""Clock figures equal the brute force over the list of events, whatever their order, copies, late parents and retractions."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import clock_oracle
from support.core import CoreRun
from support.events import CONTENT
from support.oracle import MINUTE_US, expected, expected_windows
from support.oracle_tree import Facts, microseconds
from support.strategies import POPULATION, any_logs, consistent_logs, examples, moments, retraction_logs

from pipeline.cascade import Content, discard, fold, restore
from pipeline.cascade.ages import Ages, evidence
from pipeline.cascade.clock import figures, standing, top_amplifiers
from pipeline.cascade.forecast import forecast
from pipeline.cascade.virality import live_reproduction
from schemas.changelog import chunk_value
from schemas.wire import micros

MANY = settings(max_examples=examples(500), deadline=None)
SOME = settings(max_examples=examples(200), deadline=None)

later = st.integers(0, 3_000_000_000) | st.integers(0, 40 * 86_400_000_000)
"""µs after the latest event."""


def end_of(log):
    return max(microseconds(event.occurred_at) for event in log)


def from_scratch(log):
    ages = Ages()
    for act in sorted(clock_oracle.acts_by_age(Facts(log, CONTENT))):
        ages.add(*act)
    return ages


@MANY
@given(log=any_logs | retraction_logs, after=later)
def test_the_ages_of_a_content_are_those_of_the_acts_that_stand(log, after):
    now_us = end_of(log) + after
    assert list(CoreRun(log).content.ages.cells(now_us)) == list(from_scratch(log).cells(now_us))


@MANY
@given(log=any_logs, cut=st.integers(0, 30), after=later)
def test_a_restored_content_says_what_the_one_that_never_left_says(log, cut, after):
    whole, facts = Content(CONTENT, POPULATION), []
    for event in log[:cut]:
        fold(whole, event, micros(event.occurred_at), facts)
    discard(whole)
    back = restore(CONTENT, POPULATION, [chunk_value(7, 8, whole.duplicates, len(facts), b"".join(facts))]).content
    for content in (whole, back):
        for event in log[cut:]:
            fold(content, event, micros(event.occurred_at))
    for now_us in (end_of(log) + after, end_of(log) + 1, end_of(log) // 2):
        assert figures(back, now_us, 3.0) == figures(whole, now_us, 3.0)
    assert standing(back) == standing(whole)
    assert top_amplifiers(back) == top_amplifiers(whole)


@MANY
@given(data=st.data(), log=consistent_logs, after=later)
def test_the_order_of_arrival_changes_no_clock_figure(data, log, after):
    shuffled, now_us = data.draw(st.permutations(log)), end_of(log) + after
    assert figures(CoreRun(shuffled).content, now_us) == figures(CoreRun(log).content, now_us)


@MANY
@given(log=any_logs, now_us=moments)
def test_speed_equals_the_count_of_shares_at_any_time(log, now_us):
    found, facts, rolling = (
        figures(CoreRun(log).content, now_us),
        Facts(log, CONTENT),
        expected_windows(log, CONTENT, now_us),
    )
    assert {name: tuple(window) for name, window in found.windows.items()} == rolling
    assert (found.velocity_5m, found.velocity_1h) == (rolling["5m"][0] / 5, rolling["1h"][0] / 60)
    assert found.acceleration == clock_oracle.acceleration(facts, now_us)
    doubling = clock_oracle.doubling(facts, now_us)
    assert found.doubling_s == (doubling if doubling is None else pytest.approx(doubling, rel=1e-9))
    assert found.idle_s == pytest.approx(clock_oracle.idle(facts, now_us), abs=1e-6)


@MANY
@given(log=any_logs, now_us=moments)
def test_a_burst_is_measured_against_the_minutes_before_it(log, now_us):
    found, facts = figures(CoreRun(log).content, now_us), Facts(log, CONTENT)
    minute = now_us // MINUTE_US
    assert found.z == pytest.approx(clock_oracle.z(facts, now_us, minute - 1), rel=1e-6, abs=1e-6)
    assert found.previous_z == pytest.approx(clock_oracle.z(facts, now_us, minute - 2), rel=1e-6, abs=1e-6)
    assert found.expected_per_minute == pytest.approx(clock_oracle.average(facts, now_us, minute - 3)[0], abs=1e-9)
    assert found.poisson_p == pytest.approx(clock_oracle.poisson_p(facts, now_us), rel=1e-9, abs=1e-9)


@MANY
@given(log=any_logs, after=later)
def test_live_r_and_the_forecast_are_those_of_the_acts_that_stand(log, after):
    now_us, facts, scratch = end_of(log) + after, Facts(log, CONTENT), from_scratch(log)
    found, row = figures(CoreRun(log).content, now_us), expected(log, CONTENT, POPULATION)["contents"][CONTENT]
    assume(row["size"])  # a content that is merged into another one has no figures of its own
    born = clock_oracle.first_us(facts, now_us)
    lives = evidence(scratch.cells(now_us), max(1.0, (now_us - born) / 1e6)).lived
    assert found.live_r == live_reproduction(row["breadth"], lives)
    ahead = forecast(scratch, now_us, born, row["size"])
    assert found[-7:-1] == tuple(ahead)


@SOME
@given(log=any_logs)
def test_the_standing_is_that_of_the_tables(log):
    found, row = standing(CoreRun(log).content), expected(log, CONTENT, POPULATION)["contents"][CONTENT]
    assume(row["size"])  # a content that is merged into another one has no figures of its own
    assert found.structural_virality == pytest.approx(row["structural_virality"])
    assert found.r == pytest.approx(row["r"])
    exact = ("size", "shares", "depth", "depth_exact", "secondary_reach", "primary_reach", "campaign_id")
    assert {name: getattr(found, name) for name in exact} == {name: row[name] for name in exact}
    assert (found.first_us, found.last_us) == (row["first_seen"], row["last_seen"])
    assert (list(found.platforms), list(found.breadth)) == (row["platforms"], row["breadth"])


@SOME
@given(log=any_logs, n=st.integers(1, 4))
def test_the_top_amplifiers_are_the_first_of_all_in_their_order(log, n):
    rows = expected(log, CONTENT, POPULATION)["amplifiers"]
    best = clock_oracle.amplifiers(Facts(log, CONTENT), rows)[:n]
    assert [tuple(one) for one in top_amplifiers(CoreRun(log).content, n)] == best


@SOME
@given(log=any_logs, now_us=moments | st.integers(0, 1 << 52))
def test_every_figure_is_defined_at_any_time(log, now_us):
    found = figures(CoreRun(log).content, now_us, expected=2.5)
    assert (found.at_us, found.expected) == (now_us, 2.5)
    numbers = [value for value in found if isinstance(value, float)]
    assert not any(map(math.isnan, numbers))
    assert 0 <= found.poisson_p <= 1
    assert found.predicted_low <= found.predicted_size <= found.predicted_high
    assert found.idle_s >= 0
    assert found.doubling_s is None or found.doubling_s > 0
    assert found.label in {"broadcast", "mixed", "chain"}

"""Whatever the figures do: states move along known edges, alerts keep their limits, and a replay or a restart changes nothing."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from support.alerts import Life, figures, paced, standing

from pipeline.cascade.alert_state import AlertState
from schemas.alert import alert_id
from schemas.presets import PRESETS
from schemas.rule_types import (
    NOTICES,
    TRIGGERS,
    Depth,
    Forecast,
    LargeAmplifier,
    OverPerformance,
    Reproduction,
    RuleSet,
    SecondaryReach,
    States,
    SuddenDrop,
    Velocity,
)

LIVES = settings(
    max_examples=50, deadline=None
)  # each is up to 40 steps of a whole rule set, lived through up to four times
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
EDGES = {
    ("quiet", "rising"),
    ("quiet", "viral"),
    ("rising", "quiet"),
    ("rising", "viral"),
    ("viral", "sustained"),
    ("viral", "cooling"),
    ("sustained", "cooling"),
    ("cooling", "viral"),
    ("cooling", "quiet"),
}

seconds = st.sampled_from([0.0, 60.0, 600.0, 1800.0, 7200.0])
stays = st.sampled_from([1.0, 600.0, 3600.0])
limits = {"cool_down": seconds, "at_most": st.integers(1, 4)}
rule_sets = st.builds(
    RuleSet,
    states=st.builds(States, rising_for=stays, sustained_after=stays, cooling_for=stays, repeat_after=seconds),
    velocity=st.none() | st.builds(Velocity, leave_after=seconds, **limits),
    over_performance=st.none() | st.builds(OverPerformance, leave_after=seconds, **limits),
    forecast=st.none() | st.builds(Forecast, leave_after=seconds, **limits),
    depth=st.none() | st.builds(Depth, minimum_shares=st.just(0), **limits),
    r=st.none() | st.builds(Reproduction, minimum_shares=st.just(0), **limits),
    secondary_reach=st.none() | st.builds(SecondaryReach, **limits),
    large_amplifier=st.none() | st.builds(LargeAmplifier, **limits),
    sudden_drop=st.none() | st.builds(SuddenDrop, **limits),
)
shares = st.sampled_from([0, 1, 14, 20, 40, 300, 5000])
moments = st.builds(
    lambda five, hour, more: figures(five=five, hour=hour, **more),
    shares,
    shares,
    st.fixed_dictionaries(
        {
            "z": st.sampled_from([-1.0, 1.9, 3.0, 6.0, 50.0]),
            "previous_z": st.sampled_from([0.0, 6.0]),
            "expected_per_minute": st.sampled_from([0.0, 0.5, 40.0]),
            "poisson_p": st.sampled_from([1.0, 0.01, 1e-4, 1e-12]),
            "acceleration": st.sampled_from([-500.0, 0.0, 5.0]),
            "live_r": st.sampled_from([0.0, 0.85, 2.0]),
            "viral_score": st.sampled_from([None, 0.5, 1.9, 3.0, 50.0]),
            "predicted_size": st.sampled_from([1.0, 800.0, 1e5]),
        }
    ),
)
facts = st.builds(
    lambda shares, depth, reach: standing(shares, depth=depth, secondary_reach=reach, r=2.0, structural_virality=9.0),
    shares,
    st.integers(0, 20),
    st.sampled_from([0, 2_000_000, 10**9]),
)
pauses = st.sampled_from([0, 1, 30, 60, 700, 2000, 8000, 90_000])
STOPS = paced([60, 60, 0, 0, 0, 0, 0, 0, 0] * 40)
"""Takes off and stops at once, again and again, for six hours: steps never change a content."""
series = st.lists(st.tuples(pauses, moments, facts), max_size=40)


def lived(rules, steps, *, again=False, reloaded=False) -> Life:
    life = Life(rules)
    life.content = STOPS
    second = 0
    for pause, now, known in steps:
        second += pause
        life.at(second, now, known)
        if again:
            life.at(second, now, known)
        if reloaded:
            life.state = AlertState.load(life.state.dump())
    return life


@LIVES
@given(rule_sets, series)
def test_states_move_along_known_edges_only(rules, steps):
    assert set(lived(rules, steps).moves()) <= EDGES


@LIVES
@given(rule_sets, series)
def test_a_content_leaves_viral_only_after_the_calm_that_its_triggers_ask_for(rules, steps):
    life = lived(rules, steps)
    calm_us = min((rule.leave_after for name in TRIGGERS if (rule := getattr(rules, name))), default=0) * SECOND_US
    entered = None
    for (_, before), (at_us, after) in pairwise([(0, "quiet"), *life.states]):
        if after == "viral" and before not in ("viral", "sustained"):
            entered = at_us
        if after == "cooling" and before != "cooling":
            assert at_us - entered >= calm_us


@LIVES
@given(rule_sets, series)
def test_no_rule_opens_more_often_than_it_may(rules, steps):
    life = lived(rules, steps)
    closed_us = {}
    latest_close = None
    opened: dict[str, list[int]] = {}
    for alert in life.sent:
        at_us = round(alert.at.timestamp() * SECOND_US)
        if alert.kind == "closed":
            latest_close = at_us
        if alert.kind != "opened":
            continue
        rule = getattr(rules, alert.rule)
        before = opened.setdefault(alert.rule, [])
        assert sum(other > at_us - DAY_US for other in before) < rule.at_most
        free_us = closed_us.get(alert.rule) if alert.rule in NOTICES else latest_close
        assert free_us is None or at_us - free_us >= rule.cool_down * SECOND_US
        before.append(at_us)
        closed_us[alert.rule] = at_us


@LIVES
@given(rule_sets, series)
def test_one_alert_of_triggers_is_open_at_a_time_and_its_messages_are_numbered(rules, steps):
    open_id, sequence = None, 0
    for alert in lived(rules, steps).sent:
        if alert.rule in NOTICES:
            assert (alert.kind, alert.closed_at) == ("opened", alert.at)
        elif alert.kind == "opened":
            assert open_id is None
            open_id, sequence = alert.alert_id, 0
        else:
            sequence += 1
            assert (alert.alert_id, alert.sequence) == (open_id, sequence)
            open_id = None if alert.kind == "closed" else open_id


@LIVES
@given(rule_sets, series)
def test_an_alert_is_open_only_while_the_content_is_viral(rules, steps):
    life = lived(rules, steps)
    assert (life.state.alert is None) or life.state.state in ("viral", "sustained")
    for alert in life.sent:
        if alert.rule in TRIGGERS:
            assert (alert.state in ("viral", "sustained")) == (alert.kind != "closed")


@LIVES
@given(rule_sets, series)
def test_ids_count_the_openings_of_each_rule_from_one(rules, steps):
    counts: dict[str, int] = {}
    for alert in lived(rules, steps).sent:
        if alert.kind == "opened":
            counts[alert.rule] = counts.get(alert.rule, 0) + 1
            assert alert.alert_id == alert_id("film", alert.rule, counts[alert.rule])


@LIVES
@given(rule_sets, series)
def test_messages_are_named_once(rules, steps):
    names = [alert.message_id for alert in lived(rules, steps).sent]
    assert len(names) == len(set(names))


@LIVES
@given(rule_sets, series)
def test_a_replay_a_restart_at_any_point_and_a_second_look_change_nothing(rules, steps):
    once = lived(rules, steps)
    assert lived(rules, steps).sent == once.sent
    for other in (lived(rules, steps, reloaded=True), lived(rules, steps, again=True)):
        assert other.sent == once.sent
        assert other.state == once.state


@LIVES
@given(rule_sets, series)
def test_without_triggers_nothing_is_ever_viral(rules, steps):
    life = lived(rules.model_copy(update=dict.fromkeys(TRIGGERS)), steps)
    assert {state for _, state in life.states} <= {"quiet"}
    assert all(alert.severity < 5 for alert in life.sent)


@LIVES
@given(st.sampled_from(list(PRESETS.values())), series)
def test_depth_r_and_structural_virality_change_no_state(rules, steps):
    plain = [
        (pause, now._replace(live_r=0.0, label="broadcast"), known._replace(depth=1, r=0.0, structural_virality=2.0))
        for pause, now, known in steps
    ]
    assert lived(rules, steps).states == lived(rules, plain).states


@LIVES
@given(series)
def test_the_state_of_a_busy_content_is_small(steps):
    life = lived(PRESETS["sensitive"], steps)
    assert len(life.state.dump()) < 700
    assert AlertState.load(life.state.dump()) == life.state
    assert life.state.since_us in {0, *(at_us for at_us, _ in life.states)}

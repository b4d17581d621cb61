"""Clock figures of contents whose numbers can be worked out by hand. `START` is the start of a minute."""

import math

import pytest
from support.core import CoreRun
from support.events import START_US, act, child, retract

from pipeline.cascade.clock import figures, label, top_amplifiers, viral_score

MINUTE = 60.0
HOUR = 3600.0


def shares(*times):
    return [act(f"s{number}", at=at) for number, at in enumerate(times)]


def at(seconds, events, **options):
    return figures(CoreRun([act("post", "post"), *events]).content, START_US + round(seconds * 1e6), **options)


def steady(pace, minutes, start=0):
    """So many shares in each minute, evenly."""
    return shares(*[(start + minute + (n + 0.5) / pace) * MINUTE for minute in range(minutes) for n in range(pace)])


def test_velocity_is_shares_per_minute_of_the_window_and_ends_with_it():
    burst = shares(*range(10))
    assert [at(5 * MINUTE - 1, burst).velocity_5m, at(5 * MINUTE, burst).velocity_5m] == [2, 0]
    assert [at(HOUR - 1, burst).velocity_1h, at(HOUR, burst).velocity_1h] == [10 / 60, 0]


def test_velocity_leaves_out_what_was_undone():
    events = [*shares(*range(10)), *[retract(f"r{n}", f"s{n}", by=f"actor of s{n}", at=20) for n in range(4)]]
    assert at(30, events).velocity_5m == 6 / 5


@pytest.mark.parametrize("second", [0, 1, 29, 59])
def test_a_steady_content_does_not_accelerate_at_any_second_of_a_minute(second):
    assert at(40 * MINUTE + second, steady(10, 41)).acceleration == 0


def test_acceleration_compares_the_last_five_minutes_with_the_five_before():
    assert at(20 * MINUTE, [*steady(2, 15), *[act(f"t{n}", at=15 * MINUTE + n) for n in range(40)]]).acceleration == 6


def test_a_size_that_doubles_within_the_window_doubles_in_its_time():
    before = shares(*range(7))  # eight nodes with the post
    during = [act(f"t{n}", at=3 * HOUR - 10 - n) for n in range(8)]
    assert at(3 * HOUR, before + during).doubling_s == pytest.approx(59 * MINUTE)


def test_a_young_content_doubles_in_a_part_of_its_life():
    assert at(600, shares(*range(10, 25))).doubling_s == pytest.approx(600 / 4)  # 1 node, 16 nodes


def test_without_a_share_in_an_hour_nothing_doubles():
    assert at(2 * HOUR, shares(*range(10))).doubling_s is None


def test_two_minutes_of_a_burst_stand_out_against_the_silence_before():
    found = at(62 * MINUTE, steady(20, 2, start=60))
    assert (found.z, found.previous_z, found.expected_per_minute) == (20, 20, 0)


def test_a_burst_that_lasts_becomes_what_is_expected():
    found = at(120 * MINUTE, steady(20, 60, start=60))
    assert found.expected_per_minute == pytest.approx(20, rel=0.01)
    assert abs(found.z) < 1


def test_a_deviation_is_at_least_that_of_chance():
    found = at(61 * MINUTE, [*steady(16, 60), *[act(f"t{n}", at=60 * MINUTE + n) for n in range(36)]])
    assert found.z == pytest.approx((36 - 16) / math.sqrt(16))


def test_a_restless_content_needs_more_to_stand_out():
    restless = shares(*[minute * MINUTE + n for minute in range(60) for n in range(0 if minute % 2 else 32)])
    found = at(61 * MINUTE, [*restless, *[act(f"t{n}", at=60 * MINUTE + n) for n in range(36)]])
    assert 1 < found.z < 1.5


def test_a_content_of_one_minute_stands_out_against_nothing():
    found = at(MINUTE, shares(*range(50)))
    assert (found.z, found.previous_z, found.poisson_p) == (0, 0, 1)


def test_after_silence_one_share_is_no_wonder_and_six_are():
    chances = [at(66 * MINUTE, shares(*[61 * MINUTE + n for n in range(count)])).poisson_p for count in (0, 1, 2, 6)]
    assert chances[0] == 1
    assert chances[1] > 0.3 > chances[2] > 0.05
    assert chances[3] < 1e-4


def test_five_minutes_as_those_before_are_no_wonder():
    assert at(60 * MINUTE, steady(3, 60)).poisson_p > 0.5


def test_idle_is_the_time_since_the_latest_share_that_was_not_undone():
    events = shares(10, 70)
    assert at(100, events).idle_s == 30
    assert at(100, [*events, retract("r", "s1", by="actor of s1", at=80)]).idle_s == 100 - 60  # the end of its minute
    assert at(100, []).idle_s == 100


def test_everything_sinks_when_nothing_arrives():
    events = steady(30, 60)
    now, later, last = (at(time, events) for time in (HOUR, HOUR + 30 * MINUTE, 3 * 24 * HOUR))
    assert now.velocity_5m > later.velocity_5m == 0
    assert now.velocity_1h > later.velocity_1h > last.velocity_1h == 0
    assert now.predicted_size > later.predicted_size > last.predicted_size
    assert (last.windows["24h"].shares, last.z, last.doubling_s) == (0, 0, None)


def test_live_r_gives_young_spreads_time():
    chain = [child("a", None, at=0), *[child(f"b{n}", "a", at=10 + n) for n in range(3)]]
    young, old = (figures(CoreRun(chain).content, START_US + round(age * 1e6)).live_r for age in (60, 30 * 24 * HOUR))
    assert young > 10
    assert old == pytest.approx(3 / 4, rel=0.2)


@pytest.mark.parametrize(
    ("count", "expected", "score"),
    [(64, 10.0, 6.4), (3, 20.0, 0.15), (9, 9.9, None), (50, None, None), (50, 0.2, 50), (0, 0.0, None)],
)
def test_the_viral_score_is_shares_over_those_expected_where_one_is_not_small(count, expected, score):
    assert viral_score(count, expected) == score


def test_the_score_of_a_content_is_by_its_live_shares():
    assert at(HOUR, shares(*range(30)), expected=12.0).viral_score == 2.5
    assert at(HOUR, shares(*range(30)), expected=12.0).expected == 12.0


def test_the_label_is_by_structural_virality():
    assert [label(virality, 2.3, 4.0) for virality in (0, 2.29, 2.3, 3.99, 4.0)] == [
        "broadcast",
        "broadcast",
        "mixed",
        "mixed",
        "chain",
    ]
    chain = [child(f"n{node}", f"n{node - 1}" if node else None, at=node) for node in range(30)]
    assert figures(CoreRun(chain).content, START_US).label == "chain"
    assert figures(CoreRun(chain).content, START_US, chain_from=99.0).label == "mixed"


def test_the_top_amplifiers_are_found_among_hundreds():
    crowd = [child(f"n{n}", None, at=n, audience_size=n % 7) for n in range(500)]
    carried = [
        child(f"b{n}-{m}", f"n{n}", at=600 + m, audience_size=100) for n, m in ((77, 0), (300, 1), (300, 2), (450, 3))
    ]
    found = top_amplifiers(CoreRun(crowd + carried).content)
    assert [(one.actor_id, one.downstream_shares, one.downstream_reach) for one in found] == [
        ("actor of n300", 2, 200),
        ("actor of n450", 1, 100),
        ("actor of n77", 1, 100),
    ]
    assert [one.audience for one in found] == [300 % 7, 450 % 7, 77 % 7]

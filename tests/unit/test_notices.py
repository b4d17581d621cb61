"""Rules that explain: each mark once, never of what is long over, never a reason to call a content viral."""

from __future__ import annotations

import pytest
from support.alerts import SECOND, START_US, Life, figures, paced, said, standing
from support.events import act, child, retract

from pipeline.cascade import Content, fold, micros
from pipeline.cascade.clock import figures as clock_figures
from pipeline.cascade.loudest import Sharer, loudest
from schemas.rule_types import Depth, LargeAmplifier, Reproduction, RuleSet, SecondaryReach, SuddenDrop

HOUR = 3600
NOW = figures(five=5, hour=50)
DEPTH = RuleSet(depth=Depth(marks=[6, 10], minimum_shares=100, cool_down=0))
REACH = RuleSet(secondary_reach=SecondaryReach(marks=[1000, 5000], cool_down=0))
LOUD = RuleSet(large_amplifier=LargeAmplifier(audience=1000, cool_down=0))
DROP = RuleSet(sudden_drop=SuddenDrop(drop=0.9, minimum_shares=100, cool_down=HOUR))


def test_each_mark_is_told_once_in_a_contents_life():
    life = Life(DEPTH)
    for second, depth in enumerate((5, 6, 7, 6, 5, 6, 10, 9, 11, 10)):
        life.at(second, NOW, standing(100, depth=depth))
    assert [(alert.kind, alert.rule, alert.evidence["depth"]) for alert in life.sent] == [
        ("opened", "depth", 6),
        ("opened", "depth", 10),
    ]
    assert life.sent[0].alert_id != life.sent[1].alert_id
    assert life.sent[0].severity < life.sent[1].severity < 5


def test_marks_passed_at_once_are_told_as_one():
    life = Life(DEPTH)
    life.at(0, NOW, standing(100, depth=20))
    assert len(life.sent) == 1
    assert "mark 10" in life.sent[0].summary


def test_a_notice_is_closed_when_it_opens():
    (alert,) = Life(DEPTH).at(0, NOW, standing(100, depth=6))
    assert alert.closed_at == alert.opened_at == alert.at


def about(alert):
    """What the evidence says that only a notice has."""
    own = ("value", "mark", "before", "sharer", "sharer_platform", "sharer_audience", "sharer_generation")
    return {name: alert.evidence[name] for name in own if name in alert.evidence}


def test_the_evidence_says_what_was_looked_at_and_which_mark_it_passed():
    (deep,) = Life(DEPTH).at(0, NOW, standing(100, depth=7))
    (heard,) = Life(REACH).at(0, NOW, standing(secondary_reach=5400))
    assert about(deep) == {"value": 7, "mark": 6}
    assert about(heard) == {"value": 5400, "mark": 5000}


def test_a_small_cascade_is_not_told_however_deep():
    assert Life(DEPTH).at(0, NOW, standing(99, depth=50)) == []


def test_what_nobody_shared_within_the_hour_is_no_news():
    life = Life(DEPTH)
    assert life.at(0, figures(), standing(500, depth=9)) == []
    assert life.at(1, figures(hour=1), standing(500, depth=9)) != []


def test_a_mark_passed_during_the_cool_down_is_told_after_it():
    life = Life(RuleSet(secondary_reach=SecondaryReach(marks=[1000, 5000], cool_down=HOUR)))
    life.at(0, NOW, standing(secondary_reach=1000))
    assert life.at(10, NOW, standing(secondary_reach=5000)) == []
    assert life.at(HOUR - 1, NOW, standing(secondary_reach=5000)) == []
    (second,) = life.at(HOUR, NOW, standing(secondary_reach=6000))
    assert "6K people (mark 5K)" in second.summary


def test_r_is_that_of_young_shares_too():
    life = Life(RuleSet(r=Reproduction(marks=[0.8], minimum_shares=100)))
    life.at(0, NOW._replace(live_r=0.79), standing(100, r=0.2))
    life.at(1, NOW._replace(live_r=0.85), standing(100, r=0.2))
    assert said(life.sent) == [("opened", "r", "quiet")]
    assert "0.85" in life.sent[0].summary


@pytest.mark.parametrize("rules", [DEPTH, RuleSet(r=Reproduction(minimum_shares=0))])
def test_depth_and_r_never_make_a_content_viral(rules):
    life = Life(rules)
    for second in range(50):
        life.at(second * 60, NOW._replace(live_r=5.0), standing(10_000, depth=second, r=3.0, structural_virality=20.0))
    assert life.sent
    assert {state for _, state in life.states} == {"quiet"}
    assert all(alert.severity < 5 for alert in life.sent)


def folded(*events) -> Content:
    content = Content("c", {})
    for event in events:
        fold(content, event, micros(event.occurred_at))
    return content


def test_the_loudest_sharer_is_no_author_and_has_not_taken_it_back():
    content = folded(
        act("p", "post", by="author", audience_size=10_000),
        act("s0", by="author", audience_size=10_000),
        act("s1", by="ada", audience_size=700),
        child("s2", "s1", by="bob", audience_size=900),
        act("s3", by="eve", audience_size=5000),
        retract("u", "s3", by="eve"),
    )
    assert loudest(content) == Sharer("x", "bob", 900, 2)


def test_without_known_audiences_nobody_is_loudest():
    assert loudest(folded(act("s"), act("t", audience_size=0))) is None


def test_a_large_amplifier_is_told_and_the_next_one_when_twice_as_large():
    life = Life(LOUD)
    life.content = Content("c", {})
    reach = 0
    for number, audience in enumerate((999, 1000, 1500, 1999, 2000, 3000, 4000)):
        event = act(f"s{number}", by=f"actor {number}", audience_size=audience)
        fold(life.content, event, micros(event.occurred_at))
        reach += audience
        life.at(number, figures(five=5, reach=reach), standing(secondary_reach=reach))
    assert [alert.summary.split(" followers")[0] for alert in life.sent] == [
        "actor 1 (1K",
        "actor 4 (2K",
        "actor 6 (4K",
    ]
    who = {"sharer": "actor 4", "sharer_platform": "x", "sharer_audience": 2000, "sharer_generation": 1}
    assert about(life.sent[1]) == {"value": 2000, "mark": 2000} | who


def test_many_small_audiences_are_no_large_amplifier():
    life = Life(LOUD)
    for number in range(20):
        event = act(f"s{number}", audience_size=100)
        fold(life.content, event, micros(event.occurred_at))
    assert life.at(0, figures(five=20, reach=2000), standing(secondary_reach=2000)) == []


def test_an_amplifier_of_yesterday_has_not_just_joined():
    life = Life(LOUD)
    event = act("s", audience_size=5000)
    fold(life.content, event, micros(event.occurred_at))
    assert life.at(0, figures(five=5, reach=0), standing(secondary_reach=5000)) == []


def watched(rules: RuleSet, pace: list[int], seconds: range) -> Life:
    """A content with so many shares in each of its first minutes, looked at with the clock figures that it has."""
    life = Life(rules)
    life.content = paced(pace)
    for second in seconds:
        life.at(second, clock_figures(life.content, START_US + second * SECOND))
    return life


def test_a_sudden_drop_is_told_once_per_cool_down_with_the_speed_before_it():
    life = watched(DROP, [40] * 10, range(600, 1500, 20))
    assert said(life.sent) == [("opened", "sudden_drop", "quiet")]
    assert life.sent[0].summary.startswith("From 40/min to 0/min within 5 min; ")
    assert about(life.sent[0]) == {"value": 0, "mark": 4, "before": 40}


@pytest.mark.parametrize(("last", "told"), [([9, 0, 0, 0, 0], 1), ([12, 0, 0, 0, 0], 0), ([0, 0, 0, 0, 12], 0)])
def test_a_slope_is_no_sudden_drop(last, told):
    assert len(watched(DROP, [20] * 5 + last, range(600, 601)).sent) == told


def test_a_trickle_that_ends_is_no_sudden_drop():
    assert watched(DROP, [19] * 5, range(0, 900, 60)).sent == []


def test_the_minute_that_has_just_begun_is_no_drop():
    shy = RuleSet(sudden_drop=SuddenDrop(drop=0.2, minimum_shares=100))
    assert watched(shy, [20] * 12, range(300, 720, 10)).sent == []

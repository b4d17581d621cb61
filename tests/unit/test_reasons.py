"""The sentence of an alert: it says why, in numbers that a person takes in at once."""

from __future__ import annotations

from math import inf

import pytest
from support.alerts import BURST, Life, figures, standing
from support.events import act, child

from pipeline.cascade import Content, fold, micros
from pipeline.cascade.reasons import approximately, duration, short, times
from schemas.presets import PRESETS
from schemas.rule_types import Forecast, Reproduction, RuleSet, Velocity

RULES = RuleSet(velocity=Velocity(minimum_shares=30), forecast=Forecast(at_least=1000))
NOW = figures(
    five=82,
    hour=300,
    z=14.0,
    previous_z=9.0,
    expected_per_minute=6.0,
    viral_score=6.4,
    predicted_size=2140.0,
    predicted_low=1420.0,
    predicted_high=3310.0,
    live_r=0.8,
    label="chain",
)
FACTS = standing(400, depth=6, r=0.4)


def test_an_alert_says_pace_peers_forecast_carrier_and_shape_in_one_sentence():
    life = Life(RULES)
    life.content = Content("film", {})
    for event in (
        act("s1", by="ada", audience_size=1_200_000),
        child("s2", "s1", audience_size=10),
        child("s3", "s2", audience_size=10),
    ):
        fold(life.content, event, micros(event.occurred_at))
    (alert,) = life.at(40 * 60, NOW, FACTS)
    assert alert.summary == (
        "82 shares in 5 min, 2.7× its own pace (6/min), 6.4× what Bluesky contents have at 40 min; "
        "forecast 2,100 (1,400 to 3,300), above 1,000; carried by ada (1.2M followers); a chain: depth 6, R 0.8."
    )
    assert [(one.actor_id, one.downstream_shares, one.audience_size) for one in alert.top_spreaders] == [
        ("ada", 2, 1_200_000),
        ("actor of s2", 1, 10),
        ("actor of s3", 0, 10),
    ]


def test_a_newborn_content_has_no_pace_to_be_compared_with():
    (alert,) = Life(RULES).at(240, NOW._replace(viral_score=None), FACTS)
    assert alert.summary.startswith("400 shares in its first 4 min; forecast")


def test_what_still_accelerates_has_a_forecast_without_an_upper_end():
    (alert,) = Life(RULES).at(3600, NOW._replace(accelerating=True, predicted_high=inf), FACTS)
    assert "; still accelerating, forecast at least 1,400; " in alert.summary


def test_what_says_nothing_is_left_out():
    (alert,) = Life(RULES).at(
        3 * 3600, NOW._replace(viral_score=1.2, expected_per_minute=0.0), standing(400, platforms=("a", "b"))
    )
    assert alert.summary.startswith("82 shares in 5 min; forecast")
    assert "carried" not in alert.summary


def test_on_several_platforms_no_single_one_is_named():
    (alert,) = Life(RULES).at(3600, NOW, standing(400, platforms=("bluesky", "weibo")))
    assert "6.4× what others have at 60 min" in alert.summary
    assert alert.platforms == ["bluesky", "weibo"]


def test_a_closing_says_how_long_it_lasted_and_what_came_of_it():
    life = Life(RULES)
    life.at(0, figures(**BURST))
    life.at(3600, figures(hour=7), standing(1234, depth=4, r=0.31))
    (closed,) = life.at(5400, figures(hour=7), standing(1234, depth=4, r=0.31))
    assert closed.summary == "Calm after 1.5 h: 7 shares in the last hour, 1,234 in all; a broadcast: depth 4, R 0.3."


def test_r_is_the_live_one_in_every_sentence_and_the_evidence_has_both():
    life = Life(RuleSet(velocity=RULES.velocity, r=Reproduction(marks=[1.0], minimum_shares=100)))
    told = life.at(3600, NOW._replace(live_r=2.32), FACTS)
    assert [alert.rule for alert in told] == ["velocity", "r"]
    assert all(alert.summary.endswith("a chain: depth 6, R 2.3.") for alert in told)
    assert "Each share brings 2.32 more" in told[1].summary
    assert (told[0].evidence["r"], told[0].evidence["live_r"]) == (0.4, 2.32)


def test_while_no_share_has_lived_r_is_what_they_have_begotten():
    (alert,) = Life(RULES).at(3600, NOW._replace(live_r=0.0), FACTS)
    assert alert.summary.endswith("depth 6, R 0.4.")


def test_a_name_with_line_breaks_or_without_end_stays_within_its_line():
    life = Life(RULES)
    life.content = Content("film", {})
    name = "evil\nname" + "x" * 400
    for event in (act("s1", by=name), child("s2", "s1")):
        fold(life.content, event, micros(event.occurred_at))
    (alert,) = life.at(3600, NOW, FACTS)
    assert "\n" not in alert.summary
    assert r"carried by evil\nnamexxx" in alert.summary
    assert len(alert.summary) < 400


def test_the_evidence_is_what_json_can_say():
    alert, *_ = Life(PRESETS["sensitive"]).at(3600, NOW._replace(accelerating=True, predicted_high=inf), FACTS)
    assert alert.evidence["z"] == 14.0
    assert alert.evidence["label"] == "chain"
    assert "predicted_high" not in alert.evidence
    assert "expected" not in alert.evidence


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.26, "0.3"),
        (6, "6"),
        (9.99, "10"),
        (14.4, "14"),
        (99.7, "100"),
        (2140, "2,100"),
        (123_456, "120,000"),
    ],
)
def test_numbers_have_two_digits_that_count(number, text):
    assert approximately(number) == text


@pytest.mark.parametrize(
    ("people", "text"), [(0, "0"), (950, "950"), (1000, "1K"), (12_345, "12K"), (1_200_000, "1.2M"), (3e9, "3B")]
)
def test_audiences_are_short(people, text):
    assert short(people) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (89, "89 s"),
        (90, "2 min"),
        (5399, "90 min"),
        (5400, "1.5 h"),
        (172_799, "48 h"),
        (172_800, "2 days"),
    ],
)
def test_lengths_of_time_have_the_unit_that_fits(seconds, text):
    assert duration(seconds) == text


def test_factors_have_a_tenth_where_it_counts():
    assert [times(ratio) for ratio in (1.5, 6.42, 14.3, 250)] == ["1.5×", "6.4×", "14×", "250×"]

"""Mutes and acknowledgements: the latest word on each scope counts, for as long as it was meant."""

from __future__ import annotations

from pipeline.cascade.controls import Controls
from schemas.alert import Control, Scope, moment

DAY_US = 86_400_000_000


def control(action: str, at_us: int = 1, until_us: int | None = None, **scope: str) -> Control:
    return Control(
        action=action, scope=Scope(**scope), at=moment(at_us), until=None if until_us is None else moment(until_us)
    )


def controls(*messages: Control) -> Controls:
    made = Controls()
    for message in messages:
        made.apply(message)
    return made


def test_all_that_a_mute_names_must_match():
    made = controls(control("mute", campaign_id="spring", rule="velocity"))
    assert made.muted("film", "spring", "velocity", 5)
    assert not made.muted("film", "spring", "forecast", 5)
    assert not made.muted("film", "", "velocity", 5)
    assert controls(control("mute", content_id="film")).muted("film", "any", "any", 5)


def test_a_mute_ends_when_it_says():
    made = controls(control("mute", until_us=DAY_US, rule="velocity"))
    assert made.muted("film", "", "velocity", DAY_US - 1)
    assert not made.muted("film", "", "velocity", DAY_US)
    assert made.mutes(DAY_US) == []


def test_unmute_lifts_the_mute_of_its_scope_and_no_other():
    made = controls(
        control("mute", rule="velocity"), control("mute", content_id="film"), control("unmute", rule="velocity")
    )
    assert not made.muted("song", "", "velocity", 5)
    assert made.muted("film", "", "velocity", 5)


def test_the_topic_read_twice_says_the_same():
    messages = [
        control("mute", at_us=2, rule="r"),
        control("unmute", at_us=3, rule="r"),
        control("mute", at_us=1, rule="depth"),
    ]
    once, twice = controls(*messages), controls(*messages, *messages)
    assert once.mutes(5) == twice.mutes(5) == [messages[2]]


def test_mutes_are_listed_oldest_first():
    messages = [control("mute", at_us=3, rule="r"), control("mute", at_us=2, rule="depth")]
    assert [mute.scope.rule for mute in controls(*messages).mutes(5)] == ["depth", "r"]


def test_an_acknowledge_is_about_one_alert():
    made = controls(control("acknowledge", alert_id="ab"))
    assert made.acknowledged("ab")
    assert not made.acknowledged("cd")


def test_the_latest_acknowledgement_says_who_and_why():
    first, second = (
        control("acknowledge", at_us=time, alert_id="ab").model_copy(update={"by": by})
        for time, by in ((1, "ana"), (2, "bo"))
    )
    made = controls(first, second)
    assert made.acknowledgement("ab") == second
    assert made.acknowledgement("cd") is None

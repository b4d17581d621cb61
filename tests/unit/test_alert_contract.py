"""Alerts and controls, version 1: what is accepted, how they are named, and that the examples keep the contract."""

from __future__ import annotations

import json

import jsonschema
import pytest
from pydantic import ValidationError

from schemas import generate, topics
from schemas.alert import (
    CONTROL_EXAMPLE,
    EXAMPLE,
    Alert,
    Control,
    Scope,
    alert_id,
    asked,
    decode_alert,
    decode_control,
    links,
    moment,
    with_links,
)

ALERT = json.loads((generate.HERE / "json" / "alert.v1.json").read_text("utf-8"))
CONTROL = json.loads((generate.HERE / "json" / "control.v1.json").read_text("utf-8"))


@pytest.mark.parametrize("schema", [ALERT, CONTROL], ids=["alert", "control"])
def test_json_schemas_are_valid_and_closed(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False


def test_examples_keep_model_and_schema():
    jsonschema.validate(EXAMPLE, ALERT)
    jsonschema.validate(CONTROL_EXAMPLE, CONTROL)
    assert decode_alert(json.dumps(EXAMPLE)).rule == "velocity"
    assert decode_control(json.dumps(CONTROL_EXAMPLE)).scope == Scope(campaign_id="spring-launch", rule="velocity")


def test_what_is_encoded_is_decoded_again_and_keeps_the_schema():
    alert = Alert.model_validate(EXAMPLE)
    assert decode_alert(alert.encode()) == alert
    jsonschema.validate(json.loads(alert.encode()), ALERT)
    control = Control.model_validate(CONTROL_EXAMPLE)
    assert decode_control(control.encode()) == control


@pytest.mark.parametrize(
    "wrong",
    [
        {"severity": 0},
        {"severity": 11},
        {"state": "boiling"},
        {"kind": "reopened"},
        {"schema_version": 2},
        {"at": "2026-01-31T12:40:00"},
        {"evidence": {"z": float("inf")}},
        {"top_spreaders": EXAMPLE["top_spreaders"] * 4},
        {"mood": "good"},
    ],
)
def test_what_is_no_alert_is_refused(wrong):
    with pytest.raises(ValidationError):
        Alert.model_validate(EXAMPLE | wrong)


def test_ids_follow_from_content_rule_and_ordinal_alone():
    assert alert_id("a", "velocity", 1) == alert_id("a", "velocity", 1)
    # The boundary between the parts counts: texts that run together alike must not meet.
    others = {
        alert_id(*parts)
        for parts in [
            ("a", "velocity", 1),
            ("a", "velocity", 2),
            ("a", "r", 1),
            ('a","r', "r", 1),
            ("av", "elocity", 1),
        ]
    }
    assert len(others) == 5
    # Fixed for ever: receivers know alerts by it.
    assert alert_id("spring-film", "velocity", 1) == "a4a452fd6080b7547daa4b40759fd1eb"


def test_a_message_is_named_by_alert_and_sequence():
    alert = Alert.model_validate(EXAMPLE)
    assert alert.message_id == f"{alert.alert_id}.0"
    assert alert.model_copy(update={"sequence": 3}).message_id == f"{alert.alert_id}.3"


def test_a_mute_and_the_unmute_that_lifts_it_have_one_key_and_an_acknowledge_another():
    scope, at = Scope(rule="velocity", campaign_id="é"), moment(1)
    mute = Control(action="mute", scope=scope, at=at, until=moment(2), by="ada")
    assert mute.key() == Control(action="unmute", scope=scope, at=moment(9)).key()
    assert mute.key() == 'mute {"campaign_id":"é","rule":"velocity"}'.encode()
    assert Control(action="acknowledge", scope=Scope(alert_id="ab"), at=at).key() == b'acknowledge {"alert_id":"ab"}'


@pytest.mark.parametrize(
    ("action", "scope"),
    [
        ("mute", {}),
        ("mute", {"alert_id": "ab"}),
        ("unmute", {"alert_id": "ab", "rule": "velocity"}),
        ("acknowledge", {}),
        ("acknowledge", {"rule": "velocity"}),
        ("acknowledge", {"alert_id": "ab", "content_id": "film"}),
    ],
)
def test_a_control_about_the_wrong_thing_is_refused(action, scope):
    with pytest.raises(ValidationError, match="scope"):
        Control(action=action, scope=Scope(**scope), at=moment(1))


def test_a_mute_of_a_rule_that_does_not_exist_is_refused_and_the_rules_are_named():
    wish = {"action": "mute", "scope": {"rule": "velcity"}, "at": moment(1)}
    with pytest.raises(
        ValidationError, match=r"there is no rule velcity; the rules are: velocity, over_performance, .*, sudden_drop"
    ):
        asked(wish)
    assert asked(wish | {"scope": {"rule": "velocity"}}).scope.rule == "velocity"


def test_a_mute_of_an_unknown_rule_that_stands_on_the_topic_is_read_and_can_be_lifted():
    old = Control(action="mute", scope=Scope(rule="velcity"), at=moment(1))
    assert decode_control(old.encode()) == old
    assert asked({"action": "unmute", "scope": {"rule": "velcity"}, "at": moment(2)}).key() == old.key()


def test_only_a_mute_ends_by_itself():
    with pytest.raises(ValidationError, match="until"):
        Control(action="unmute", scope=Scope(rule="r"), at=moment(1), until=moment(2))


def test_links_lead_to_one_content_whatever_its_id():
    found = links("a/b c?é", "https://cascades.example.org/", "https://grafana.example.org")
    assert found.page == "https://cascades.example.org/#/content/a%2Fb%20c%3F%C3%A9"
    assert found.dashboard == "https://grafana.example.org/d/cascades-content?var-content_id=a%2Fb%20c%3F%C3%A9"
    assert (links("a", "", "").page, links("a", "", "").dashboard) == (None, None)
    assert with_links(Alert.model_validate(EXAMPLE), "http://p", "").links.page == "http://p/#/content/spring-film"


def test_alerts_are_all_kept_and_controls_by_their_scope():
    assert topics.alerts().config["cleanup.policy"] == "delete"
    assert (topics.control().config["cleanup.policy"], topics.control().partitions) == ("compact", 1)
    assert topics.alert_dead_letters().config["retention.ms"] == "-1"

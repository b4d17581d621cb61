"""The file of channels: what it takes, what it refuses, and that it keeps its secrets."""

from __future__ import annotations

import pytest
from support.receivers import SECRET, alert, channels_file

from pipeline.alerts import channels, kinds
from pipeline.errors import UsageError

HOOK = {"webhook": "https://example.org/s3cret", "secrets": [SECRET]}
MAIL = {"address": "mailto://user:s3cret@example.org"}


def load(path, **told):
    return channels.load(channels_file(path / "channels.yaml", **told))


def test_the_example_in_deploy_works():
    from pathlib import Path

    found = channels.load(Path(__file__).parents[2] / "deploy" / "channels.example.yaml")
    assert list(found) == ["on-call", "press-office", "crm"]


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        ({}, True),
        ({"min_severity": 8}, True),
        ({"min_severity": 9}, False),
        ({"kinds": ["changed"]}, False),
        ({"rules": ["velocity"]}, True),
        ({"rules": ["forecast"]}, False),
        ({"campaigns": ["spring-launch"]}, True),
        ({"campaigns": ["autumn"]}, False),
        ({"platforms": ["weibo", "bluesky"]}, True),
        ({"platforms": ["weibo"]}, False),
    ],
)
def test_a_channel_gets_what_its_filters_let_pass(tmp_path, filters, passes):
    found = load(tmp_path, one=HOOK | filters)
    assert found["one"].wants(alert()) is passes
    assert found["one"].wants(alert(kind="test"))


def test_an_alert_without_a_campaign_does_not_pass_a_filter_of_campaigns(tmp_path):
    assert not load(tmp_path, one=HOOK | {"campaigns": ["spring"]})["one"].wants(alert(campaign_id=None))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "either address or webhook"),
        (HOOK | MAIL, "either address or webhook"),
        ({"webhook": "https://example.org/s3cret"}, "needs at least one"),
        (MAIL | {"secrets": [SECRET]}, "secrets belong to a webhook"),
        (HOOK | {"min_severity": 11}, "min_severity"),
        (HOOK | {"kinds": ["s3cret"]}, "kinds"),
        (HOOK | {"s3crt": "s3cret"}, "Extra inputs"),
    ],
)
def test_a_channel_that_cannot_work_is_named_without_its_values(tmp_path, told, words):
    with pytest.raises(UsageError) as refused:
        load(tmp_path, on_call=told)
    assert "channels.on-call" in str(refused.value)
    assert words in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("channels: {", "is not YAML"),
        ("channels: {a: *s3cret}", "is not YAML"),
        ("- s3cret", "whole file"),
        ("channels: {}", "channels"),
        ("channels: {UPPER: {}}", "channels.UPPER"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_without_its_text(tmp_path, text, words):
    path = tmp_path / "channels.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as refused:
        channels.load(path)
    assert words in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"nothing\.yaml cannot be read"):
        channels.load(tmp_path / "nothing.yaml")


def test_a_file_that_others_may_read_is_noticed(tmp_path):
    path = channels_file(tmp_path / "channels.yaml", one=HOOK)
    assert not channels.open_to_others(path)
    path.chmod(0o644)
    assert channels.open_to_others(path)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"webhook": "ftp://example.org/s3cret", "secrets": [SECRET]}, "no http or https address"),
        ({"webhook": "https://", "secrets": [SECRET]}, "no http or https address"),
        ({"webhook": "https://example.org", "secrets": ["whsec_s3cret!"]}, "not base64"),
        ({"webhook": "https://example.org", "secrets": ["whsec_"]}, "24 to 64 bytes"),
        ({"webhook": "https://example.org", "secrets": ["whsec_s3cret00"]}, "24 to 64 bytes"),
        ({"address": "nothing://s3cret"}, "apprise cannot use"),
        ({"address": "slack://s3cret"}, "apprise cannot use"),
        ({"address": "json://127.0.0.1/s3cret?redirect=yes"}, "redirect"),
        ({"address": "json://127.0.0.1/s3cret?optional=yes"}, "optional"),
    ],
)
def test_an_address_that_cannot_work_is_refused_without_showing_it(tmp_path, told, words):
    found = load(tmp_path, on_call=told)
    with pytest.raises(UsageError) as refused:
        kinds.sender("on-call", found["on-call"])
    assert "on-call" in str(refused.value)
    assert words in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_secrets_are_not_in_what_a_channel_looks_like(tmp_path):
    assert "s3cret" not in repr(load(tmp_path, one=HOOK, two=MAIL))

"""A collector's dead letter is read again by the mapping of its source, with the source's settings."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from support.platform_samples.bluesky import SAMPLES, UNKNOWN
from support.platform_samples.mastodon import ROOT

from pipeline.config import Settings
from pipeline.errors import UsageError
from pipeline.ingest.letters import Letter
from pipeline.ingest.remap import Remap, has_mapping
from schemas.dead_letter import Identity, RefusedError

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def letter(name):
    place = Identity(f"door.collect.{name}", 0, 7, 1)
    return Letter(place, "unknown_shape", "", NOW, None, None, b"", f"/collect/{name}")


def remapped(name, payload, **sources):
    return Remap(Settings(collect=json.dumps(sources)))(letter(name), json.dumps(payload).encode())


def test_events_and_undos_go_to_their_topics():
    ((topic, key, value),) = remapped("bluesky", SAMPLES["repost"], bluesky={"campaign_id": "spring"})
    assert topic == "share.events"
    assert json.loads(value)["content_id"].encode() == key
    assert json.loads(value)["campaign_id"] == "spring"
    assert remapped("bluesky", SAMPLES["delete"])[0][0] == "share.undo"


def test_the_source_decides_who_reads_and_for_which_server():
    fedi = {"kind": "mastodon", "url": "https://m.example", "token": "t"}
    ((_, _, value),) = remapped("home", {"event": "update", "data": ROOT}, home=fedi)
    assert json.loads(value)["attributes"]["local_id"] == f"mastodon:m.example:{ROOT['id']}"


def test_what_is_still_not_known_stays_a_letter():
    with pytest.raises(RefusedError):
        remapped("bluesky", UNKNOWN["kind"])


def test_a_source_that_is_not_set_up_any_more_is_told():
    with pytest.raises(UsageError, match="no source 'gone'"):
        remapped("gone", {})
    assert has_mapping(letter("gone"))

"""What the topics must be like, and the names of platforms."""

from __future__ import annotations

import re

from pipeline.config import DEFAULT_POPULATION, Settings
from pipeline.stream.changelog import BATCH_BYTES
from pipeline.stream.chunks import MOST_BYTES
from schemas import topics
from schemas.check import MAX_VALUE_BYTES
from schemas.dead_letter import MAX_DETAIL
from schemas.event import PLATFORM_PATTERN
from schemas.platforms import PLATFORMS, label
from schemas.wire import MAX_ID

BROKER_LIMIT = 1024 * 1024 + 12  # Kafka's default message.max.bytes


def test_the_events_topic_has_kafkas_own_append_time_and_keeps_all_by_default():
    spec = topics.events("mine", 12)
    assert (spec.name, spec.partitions) == ("mine", 12)
    assert spec.config["message.timestamp.type"] == "LogAppendTime"
    assert (spec.config["retention.ms"], spec.config["retention.bytes"]) == ("-1", "-1")
    assert spec.binding == {"message.timestamp.type"} <= set(spec.config)


def test_retention_is_a_choice():
    assert topics.events(retention_ms=3_600_000).config["retention.ms"] == "3600000"
    assert topics.dead_letters(retention_ms=1).config["retention.ms"] == "1"


def test_default_names_and_partitions_are_those_of_the_settings():
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert (topics.events().name, topics.events().partitions) == (defaults["events_topic"], defaults["partitions"])
    assert topics.dead_letters().name == defaults["dead_letter_topic"]


def test_a_record_at_the_brokers_limit_fits_into_the_dead_letter_topic_with_its_headers():
    spec = topics.dead_letters()
    assert spec.partitions is None
    assert int(spec.config["max.message.bytes"]) == 4 * 1024 * 1024 > 2 * BROKER_LIMIT + 4 * MAX_DETAIL


def test_every_event_fits_into_the_events_topic_as_the_broker_is_by_default():
    assert MAX_VALUE_BYTES + 4 * 512 < BROKER_LIMIT


def test_known_platforms_have_names_that_events_may_use_and_labels():
    assert all(re.fullmatch(PLATFORM_PATTERN, name) for name in PLATFORMS)
    assert set(DEFAULT_POPULATION) <= set(PLATFORMS)
    assert label("bluesky") == "Bluesky"
    assert label("my_forum") == "my_forum"


def test_the_changelog_is_compacted_and_has_the_partitions_of_the_events_and_a_name_of_its_group():
    spec = topics.changelog("mine", "group", 12)
    assert (spec.name, spec.partitions) == ("mine.group.changelog", 12)
    assert spec.config["cleanup.policy"] == "compact"
    assert spec.binding == {"cleanup.policy"}


def test_the_largest_record_of_the_changelog_fits():
    assert MOST_BYTES + 4 * MAX_ID < BATCH_BYTES < topics.CHANGELOG_MAX_BYTES <= BROKER_LIMIT

"""The Kafka topics: what each must be like. `pipeline.kafka` creates and checks them, names come from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGIN_HEADER = "cascades-origin"
"""Header `<partition>:<offset>` of a record that stood under a wrong key and was produced again under the right one; `:<number>` behind it
where a link made several records."""
MERGED_HEADER = "cascades-merged"
"""Header of an event that was told of a content which a link merged into this one (`pipeline.stream.onward.Passage`, JSON)."""
MOVED_HEADER = "cascades-moved"
"""Header `<topic>:<partition>:<offset>:<ms>` of a record that `cascades repartition` copied: where it stood at first, and when Kafka took it there."""
FOREVER = -1
DEAD_LETTER_MAX_BYTES = 4 * 1024 * 1024
"""A record near the broker's default limit (1 MiB), its key and its headers fit with room to spare."""
CHANGELOG_MAX_BYTES = 1024 * 1024
"""Record batches are half of that at most, before compression."""
CHANGELOG_SEGMENT_BYTES = 128 * 1024 * 1024
"""Only closed segments are compacted, and a restore without local state reads whatever is left."""

ALERT_RETENTION_MS = 90 * 86_400_000
"""90 days. What was decided stays in ClickHouse; the topic is for those who deliver."""

WAITING_RETENTION_MS = 90 * 86_400_000
"""90 days: many times the longest time that an undo waits for one look."""
UNDO_RUNGS = 6
"""How many different times an undo waits for (`pipeline.ingest.undo.ladder`)."""

EVENT_MAX_BYTES = 1024 * 1024 + 12
"""Kafka's own default: every event fits, and so does its copy under another key."""
DEAD_LETTER_ROOM_BYTES = 64 * 1024
"""What a dead letter may be larger than its record: headers of ours, and Kafka's own framing."""


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic as it must exist.

    `partitions` None: any count will do, and the broker's default is taken when the topic is created. `config` is set
    when it is created; `binding` names those of its entries that an existing topic must have too, because figures would
    be wrong without them.
    """

    name: str
    partitions: int | None
    config: Mapping[str, str]
    binding: frozenset[str] = field(default=frozenset())


def events(name: str = "share.events", partitions: int = 8, retention_ms: int = FOREVER) -> TopicSpec:
    """Share events, keyed by content_id. A rebuild reads the topic from its start, so it is kept for ever unless told
    otherwise.

    Kafka's own append time is needed: `occurred_at` is judged by it, never by the wall clock. The partition count
    decides who owns a content and never changes.
    """
    config = {
        "cleanup.policy": "delete",
        "max.message.bytes": str(EVENT_MAX_BYTES),
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(retention_ms),
        "retention.bytes": str(FOREVER),
    }
    return TopicSpec(name, partitions, MappingProxyType(config), frozenset({"message.timestamp.type"}))


def dead_letters(name: str = "share.events.dlq", retention_ms: int = FOREVER) -> TopicSpec:
    """Refused records: their own bytes, the reason in headers (`schemas.dead_letter`). Order does not matter, so any
    partition count will do.
    """
    config = {
        "cleanup.policy": "delete",
        "max.message.bytes": str(DEAD_LETTER_MAX_BYTES),
        "retention.ms": str(retention_ms),
        "retention.bytes": str(FOREVER),
    }
    return TopicSpec(name, None, MappingProxyType(config))


def undos(name: str = "share.undo", retention_ms: int = FOREVER) -> TopicSpec:
    """Undos whose content is not known yet (`schemas.undo`), keyed by target_event_id. Who resolves them reads all of it, so any partition count
    will do. Kafka's append time tells how long one has waited.
    """
    config = {
        "cleanup.policy": "delete",
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(retention_ms),
        "retention.bytes": str(FOREVER),
    }
    return TopicSpec(name, None, MappingProxyType(config), frozenset({"message.timestamp.type"}))


def waiting_undos(told_in: str = "share.undo") -> TopicSpec:
    """Undos of the topic `told_in` that wait for their next look, as they came, in headers where they stood first. Each partition is a rung: all of
    its records wait equally long. If nobody has resolved for longer than it is kept, a new CASCADES_UNDO_GROUP reads all undos again, which changes
    no figure.
    """
    config = {
        "cleanup.policy": "delete",
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(WAITING_RETENTION_MS),
        "retention.bytes": str(FOREVER),
    }
    return TopicSpec(f"{told_in}.waiting", UNDO_RUNGS, MappingProxyType(config), frozenset({"message.timestamp.type"}))


def changelog(events_name: str = "share.events", group: str = "cascades", partitions: int = 8) -> TopicSpec:
    """The state of the workers of one group (`schemas.changelog`): of every key the latest value, in the partition of the
    events that it is made from. Two groups never share one: each cuts its chunks where it likes.
    """
    config = {
        "cleanup.policy": "compact",
        "max.message.bytes": str(CHANGELOG_MAX_BYTES),
        "retention.ms": str(FOREVER),
        "retention.bytes": str(FOREVER),
        "segment.bytes": str(CHANGELOG_SEGMENT_BYTES),
    }
    return TopicSpec(
        f"{events_name}.{group}.changelog", partitions, MappingProxyType(config), frozenset({"cleanup.policy"})
    )


def alerts(name: str = "share.alerts", retention_ms: int = ALERT_RETENTION_MS) -> TopicSpec:
    """Alerts (`schemas.alert.Alert`), keyed by content_id, written in the transactions of the changelog: read committed only.

    Not compacted: of a content all messages count, not the latest alone. Any partition count will do.
    """
    config = {
        "cleanup.policy": "delete",
        "retention.ms": str(retention_ms),
        "retention.bytes": str(FOREVER),
    }
    return TopicSpec(name, None, MappingProxyType(config), frozenset({"cleanup.policy"}))


def alert_dead_letters(name: str = "share.alerts.dlq", retention_ms: int = FOREVER) -> TopicSpec:
    """Alerts that could not be delivered: the record's own bytes, the reason in headers."""
    config = {
        "cleanup.policy": "delete",
        "retention.ms": str(retention_ms),
        "retention.bytes": str(FOREVER),
    }
    return TopicSpec(name, None, MappingProxyType(config))


def posts(name: str = "share.posts") -> TopicSpec:
    """Which content a post is counted for (`schemas.posts.PostLink`), keyed by the post: the latest of each key stands. One partition: every front
    door reads it whole.
    """
    config = {
        "cleanup.policy": "compact",
        "retention.ms": str(FOREVER),
        "retention.bytes": str(FOREVER),
    }
    return TopicSpec(name, 1, MappingProxyType(config), frozenset({"cleanup.policy"}))


def control(name: str = "share.control") -> TopicSpec:
    """Mutes and acknowledgements (`schemas.alert.Control`), keyed by their scope: the latest of each key stands. One partition, so that all
    who read it see one order; every worker reads it whole.
    """
    config = {
        "cleanup.policy": "compact",
        "retention.ms": str(FOREVER),
        "retention.bytes": str(FOREVER),
    }
    return TopicSpec(name, 1, MappingProxyType(config), frozenset({"cleanup.policy"}))


def positions(name: str = "share.positions") -> TopicSpec:
    """Where collectors go on (`schemas.position`), keyed by source: the latest of each stands. One partition: who starts reads it whole."""
    config = {
        "cleanup.policy": "compact",
        "retention.ms": str(FOREVER),
        "retention.bytes": str(FOREVER),
    }
    return TopicSpec(name, 1, MappingProxyType(config), frozenset({"cleanup.policy"}))

"""Records, batches and rows for tests of the worker, without Kafka."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from pipeline.kafka import partition_for
from pipeline.stream.decode import decode
from pipeline.stream.partition import Applied, PartitionState

TOPIC = "share.events"
APPENDED_MS = 1_709_340_000_000
OCCURRED_AT = "2024-03-01T00:00:00Z"


@dataclass(frozen=True)
class FakeRecord:
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = APPENDED_MS
    headers: tuple[tuple[str, bytes], ...] = field(default=())
    timestamp_type: int = 1


def event_json(event_id: str, content_id: str = "c", kind: str = "share", **fields: Any) -> bytes:
    base = {
        "event_id": event_id,
        "kind": kind,
        "platform": "x",
        "content_id": content_id,
        "actor_id": f"actor of {event_id}",
    }
    return msgspec.json.encode(base | {"occurred_at": OCCURRED_AT} | fields)


def record(offset: int, event_id: str, content_id: str = "c", **fields: Any) -> FakeRecord:
    """A good record under its own key."""
    return FakeRecord(offset, content_id.encode(), event_json(event_id, content_id, **fields))


def copy_of(origin: tuple[int, int], offset: int, event_id: str, content_id: str = "c") -> FakeRecord:
    """A record that was produced again: `origin` is (partition, offset) of where it stood."""
    header = ("cascades-origin", b"%d:%d" % origin)
    return FakeRecord(offset, content_id.encode(), event_json(event_id, content_id), headers=(header,))


def state(partition: int = 0, partitions: int = 1, epoch: int = 0) -> PartitionState:
    return PartitionState(TOPIC, partition, lambda key: partition_for(key, partitions), {}, epoch)


def apply(target: PartitionState, *records: FakeRecord) -> Applied:
    return target.apply(records, decode(records))

"""Records to ClickHouse rows without Kafka and Faust: enough of a worker to put real figures before the page."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING

from support.database import fresh_database

from pipeline.sinks.clickhouse import ClickHouseSink
from pipeline.stream.decode import decode
from pipeline.stream.partition import PartitionState
from schemas.rows import Blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline.config import Settings
    from pipeline.sinks.base import Sink

POPULATION = {"twitter": 550_000_000, "facebook": 3_000_000_000}


class SmallWorker:
    """Folds records in order and writes their rows. Partition 0, offsets from 0."""

    def __init__(self, sink: Sink, topic: str = "share.events") -> None:
        self._sink = sink
        self._state = PartitionState(topic, 0, lambda _: 0, POPULATION)
        self._offset = 0

    def take(self, values: Iterable[bytes], received_ms: int) -> None:
        """Fold these records, and those that links produce again, and write what changed."""
        records = [self._record(value, received_ms) for value in values]
        while records:
            again = self._state.apply(records, decode(records)).misplaced
            copies = [copy for one in again for copy in one.copies()]
            records = [self._record(value, received_ms, headers) for value, headers in copies]
        blocks = Blocks()
        self._state.freeze(blocks)
        self._sink.write(blocks)

    def _record(self, value: bytes, received_ms: int, headers: Sequence[tuple[str, bytes]] = ()) -> SimpleNamespace:
        key = b""
        with suppress(ValueError, KeyError, TypeError):
            key = json.loads(value)["content_id"].encode()
        offset, self._offset = self._offset, self._offset + 1
        return SimpleNamespace(offset=offset, timestamp=received_ms, key=key, value=value, headers=headers)


@contextmanager
def folded(base: Settings) -> Iterator[tuple[Settings, SmallWorker]]:
    """Settings of a fresh database with the schema, and a worker that writes into it."""
    with fresh_database(base) as (settings, _):
        sink = ClickHouseSink(settings)
        try:
            yield settings, SmallWorker(sink)
        finally:
            sink.close()


def now_ms() -> int:
    """The machine's clock in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def record(event_id: str, content: str = "c", kind: str = "share", minutes_ago: float = 1.0, **fields: object) -> bytes:
    """An event as it would stand in Kafka, by an actor of its own."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60 * minutes_ago))
    event = {
        "event_id": event_id,
        "kind": kind,
        "platform": "twitter",
        "content_id": content,
        "actor_id": f"actor of {event_id}",
        "occurred_at": at,
    }
    return json.dumps(event | {"schema_version": 1} | fields).encode()


def cascade(content: str = "c", **fields: object) -> Iterator[bytes]:
    """A post and four spreads: 1 below the root, 2 and 3 below 1, 4 below 2; the audience of 3 is not known."""
    yield record(f"{content[:9]}-post", content, "post", actor_id="author", audience_size=1000, **fields)
    yield record("1", content, audience_size=10, parent_basis="root_only", **fields)
    yield record("2", content, audience_size=20, parent_event_id="1", parent_basis="exact", **fields)
    yield record("3", content, audience_size=None, parent_event_id="1", parent_basis="exact", **fields)
    yield record("4", content, audience_size=5, parent_event_id="2", parent_basis="inferred", **fields)

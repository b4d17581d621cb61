"""One refused record, as it goes to the dead-letter topic and to ClickHouse. Its identity is (topic, partition, offset).

A crash after producing and before committing produces it again: readers of the topic keep one per identity, ClickHouse does so itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.dead_letter import RefusedError, headers, replayed

if TYPE_CHECKING:
    from pipeline.stream.batch import Record


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record with the reason why it is no event."""

    topic: str
    partition: int
    record: Record
    error: RefusedError

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """The Kafka headers that travel with the original bytes."""
        record = self.record
        return headers(
            self.error,
            topic=self.topic,
            partition=self.partition,
            offset=record.offset,
            received_at_ms=record.timestamp,
            replay_of=replayed(record.headers),
        )

    @property
    def row(self) -> tuple[object, ...]:
        """The row of table `dead_letters`. A missing key or value is empty there; the Kafka record keeps the difference."""
        record, error = self.record, self.error
        received_us = record.timestamp * 1000
        key, payload = record.key or b"", record.value or b""
        return (self.topic, self.partition, record.offset, error.reason, error.detail, received_us, key, payload)

"""One refused record, as it goes to the dead-letter topic and to ClickHouse. Its identity is (topic, partition, offset).

A crash after producing and before committing produces it again: readers of the topic keep one per identity, ClickHouse does so itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.sinks import letter_rows
from pipeline.stream.moved import first_place
from schemas.dead_letter import Identity, RefusedError, headers, replayed

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
    def identity(self) -> Identity:
        """Where the record stands; of one that was moved to a topic with more partitions, where it stood at first: it stays the same dead letter."""
        record = self.record
        return first_place(record) or Identity(self.topic, self.partition, record.offset, record.timestamp)

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """The Kafka headers that travel with the original bytes."""
        topic, partition, offset, received_at_ms = self.identity
        return headers(
            self.error,
            topic=topic,
            partition=partition,
            offset=offset,
            received_at_ms=received_at_ms,
            replay_of=replayed(self.record.headers),
        )

    @property
    def row(self) -> tuple[object, ...]:
        """The row of table `dead_letters`."""
        return letter_rows.row(self.identity, self.error.reason, self.error.detail, self.record.key, self.record.value)

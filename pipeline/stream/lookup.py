"""One record read again from the events topic by its place, for a dead letter that is found to be one after its bytes are let go."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from pipeline.backoff import Backoff
from schemas.rows import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.stream.batch import Record
    from schemas.rows import EventRow

log = logging.getLogger("cascades.lookup")

FETCH_MS = 1000
_TEXTS = (
    *("event_id", "kind", "platform", "content_id", "actor_id", "campaign_id", "parent_event_id", "parent_actor_id"),
    *("parent_basis", "target_event_id", "target_content_id", "counter_kind", "attributes"),
)


@dataclass(frozen=True, slots=True)
class Recovered:
    """A record that retention has taken from the topic, as far as its row tells it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = field(default=())
    timestamp_type: int = 1


class LookUp:
    """Reads single records of one topic. Waits for Kafka for as long as it is away."""

    def __init__(self, client_options: Mapping[str, Any], topic: str) -> None:
        self._options = dict(client_options)
        self._topic = topic
        self._backoff = Backoff()

    async def __call__(self, row: EventRow) -> Record:
        """The record that the row was made of: its own bytes while the topic has it, else the event as JSON, made from the row."""
        while True:
            try:
                found = await self._read(TopicPartition(self._topic, row.kafka_partition), row.kafka_offset)
            except KafkaError as error:
                log.warning("a record cannot be read again yet: %s", error)
                await asyncio.sleep(self._backoff.next())
            else:
                self._backoff.reset()
                return found or recovered(row)

    async def _read(self, place: TopicPartition, offset: int) -> Record | None:
        async with AIOKafkaConsumer(
            **self._options, enable_auto_commit=False, auto_offset_reset="earliest"
        ) as consumer:
            consumer.assign([place])
            if offset < (await consumer.beginning_offsets([place]))[place]:
                return None
            consumer.seek(place, offset)
            while await consumer.position(place) <= offset:
                for record in (await consumer.getmany(place, timeout_ms=FETCH_MS, max_records=1)).get(place, []):
                    if record.offset == offset:
                        return cast("Record", record)
        return None


def recovered(row: EventRow) -> Recovered:
    """The record as far as the row of table `events` tells it (times of the row are microseconds)."""
    event = {name: value for name in _TEXTS if (value := getattr(row, name))}
    event |= {name: value for name in ("audience_size", "count") if (value := getattr(row, name)) != UNKNOWN}
    event["occurred_at"] = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(row.occurred_at))  # type: ignore[call-overload]  # blocks hold microseconds
    received_ms = int(row.received_at) // 1000  # type: ignore[call-overload]  # blocks hold microseconds
    return Recovered(row.kafka_offset, received_ms, row.content_id.encode(), msgspec.json.encode(event))

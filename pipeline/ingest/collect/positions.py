"""Where sources go on, kept in Kafka: read once at the start, written after the acknowledgement of what it covers."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from pipeline.ingest.http.sender import Entry
from pipeline.kafka import client_options
from pipeline.kafka_security import refusal
from schemas import position as contract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pipeline.config import Settings
    from pipeline.ingest.collect.seam import Position
    from schemas.position import Stored

log = logging.getLogger("cascades.collect")

POLL_MS = 500
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(now_us: int) -> datetime:
    """Microseconds since 1970 as a time (UTC)."""
    return EPOCH + timedelta(microseconds=now_us)


def entry(settings: Settings, source: str, kind: str, position: Position, now_us: int) -> Entry:
    """The record of a position."""
    stored = contract.Stored(source=source, kind=kind, position=dict(position), stored_at=moment(now_us))
    return Entry(settings.positions_topic, source.encode(), contract.encode(stored))


async def read(settings: Settings) -> dict[str, Stored]:
    """The last position of every source. Raises UnavailableError when Kafka does not answer. The topic must be there."""
    consumer = AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        await consumer.start()
        return {stored.source: stored async for stored in _all(consumer, TopicPartition(settings.positions_topic, 0))}
    except KafkaError as error:
        raise await refusal(settings, error) from error
    finally:
        await consumer.stop()


async def _all(consumer: AIOKafkaConsumer, part: TopicPartition) -> AsyncIterator[Stored]:
    consumer.assign([part])
    await consumer.seek_to_beginning(part)
    end = (await consumer.end_offsets([part]))[part]
    while await consumer.position(part) < end:
        for record in (await consumer.getmany(part, timeout_ms=POLL_MS)).get(part, []):
            if (stored := _decoded(record)) is not None:
                yield stored


def _decoded(record: Any) -> Stored | None:
    """None for what is no position of version 1: whoever wrote it, the position before it stands."""
    if record.value is None:
        return None
    try:
        return contract.decode(record.value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        log.warning("the record at %s/%d is no position: passed over", record.topic, record.offset)
        return None

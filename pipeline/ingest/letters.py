"""Dead letters read back from their topic, which is the truth about them: each once, however often it was produced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from pipeline.errors import UsageError
from pipeline.kafka import client_options, partition_count
from pipeline.kafka_security import refusal
from schemas.dead_letter import Identity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pipeline.config import Settings

FETCH_MS = 1000
FETCH_BYTES = 8 * 1024 * 1024
SKEW = timedelta(hours=1)
"""A letter is produced after its record was appended, by another machine's clock: so much earlier is looked at."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One refused record, its bytes as they came."""

    identity: Identity
    reason: str
    detail: str
    received_at: datetime
    replay_of: Identity | None
    key: bytes | None
    value: bytes | None
    door: str = ""
    """Address of the front door that refused it; empty: the worker did."""

    @property
    def first(self) -> Identity:
        """The dead letter that this one began as: its own, unless it is a replay that was refused again."""
        return self.replay_of or self.identity


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters are meant; what is None selects nothing away."""

    reason: str | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    since: datetime | None = None

    def __contains__(self, letter: Letter) -> bool:
        """Whether a letter is meant."""
        place = letter.identity
        return (
            self.reason in {None, letter.reason}
            and self.topic in {None, place.topic}
            and self.partition in {None, place.partition}
            and self.offset in {None, place.offset}
            and (self.since is None or letter.received_at >= self.since)
        )


def read(record: Any) -> Letter | None:
    """The letter in a record of the dead-letter topic; None when its headers are not those of a dead letter."""
    headers = {name: value for name, value in record.headers if value is not None}
    try:
        return Letter(
            Identity(
                headers["topic"].decode(), *(int(headers[name]) for name in ("partition", "offset", "received_at"))
            ),
            headers["reason"].decode(),
            headers["detail"].decode(),
            datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(headers["received_at"])),
            Identity.read(headers.get("replay_of", b"")),
            record.key,
            record.value,
            headers.get("door", b"").decode(),
        )
    except (KeyError, ValueError, OverflowError):
        return None


async def letters(settings: Settings, selection: Selection) -> AsyncIterator[Letter]:
    """The selected letters, up to the end that the topic has now, each identity once (its first copy), in the topic's order.

    Records that are no dead letters are passed over. Raises UnavailableError when Kafka does not answer, UsageError when the topic is missing.
    """
    count = await partition_count(settings, settings.dead_letter_topic)
    if not count:
        raise UsageError(
            f"there is no topic {settings.dead_letter_topic}: set CASCADES_DEAD_LETTER_TOPIC, or start a worker, which makes it"
        )
    parts = [TopicPartition(settings.dead_letter_topic, number) for number in range(count)]
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    seen: set[Identity] = set()
    try:
        await consumer.start()
        async for record in _records(consumer, parts, selection.since):
            letter = read(record)
            if letter and letter in selection and letter.identity not in seen:
                seen.add(letter.identity)
                yield letter
    except KafkaError as error:
        raise await refusal(settings, error) from error
    finally:
        await consumer.stop()


async def _records(
    consumer: AIOKafkaConsumer, parts: list[TopicPartition], since: datetime | None
) -> AsyncIterator[Any]:
    consumer.assign(parts)
    ends = await consumer.end_offsets(parts)
    await _seek(consumer, parts, ends, since)
    for part in parts:
        consumer.pause(*parts)
        consumer.resume(part)
        while await consumer.position(part) < ends[part]:
            for record in (await consumer.getmany(part, timeout_ms=FETCH_MS)).get(part, []):
                if record.offset < ends[part]:
                    yield record


async def _seek(
    consumer: AIOKafkaConsumer, parts: list[TopicPartition], ends: dict[TopicPartition, int], since: datetime | None
) -> None:
    if since is None:
        return
    moment_ms = max(0, int((since - SKEW).timestamp() * 1000))
    starts = await consumer.offsets_for_times(dict.fromkeys(parts, moment_ms))
    for part in parts:
        start = starts.get(part)
        consumer.seek(part, start.offset if start else ends[part])

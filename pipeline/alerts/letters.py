"""Alerts that a channel did not take, read back from their topic: each once, and no more once it was sent again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from pipeline.errors import UsageError
from pipeline.kafka import client_options, partition_count
from pipeline.kafka_security import refusal
from schemas.alert import Alert, decode_alert

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.config import Settings

RESENT = "resent_at"
"""Header of a record that takes a dead letter back: it names the same record and channel, and was written when that channel had taken it after all."""
FETCH_MS = 1000


class Identity(NamedTuple):
    """What names a dead letter: the record on the topic of alerts, and the channel that did not take it ('' when it was none's fault)."""

    topic: str
    partition: int
    offset: int
    channel: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One alert that one channel did not take."""

    identity: Identity
    reason: str
    detail: str
    attempts: int
    failed_at: datetime
    key: bytes | None
    value: bytes
    alert: Alert | None
    """None when the record is no alert."""

    @property
    def channel(self) -> str:
        """The channel that did not take it."""
        return self.identity.channel


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters are meant; what is None or empty selects nothing away."""

    ids: frozenset[str] = frozenset()
    """Alert ids, or ids of messages (`webhook-id`)."""
    channel: str | None = None
    reason: str | None = None

    def __contains__(self, letter: Letter) -> bool:
        """Whether a letter is meant."""
        alert = letter.alert
        named = {alert.alert_id, alert.message_id} if alert else set()
        return (
            self.channel in {None, letter.channel}
            and self.reason in {None, letter.reason}
            and (not self.ids or bool(self.ids & named))
        )


async def letters(settings: Settings, selection: Selection) -> list[Letter]:
    """The selected letters that were not sent again since, in the order in which they failed.

    Raises UnavailableError when Kafka does not answer, UsageError when the topic is missing.
    """
    topic = settings.alert_dead_letter_topic
    count = await partition_count(settings, topic)
    if not count:
        raise UsageError(
            f"there is no topic {topic}: set CASCADES_ALERT_DEAD_LETTER_TOPIC, or start `cascades notify`, which makes it"
        )
    consumer = AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        await consumer.start()
        waiting = left_over(await _records(consumer, [TopicPartition(topic, number) for number in range(count)]))
    except KafkaError as error:
        raise await refusal(settings, error) from error
    finally:
        await consumer.stop()
    return sorted((letter for letter in waiting if letter in selection), key=lambda letter: letter.failed_at)


def left_over(records: Iterable[Any]) -> list[Letter]:
    """The letters in these records that no later one takes back; of copies the latest. Records that are neither are passed over."""
    waiting: dict[Identity, Letter] = {}
    for record in records:
        told = dict(record.headers)
        try:
            identity = _identity(told)
            if RESENT in told:
                waiting.pop(identity, None)
            else:
                waiting[identity] = _letter(identity, told, record)
        except (KeyError, ValueError):
            continue
    return list(waiting.values())


def resent_headers(letter: Letter, at: datetime) -> list[tuple[str, bytes]]:
    """Headers of the record that takes a letter back; its key is the letter's."""
    said = letter.identity._asdict() | {RESENT: at.isoformat(timespec="milliseconds")}
    return [(name, str(value).encode()) for name, value in said.items()]


def _identity(told: dict[str, bytes]) -> Identity:
    return Identity(told["topic"].decode(), int(told["partition"]), int(told["offset"]), told["channel"].decode())


def _letter(identity: Identity, told: dict[str, bytes], record: Any) -> Letter:
    value = record.value or b""
    return Letter(
        identity,
        told["reason"].decode(),
        told["detail"].decode(),
        int(told["attempts"]),
        datetime.fromisoformat(told["failed_at"].decode()),
        record.key,
        value,
        _alert(value),
    )


def _alert(value: bytes) -> Alert | None:
    try:
        return decode_alert(value)
    except ValidationError:
        return None


async def _records(consumer: AIOKafkaConsumer, parts: list[TopicPartition]) -> list[Any]:
    """All that is there now, in order within each partition."""
    consumer.assign(parts)
    ends, found = await consumer.end_offsets(parts), list[Any]()
    for part in parts:
        while await consumer.position(part) < ends[part]:
            found += (await consumer.getmany(part, timeout_ms=FETCH_MS)).get(part, [])
    return found

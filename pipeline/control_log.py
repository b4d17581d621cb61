"""`share.control`: mutes and acknowledgements. Small and compacted, so whoever obeys it reads the whole of it, from the start and then on.

No group, and nothing is committed: each process reads for itself.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from pipeline.backoff import Backoff
from pipeline.errors import UnavailableError
from pipeline.kafka import any_connects, client_options, started, stopped
from pipeline.kafka_security import refusal
from pipeline.metrics import Metric
from schemas.alert import decode_control

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pipeline.config import Settings
    from pipeline.metrics import Metrics
    from schemas.alert import Control

log = logging.getLogger("cascades.control")

POLL_MS = 1000


async def send(settings: Settings, control: Control) -> None:
    """Put one control into the topic, acknowledged by all in-sync replicas. Raises UnavailableError when Kafka does not take it."""
    kafka = AIOKafkaProducer(**client_options(settings), acks="all", enable_idempotence=True, request_timeout_ms=10_000)
    try:
        await started(kafka)
        await kafka.send_and_wait(settings.control_topic, control.encode(), key=control.key())
    except KafkaError as error:
        raise await refusal(settings, error) from error
    finally:
        await stopped(kafka)


async def read(settings: Settings) -> AsyncIterator[Control]:
    """All controls that are there now, in the topic's order. Raises UnavailableError when Kafka does not answer."""
    consumer = _consumer(settings)
    try:
        part = await _begin(consumer, settings)
        end = (await consumer.end_offsets([part]))[part]
        while await consumer.position(part) < end:
            for control in _decoded(await consumer.getmany(part, timeout_ms=POLL_MS)):
                yield control
    except KafkaError as error:
        raise await refusal(settings, error) from error
    finally:
        await stopped(consumer)


class ControlLog:
    """Follows the topic for the life of a process. `caught_up` is set once everything that was there at the start has been applied."""

    def __init__(self, settings: Settings, apply: Callable[[Control], None], metrics: Metrics) -> None:
        self._settings, self._apply, self._metrics = settings, apply, metrics
        self._backoff, self._told = Backoff(first=0.5, most=15.0), ""
        self.caught_up = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled. Without Kafka it tries again; reading from the start once more changes nothing."""
        while True:
            try:
                await self._follow()
            except (KafkaError, UnavailableError) as error:
                if self._told != str(error):
                    self._told = str(error)
                    log.warning("mutes and acknowledgements stay as they are (%s); trying again", error)
                await asyncio.sleep(self._backoff.next())

    async def _follow(self) -> None:
        if not await any_connects(self._settings.kafka_bootstrap):
            raise UnavailableError(f"no broker accepts connections at {self._settings.kafka_bootstrap}")
        consumer = _consumer(self._settings)
        try:
            part = await _begin(consumer, self._settings)
            end = (await consumer.end_offsets([part]))[part]
            while True:
                if not self.caught_up.is_set() and await consumer.position(part) >= end:
                    self.caught_up.set()
                found = await consumer.getmany(part, timeout_ms=POLL_MS)
                self._backoff.reset()
                self._told = ""
                for control in _decoded(found, self._refused):
                    self._apply(control)
        finally:
            await stopped(consumer)

    def _refused(self) -> None:
        self._metrics.add(Metric.CONTROLS_REFUSED)


def _consumer(settings: Settings) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False, auto_offset_reset="earliest")


async def _begin(consumer: AIOKafkaConsumer, settings: Settings) -> TopicPartition:
    await started(consumer)
    part = TopicPartition(settings.control_topic, 0)
    if settings.control_topic not in await consumer.topics():
        raise UnavailableError(
            f"there is no topic {settings.control_topic} yet: a worker or `cascades notify` makes it"
        )
    consumer.assign([part])
    await consumer.seek_to_beginning(part)
    return part


def _decoded(found: dict[TopicPartition, list[Any]], refused: Callable[[], None] = lambda: None) -> list[Control]:
    """Records that are no control of version 1 are passed over and logged, and `refused` is called: nothing stops. A tombstone says nothing."""
    controls = []
    for record in (record for records in found.values() for record in records if record.value is not None):
        try:
            controls.append(decode_control(record.value))
        except ValidationError as error:
            refused()
            place = f"{record.topic}/{record.partition}/{record.offset}"
            log.warning("the record at %s is no control and is passed over: %s", place, error)
    return controls

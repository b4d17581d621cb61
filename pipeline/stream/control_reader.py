"""`share.control`, read wholly by every worker, and followed: no group, nothing is committed."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from pipeline.cascade.controls import Controls
from pipeline.metrics import Metric, Metrics
from pipeline.stream.changelog import started, stopped
from schemas.alert import decode_control

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger("cascades.control")

AGAIN_S = 5.0
FETCH_MS = 1000


class ControlReader:
    """The mutes and acknowledgements in force. `ready` is set once all that was there at the start is read."""

    def __init__(self, client_options: Mapping[str, Any], topic: str, metrics: Metrics) -> None:
        self._options = dict(client_options)
        self._part = TopicPartition(topic, 0)
        self._metrics = metrics
        self.controls = Controls()
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Read for ever; waits while Kafka is away, and reads from the start then."""
        while True:
            consumer = AIOKafkaConsumer(**self._options, enable_auto_commit=False, auto_offset_reset="earliest")
            try:
                await started(consumer)
                await self._follow(consumer)
            except KafkaError as error:
                log.warning("the topic %s cannot be read (%r): mutes stay as they are", self._part.topic, error)
                await asyncio.sleep(AGAIN_S)
            finally:
                await stopped(consumer)

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        consumer.assign([self._part])
        await consumer.seek_to_beginning(self._part)
        end = (await consumer.end_offsets([self._part]))[self._part]
        while True:
            if not self.ready.is_set() and await consumer.position(self._part) >= end:
                self.ready.set()
            fetched = await consumer.getmany(self._part, timeout_ms=FETCH_MS)
            for record in fetched.get(self._part, ()):
                self._apply(record.value)

    def _apply(self, value: bytes | None) -> None:
        if value is None:
            return  # a tombstone: whoever writes one wants an end of what no longer matters
        try:
            self.controls.apply(decode_control(value))
        except ValidationError as error:
            self._metrics.add(Metric.CONTROLS_REFUSED)
            log.warning("a record of %s is no control and is passed over: %s", self._part.topic, error)

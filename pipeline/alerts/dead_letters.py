"""Alerts that a channel did not take, kept on a topic of their own with the reason."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from pipeline.backoff import Backoff
from pipeline.kafka import client_options

if TYPE_CHECKING:
    from pipeline.alerts.outcome import Failure
    from pipeline.config import Settings

log = logging.getLogger("cascades.notify")


class DeadLetters:
    """The producer of the topic. Guarantee: when `send` returns, the letter is in Kafka at least once; until then it tries again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kafka: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect. Raises KafkaConnectionError when no broker answers."""
        kafka = AIOKafkaProducer(**client_options(self._settings), acks="all", enable_idempotence=False)
        self._kafka = kafka
        await kafka.start()

    async def stop(self) -> None:
        """Close the connections."""
        if self._kafka is not None:
            await self._kafka.stop()

    async def send(self, record: Any, channel: str, failure: Failure, attempts: int) -> None:
        """Keep a record of the alerts' topic as it came. `channel` is '' when it was none's fault."""
        if self._kafka is None:
            raise RuntimeError("the producer was not started")
        backoff = Backoff(first=0.5, most=15.0)
        while True:
            try:
                await self._kafka.send_and_wait(
                    self._settings.alert_dead_letter_topic,
                    record.value or b"",
                    key=record.key,
                    headers=headers(record, channel, failure, attempts),
                )
            except KafkaError as error:
                seconds = backoff.next()
                log.warning(
                    "Kafka does not take a dead letter (%s); trying again in %.1f s", type(error).__name__, seconds
                )
                await asyncio.sleep(seconds)
            else:
                return


def headers(record: Any, channel: str, failure: Failure, attempts: int) -> list[tuple[str, bytes]]:
    """What a dead letter says of itself; the words hold no address."""
    said = {
        "reason": failure.reason,
        "detail": failure.detail,
        "channel": channel,
        "attempts": attempts,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "failed_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    return [(name, str(value).encode()) for name, value in said.items()]

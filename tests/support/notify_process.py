"""`cascades notify` as a process of its own, and alerts on its topic as a worker writes them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from support.worker_process import WorkerProcess

from pipeline.kafka import alert_topic_specs, client_options, ensure_topics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from pipeline.config import Settings
    from schemas.alert import Alert

PROGRAM = ("-m", "pipeline.cli", "notify")


def own(kafka: Any, **overrides: object) -> Settings:
    """Settings with topics and a group that no other test has."""
    name = uuid4().hex[:12]
    topics = {
        "alerts_topic": f"alerts-{name}",
        "alert_dead_letter_topic": f"alerts-dlq-{name}",
        "control_topic": f"control-{name}",
        "notify_group": f"notify-{name}",
        "session_timeout_s": 6.0,
    }
    return kafka.settings(**(topics | overrides))


class NotifyProcess(WorkerProcess):
    """One notify process."""

    def __init__(self, settings: Settings, log: Path) -> None:
        super().__init__(settings, log, program=PROGRAM)

    async def ready(self) -> None:
        """Wait until it delivers."""
        import asyncio

        await asyncio.to_thread(self.wait_until, lambda: self.get("/readyz")[0] == 200, "ready")


@asynccontextmanager
async def topic_of(settings: Settings) -> AsyncIterator[Any]:
    """`put(*alerts)` in a transaction of its own each time, as workers do; `put(..., abort=True)` takes it back."""
    await ensure_topics(settings, alert_topic_specs(settings))
    producer = AIOKafkaProducer(**client_options(settings), transactional_id=f"test-{uuid4().hex}")
    await producer.start()

    async def put(*alerts: Alert | bytes, abort: bool = False) -> None:
        await producer.begin_transaction()
        for one in alerts:
            raw = isinstance(one, bytes)
            value, key = (one, b"key") if raw else (one.encode(), one.content_id.encode())
            await producer.send_and_wait(settings.alerts_topic, value, key=key)
        await (producer.abort_transaction() if abort else producer.commit_transaction())

    try:
        yield put
    finally:
        await producer.stop()


async def dead_letters(settings: Settings) -> list[Any]:
    """All that is on the topic of dead letters."""
    consumer = AIOKafkaConsumer(**client_options(settings), auto_offset_reset="earliest")
    await consumer.start()
    try:
        part = TopicPartition(settings.alert_dead_letter_topic, 0)
        consumer.assign([part])
        end = (await consumer.end_offsets([part]))[part]
        found = []
        while await consumer.position(part) < end:
            found += (await consumer.getmany(part, timeout_ms=200)).get(part, [])
        return found
    finally:
        await consumer.stop()


async def committed(settings: Settings) -> int:
    """The group's offset; 0 before the first commit."""
    consumer = AIOKafkaConsumer(**client_options(settings), group_id=settings.notify_group, enable_auto_commit=False)
    await consumer.start()
    try:
        return await consumer.committed(TopicPartition(settings.alerts_topic, 0)) or 0
    finally:
        await consumer.stop()

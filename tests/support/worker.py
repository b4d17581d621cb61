"""A worker of the test's own process on a real broker, and a client that fills its topic."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from pipeline.kafka import client_options, ensure_topics
from pipeline.metrics import Metric, Metrics
from pipeline.sinks.memory import MemorySink
from pipeline.status import Status
from pipeline.stream.member import Member

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from pipeline.config import Settings
    from pipeline.stream.partition import PartitionState
    from schemas.rows import Blocks

PATIENCE_S = 60.0


async def until(holds: Callable[[], bool], what: str = "") -> None:
    """Wait until `holds`, fail after a minute."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"in vain: {what or holds}"
        await asyncio.sleep(0.02)


class Running:
    """A started worker with its insides."""

    def __init__(self, settings: Settings, sink: Any) -> None:
        self.settings, self.sink = settings, sink
        self.metrics = Metrics()
        self.status = Status(self.metrics)
        self.member = Member(settings, sink, self.status, self.metrics)

    def value(self, metric: Metric, *labels: object) -> float:
        return self.metrics.value(metric, *labels)

    def is_ready(self) -> bool:
        return all(part.ok for name, part in self.status.parts().items() if name != "clickhouse")

    def lag(self) -> float:
        """Records not committed, over the partitions of this worker."""
        consumer = self.member.app.consumer
        return sum(end - offset for tp, offset in consumer.committed().items() if (end := consumer.end(tp)) is not None)

    async def has_read(self, records: int) -> None:
        """Wait until so many records came in and everything is committed."""
        await until(
            lambda: self.value(Metric.RECORDS_IN) >= records and self.lag() == 0, f"{records} records and no lag"
        )

    async def is_assigned(self, partitions: int) -> None:
        await until(
            lambda: self.is_ready() and len(self.member.ownership.states) == partitions, f"{partitions} partitions"
        )


@asynccontextmanager
async def worker(settings: Settings, sink: Any = None) -> AsyncIterator[Running]:
    """A worker that is stopped in order at the end."""
    await ensure_topics(settings)
    running = Running(settings, MemorySink() if sink is None else sink)
    await asyncio.wait_for(running.member.start(), PATIENCE_S)
    try:
        yield running
    finally:
        await asyncio.wait_for(running.member.stop(), PATIENCE_S)


async def produce(settings: Settings, records: Iterable[tuple[bytes | None, bytes | None]], **send: Any) -> None:
    """Send (key, value) pairs to the events topic, by key unless `partition` is given, and wait for all of them."""
    await ensure_topics(settings)
    producer = AIOKafkaProducer(**client_options(settings), linger_ms=5, max_request_size=8 << 20)
    await producer.start()
    try:
        sent = [await producer.send(settings.events_topic, value, key=key, **send) for key, value in records]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def read_all(settings: Settings, topic: str) -> list[Any]:
    """Every record of a topic, partition by partition."""
    consumer = AIOKafkaConsumer(
        **client_options(settings), enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=50
    )
    await consumer.start()
    try:
        parts = [
            TopicPartition(topic, number)
            for number in sorted(consumer.partitions_for_topic(topic) or await _partitions(consumer, topic))
        ]
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        records: list[Any] = []
        for part in parts:
            while await consumer.position(part) < ends[part]:
                records += (await consumer.getmany(part, timeout_ms=500)).get(part, [])
        return records
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    consumer.subscribe([topic])
    found: set[int] = set(await consumer._client._wait_on_metadata(topic) or ())
    consumer.unsubscribe()
    return found


async def committed(settings: Settings) -> dict[int, int | None]:
    """What the group has committed, by partition."""
    consumer = AIOKafkaConsumer(**client_options(settings), group_id=settings.group, enable_auto_commit=False)
    await consumer.start()
    try:
        parts = [TopicPartition(settings.events_topic, number) for number in range(settings.partitions)]
        return {part.partition: await consumer.committed(part) for part in parts}
    finally:
        await consumer.stop()


TABLES = ("contents", "edges", "content_minutes", "amplifiers", "events")


def tables(sink: MemorySink) -> dict[str, list[dict[str, object]]]:
    """Standing rows. Without their versions, which depend on how many records a freeze took in."""
    return {name: [_unversioned(row) for row in sink.rows(name)] for name in TABLES}


def _unversioned(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "version"}


async def serial(settings: Settings) -> MemorySink:
    """What one pass over the log gives: the answer that every worker must come to, whatever happened to it."""
    from support.stream import state

    from pipeline.stream.decode import decode
    from schemas.rows import Blocks

    states: dict[int, PartitionState] = {}
    sink = MemorySink()
    for record in await read_all(settings, settings.events_topic):
        target = states.setdefault(record.partition, state(record.partition, settings.partitions))
        target.topic = settings.events_topic
        target.apply([record], decode([record]))
    for target in states.values():
        blocks: Blocks = Blocks()
        target.freeze(blocks)
        sink.write(blocks)
    return sink


def as_json(event: Any) -> bytes:
    return msgspec.json.encode(event)

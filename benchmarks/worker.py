"""How fast the worker is, and where its time goes: events from a real broker, rows to a sink that throws them away.

    .venv/bin/python benchmarks/worker.py [events]

Prints events per second and CPU seconds per million events of the whole worker (fetch, decode, fold, freeze, commit; no ClickHouse),
then the CPU of decode, fold and freeze alone, over the same records held in memory. CPU is what to compare: wall time moves with the machine's load.
"""

from __future__ import annotations

import asyncio
import gc
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from pipeline.config import Settings
from pipeline.embedded.kafka import EmbeddedKafka
from pipeline.kafka import client_options, ensure_topics, partition_for
from pipeline.metrics import Metric, Metrics
from pipeline.status import Status
from pipeline.stream.decode import decode
from pipeline.stream.member import Member
from pipeline.stream.partition import PartitionState
from pipeline.stream.worker import GC_THRESHOLDS
from schemas.rows import Blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENTS = 2000
CHUNK = 4000


class Discard:
    """A sink that only counts."""

    rows = 0

    def write(self, blocks: Blocks) -> None:
        self.rows += blocks.row_count

    def close(self) -> None:
        pass


def events(count: int) -> Iterator[tuple[bytes, bytes]]:
    """Shares of Zipf-sized cascades in which three of four hang on the root, as in the real ones."""
    rng = random.Random(7)
    weights = [1 / (rank + 1) for rank in range(CONTENTS)]
    nodes: list[list[str]] = [[] for _ in range(CONTENTS)]
    encode = msgspec.json.Encoder().encode
    for n, content in enumerate(rng.choices(range(CONTENTS), weights, k=count)):
        parent = rng.choice(nodes[content]) if nodes[content] and rng.random() < 0.25 else None
        event_id, content_id = f"x:share:{n}", f"content-{content}"
        nodes[content].append(event_id)
        event = {
            "event_id": event_id,
            "kind": "share",
            "platform": "twitter",
            "content_id": content_id,
            "actor_id": f"user{rng.randrange(count)}",
            "occurred_at": f"2024-03-{1 + n * 28 // count:02}T{n // 60 % 24:02}:{n % 60:02}:00Z",
            "parent_event_id": parent,
            "parent_basis": "exact" if parent else "root_only",
            "audience_size": rng.randrange(2000),
        }
        yield content_id.encode(), encode(event)


def cpu() -> float:
    """CPU seconds of this process, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def fill(settings: Settings, count: int) -> None:
    await ensure_topics(settings)
    producer = AIOKafkaProducer(**client_options(settings), linger_ms=20, max_batch_size=512 * 1024)
    await producer.start()
    for key, value in events(count):
        await producer.send(settings.events_topic, value, key=key)
    await producer.stop()


async def reads(metrics: Metrics, count: int) -> None:
    while metrics.value(Metric.RECORDS_IN) < count:  # noqa: ASYNC110 - the worker must not know that it is watched
        await asyncio.sleep(0.01)


async def whole(settings: Settings, count: int) -> None:
    metrics, sink = Metrics(), Discard()
    member = Member(settings, sink, Status(metrics), metrics)
    starting = asyncio.create_task(member.start())
    await reads(metrics, 1)
    began, used, first = time.perf_counter(), cpu(), metrics.value(Metric.RECORDS_IN)
    await reads(metrics, count)
    await member.flusher.drain(60)
    wall, spent, done = time.perf_counter() - began, cpu() - used, count - first
    await starting
    await member.stop()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"whole worker   {done / wall:>10,.0f} events/s  {spent / done * 1e6:>6.2f} CPU s/M  {sink.rows:,} rows  {peak:,.0f} MiB peak"
    )


async def read(settings: Settings) -> dict[int, list[object]]:
    consumer = AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    parts = [TopicPartition(settings.events_topic, number) for number in range(settings.partitions)]
    consumer.assign(parts)
    ends = await consumer.end_offsets(parts)
    records: dict[int, list[object]] = {part.partition: [] for part in parts}
    began, used = time.perf_counter(), cpu()
    while sum(map(len, records.values())) < sum(ends.values()):
        for part, fetched in (await consumer.getmany(timeout_ms=200)).items():
            records[part.partition] += fetched
    count = sum(ends.values())
    print(
        f"fetch alone    {count / (time.perf_counter() - began):>10,.0f} events/s  {(cpu() - used) / count * 1e6:>6.2f} CPU s/M"
    )
    await consumer.stop()
    return records


def stages(settings: Settings, records: dict[int, list[object]]) -> None:
    spent = dict.fromkeys(("decode", "fold", "freeze"), 0.0)

    def timed(stage: str, run, *args):  # noqa: ANN001, ANN002, ANN202 - passes through whatever it times
        began = time.thread_time()
        result = run(*args)
        spent[stage] += time.thread_time() - began
        return result

    count = 0
    for partition, log in records.items():
        state = PartitionState(
            settings.events_topic, partition, lambda key: partition_for(key, settings.partitions), {}
        )
        for start in range(0, len(log), CHUNK):
            chunk = log[start : start + CHUNK]
            state_events = timed("decode", decode, chunk)
            timed("fold", state.apply, chunk, state_events)
            if start % (10 * CHUNK) == 0:
                timed("freeze", state.freeze, Blocks())
            count += len(chunk)
        timed("freeze", state.freeze, Blocks())
    for stage, seconds in spent.items():
        print(f"{stage:<14} {'':>22}  {seconds / count * 1e6:>6.2f} CPU s/M")


async def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder, EmbeddedKafka(Path(folder)) as broker:
        settings = Settings(kafka_bootstrap=broker.bootstrap, partitions=4, metrics_port=0)
        await fill(settings, count)
        await whole(settings, count)
        stages(settings, await read(settings))


if __name__ == "__main__":
    gc.set_threshold(*GC_THRESHOLDS)
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000))

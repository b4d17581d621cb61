"""What ClickHouse must show in the end of a messy stream, whatever struck the workers meanwhile."""

from __future__ import annotations

import asyncio
import time

from aiokafka import AIOKafkaConsumer, TopicPartition
from support.worker_process import PATIENCE_S

from pipeline.clickhouse import client
from pipeline.kafka import client_options

FIGURES = "content_id, size, shares, duplicates, depth, depth_exact, breadth, secondary_reach, structural_virality, parents_unresolved"


def shown(settings):
    """The figures of every content and the place of every edge, as analysts see them; dead letters by identity."""
    with client(settings) as connection:
        contents = connection.query(f"SELECT {FIGURES} FROM contents FINAL ORDER BY content_id").result_rows
        edges = connection.query(
            "SELECT content_id, event_id, parent_event_id, depth, retracted FROM edges FINAL ORDER BY content_id, event_id"
        ).result_rows
        letters = connection.query(
            "SELECT partition, offset, reason, payload FROM v_dead_letters ORDER BY partition, offset"
        ).result_rows
        raw = connection.query("SELECT count(), uniqExact(content_id, event_id) FROM events FINAL").result_rows
    return contents, edges, letters, raw


def expected(sink):
    contents = [tuple(row[name] for name in FIGURES.split(", ")) for row in sink.rows("contents")]
    edges = [
        (row["content_id"], row["event_id"], row["parent_event_id"], row["depth"], row["retracted"])
        for row in sink.rows("edges")
    ]
    letters = [
        (row["kafka_partition"], row["kafka_offset"], row["reason"], row["payload"].decode())
        for row in sink.rows("dead_letters")
    ]
    count = len(sink.rows("events"))
    return contents, edges, letters, [(count, count)]


async def finish(settings, worker):
    """Wait until everything in the topic, copies of strays included, is stored and committed."""
    await asyncio.to_thread(worker.wait_until, lambda: worker.get("/readyz")[0] == 200, "ready")
    end = time.monotonic() + PATIENCE_S
    async with AIOKafkaConsumer(**client_options(settings), group_id=settings.group, enable_auto_commit=False) as group:
        while missing := await _not_committed(group, settings):
            assert worker.process.poll() is None, f"the worker ended: {worker.log.read_text()[-2000:]}"
            assert time.monotonic() < end, (
                f"in vain: {missing} records\n{worker.parts()}\n{worker.log.read_text()[-2000:]}"
            )
            await asyncio.sleep(0.1)


async def _not_committed(group, settings):
    """Records behind the committed offsets. The ends are asked last: copies of strays are in the topic before their originals are committed."""
    parts = [TopicPartition(settings.events_topic, number) for number in range(settings.partitions)]
    committed = [await group.committed(part) or 0 for part in parts]
    return sum((await group.end_offsets(parts)).values()) - sum(committed)

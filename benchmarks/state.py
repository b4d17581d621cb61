"""What durable state costs: bytes of changelog per byte of events, and how fast a partition comes back.

    .venv/bin/python benchmarks/state.py [events]

One partition, Zipf over 2,000 contents, a real broker, rows to a sink that throws them away. Prints the worker's rate, the changelog's bytes
(before compression) per byte of events, and the seconds until a new worker is ready with local files, and without.
"""

from __future__ import annotations

import asyncio
import gc
import shutil
import sys
import tempfile
import time
from pathlib import Path

from worker import Discard, cpu, events, fill

from pipeline.config import Settings
from pipeline.embedded.kafka import EmbeddedKafka
from pipeline.metrics import Metric, Metrics
from pipeline.status import Status
from pipeline.stream.member import Member
from pipeline.stream.state_dir import group_dir
from pipeline.stream.worker import GC_THRESHOLDS


async def run(settings: Settings, count: int) -> Metrics:
    """A worker until it has read `count` more events and kept them, or until its state is there."""
    metrics = Metrics()
    status = Status(metrics)
    member = Member(settings, Discard(), status, metrics)
    began, used = time.perf_counter(), cpu()
    starting = asyncio.create_task(member.start())
    while metrics.value(Metric.RECORDS_IN) < count or not status.parts()["state"].ok:  # noqa: ASYNC110 - the worker must not know
        await asyncio.sleep(0.01)
    await starting
    await member.flusher.drain(600)
    nodes = sum(state.nodes for state in member.ownership.states.values())
    wall, spent = time.perf_counter() - began, cpu() - used
    print(f"  {wall:6.1f} s wall, {spent:6.1f} s CPU, {nodes:,} nodes in memory, {nodes / wall:,.0f} nodes/s")
    await asyncio.sleep(1.5)  # a commit
    await member.stop()
    return metrics


async def main(count: int) -> None:
    size = sum(len(key) + len(value) for key, value in events(count))
    with tempfile.TemporaryDirectory() as folder, EmbeddedKafka(Path(folder) / "kafka") as broker:
        settings = Settings(
            kafka_bootstrap=broker.bootstrap, partitions=1, metrics_port=0, state_dir=Path(folder) / "state"
        )
        await fill(settings, count)
        print("first run, folding everything")
        written = (await run(settings, count)).value(Metric.CHANGELOG_BYTES)
        print(f"  changelog: {written / size:.2f} bytes per byte of events, {written / count:.0f} per event")
        print("start with local files")
        await run(settings, 0)
        print("start from the changelog alone")
        shutil.rmtree(group_dir(settings))
        await run(settings, 0)


if __name__ == "__main__":
    gc.set_threshold(*GC_THRESHOLDS)
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000))

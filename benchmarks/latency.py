"""From produce to visible in ClickHouse, at half of the worker's full load.

A producer keeps the pace for half a minute, a batch every 50 ms. Beside it the greatest offset of each partition that table `contents` shows is
asked for every 50 ms; that table is written last, so a record at or below it is visible in all of them. The latency of a record runs from when
its batch was handed to the producer to the end of the first such query that shows it: polling is included.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks import topic
from benchmarks.environments import PEERS
from benchmarks.report import NO_MARK, Row, at_most
from benchmarks.runner import Contender
from pipeline.clickhouse import client
from pipeline.kafka import ensure_topics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.runner import Report
    from benchmarks.stage import Stage
    from pipeline.config import Settings

COMMAND = [sys.executable, str(PEERS / "worker" / "app.py"), "all"]
EVERY_S = 0.05
WARM_S = 5.0
HALF = 30_000
"""Events per second where c was not measured in this run: half of its mark."""
NO_ALERTS = "no rule raises an alert yet and there is no alert topic: both come with the work on what is going viral"
SHOWN = "SELECT kafka_partition, max(kafka_offset) FROM contents GROUP BY kafka_partition"


def rows(stage: Stage, part: float, runs: Mapping[str, Sequence[Report]]) -> list[Row]:
    measured = [report.rate for report in runs.get("c", ())]
    rate = median(measured) / 2 if measured else HALF * part
    seconds = 10 + 20 * part
    times = asyncio.run(_measure(stage, rate, seconds))
    if len(times) < 100:
        raise AssertionError(
            f"{len(times)} records after the first {WARM_S:.0f} s: this machine does not keep the pace of {rate:,.0f} events/s"
        )
    cuts = quantiles(times, n=100)
    how = f"{rate:,.0f} events/s for {seconds:.0f} s (the first {WARM_S:.0f} s left out), {len(times):,} records; polling every 50 ms included"
    return [
        Row(
            "latency, produce → visible in ClickHouse, at half load",
            "p99 ≤ 2.5 s",
            f"p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s",
            at_most(cuts[98], 2.5),
            how,
        ),
        Row("latency, produce → alert topic", "p99 ≤ 1 s", "not built yet", NO_MARK, NO_ALERTS),
    ]


async def _measure(stage: Stage, rate: float, seconds: float) -> list[float]:
    settings = stage.settings()
    await ensure_topics(settings)
    environment = stage.environment(settings.events_topic, 0, clickhouse=True)
    watched = settings.model_copy(
        update={
            "clickhouse_url": environment["BENCH_CLICKHOUSE"],
            "clickhouse_database": environment["BENCH_DATABASE"],
        }
    )
    waiting: dict[int, deque[tuple[int, int, float]]] = {number: deque() for number in range(settings.partitions)}
    times: list[float] = []
    with Contender(COMMAND, environment, stage.folder / "latency.log") as worker:
        await asyncio.to_thread(worker.mark, "ready", timeout_s=60)
        watching = asyncio.create_task(asyncio.to_thread(_watch, watched, waiting, times, over := asyncio.Event()))
        await _produce(settings, rate, seconds, waiting)
        over.set()
        await watching
    await asyncio.to_thread(stage.tidy, environment)
    return times


async def _produce(
    settings: Settings, rate: float, seconds: float, waiting: dict[int, deque[tuple[int, int, float]]]
) -> None:
    """Keep the pace; what falls behind is made up for. The events are made beforehand: the cores are the worker's."""
    made = [(act.key, act.encode()) for act in topic.acts(int(rate * seconds) + 1)]
    sent = 0
    async with topic.Filler(settings).open() as out:
        began = time.monotonic()
        while (now := time.monotonic() - began) < seconds:
            due = int(rate * now) - sent
            handed = time.monotonic()
            for partition, first, count in await out.send(made[sent : sent + due]):
                waiting[partition].append((first + count - 1, count if now > WARM_S else 0, handed))
            sent += due
            await asyncio.sleep(max(0.0, EVERY_S - (time.monotonic() - began - now)))


def _watch(settings: Settings, waiting: dict[int, deque], times: list[float], over: asyncio.Event) -> None:
    """Until everything is visible after the end of producing."""
    with client(settings) as connection:
        while any(waiting.values()) or not over.is_set():
            shown = dict(connection.query(SHOWN).result_rows)
            now = time.monotonic()
            for partition, offset in shown.items():
                queue = waiting[partition]
                while queue and queue[0][0] <= offset:
                    _, count, handed = queue.popleft()
                    times += [now - handed] * count
            time.sleep(EVERY_S)

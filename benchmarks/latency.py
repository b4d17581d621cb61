"""From produce to visible in ClickHouse, and to the alert, at half of the worker's full load.

A producer keeps the pace for half a minute, a batch every 50 ms. Beside it the greatest offset of each partition that table `contents` shows is
asked for every 50 ms; that table is written last, so a record at or below it is visible in all of them. The latency of a record runs from when
its batch was handed to the producer to the end of the first such query that shows it: polling is included.

Mixed in are items that take off (`benchmarks.take_off`): from the moment when the share that crosses their rule was handed to the producer to the
moment when the alert was read from its topic, committed. All events are dated in the present, so all clock figures are at work.
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
from benchmarks.report import Row, at_most
from benchmarks.runner import Contender
from benchmarks.take_off import BEGINS_EVERY_S, CROSSING, TakeOffs, rules_file
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
SHOWN = "SELECT kafka_partition, max(kafka_offset) FROM contents GROUP BY kafka_partition"


def rows(stage: Stage, part: float, runs: Mapping[str, Sequence[Report]]) -> list[Row]:
    measured = [report.rate for report in runs.get("c", ())]
    rate = median(measured) / 2 if measured else HALF * part
    seconds = 10 + 20 * part
    times, items = asyncio.run(_measure(stage, rate, seconds))
    load = f"{rate:,.0f} events/s for {seconds:.0f} s (the first {WARM_S:.0f} s left out)"
    return [_visible(times, rate, load), _alerts(items, load)]


def _visible(times: Sequence[float], rate: float, load: str) -> Row:
    if len(times) < 100:
        raise AssertionError(
            f"{len(times)} records after the first {WARM_S:.0f} s: this machine does not keep the pace of {rate:,.0f} events/s"
        )
    return Row(
        "latency, produce → visible in ClickHouse, at half load",
        "p99 ≤ 2.5 s",
        *_judged(times, 2.5),
        f"{load}, {len(times):,} records; polling every 50 ms included",
    )


def _alerts(items: TakeOffs, load: str) -> Row:
    if items.missing:
        raise AssertionError(f"{items.missing} of {len(items.crossed)} items crossed their rule and were never told of")
    how = (
        f"{load}; every {BEGINS_EVERY_S} s an item takes off, and its share number {CROSSING} crosses the rule of its campaign: "
        f"{len(items.crossed)} times from handing that share to the producer to reading the committed alert"
    )
    return Row("latency, produce → alert topic, at half load", "p99 ≤ 1 s", *_judged(items.times, 1.0), how)


def _judged(times: Sequence[float], limit_s: float) -> tuple[str, str]:
    cuts = quantiles(times, n=100, method="inclusive")
    return f"p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s", at_most(cuts[98], limit_s)


async def _measure(stage: Stage, rate: float, seconds: float) -> tuple[list[float], TakeOffs]:
    settings = stage.settings()
    await ensure_topics(settings)
    environment = stage.environment(settings.events_topic, 0, clickhouse=True)
    environment["BENCH_RULES"] = str(rules_file(stage.folder))
    watched = settings.model_copy(
        update={
            "clickhouse_url": environment["BENCH_CLICKHOUSE"],
            "clickhouse_database": environment["BENCH_DATABASE"],
        }
    )
    waiting: dict[int, deque[tuple[int, int, float]]] = {number: deque() for number in range(settings.partitions)}
    times: list[float] = []
    items, over = TakeOffs(seconds, WARM_S), asyncio.Event()
    with Contender(COMMAND, environment, stage.folder / "latency.log") as worker:
        await asyncio.to_thread(worker.mark, "ready", timeout_s=60)
        watching = asyncio.create_task(asyncio.to_thread(_watch, watched, waiting, times, over))
        async with items.watched(settings):
            await _produce(settings, rate, seconds, waiting, items)
            over.set()
            await watching
    await asyncio.to_thread(stage.tidy, environment)
    return times, items


async def _produce(
    settings: Settings,
    rate: float,
    seconds: float,
    waiting: dict[int, deque[tuple[int, int, float]]],
    items: TakeOffs,
) -> None:
    """Keep the pace; what falls behind is made up for. The events are made beforehand: the cores are the worker's."""
    acts = topic.redated(topic.acts(int(rate * seconds) + 1), time.time_ns() // 1_000_000, 1000 / rate)
    made = [(act.key, act.encode()) for act in acts]  # sent a little later than they are dated
    sent = 0
    async with topic.Filler(settings).open() as out:
        began = time.monotonic()
        while (now := time.monotonic() - began) < seconds:
            due = int(rate * now) - sent
            handed = time.monotonic()
            for partition, first, count in await out.send(made[sent : sent + due] + items.due(now, handed)):
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

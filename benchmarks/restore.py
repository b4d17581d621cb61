"""How fast the state of one partition comes back after a restart, and how long the first new event waits.

A worker folds a partition of two million nodes, commits and stops. The next one starts in a fresh process: the time runs from when Kafka gives it
the partition to when the state is there, and to when the first new event, which waits in the topic, is folded. Where this version keeps a
changelog and local state, each way back is measured.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import topic
from benchmarks.environments import PEERS
from benchmarks.report import Row
from benchmarks.runner import Contender, run
from pipeline.config import Settings
from pipeline.kafka import ensure_topics

if TYPE_CHECKING:
    from benchmarks.stage import Stage

COMMAND = [sys.executable, str(PEERS / "worker" / "app.py"), "alone"]
MARK = 500_000


def rows(stage: Stage, part: float, _runs: object) -> list[Row]:
    total = max(20_000, int(2_000_000 * part))
    settings = stage.settings(partitions=1)
    asyncio.run(_fill(settings, total))
    environment = stage.environment(settings.events_topic, total, partitions=1)
    run(
        COMMAND, environment, stage.folder / "restore.log", stage.guards(clickhouse=False), timeout_s=120 + total / 1000
    )
    found = []
    for way in _ways():
        if way == "from the changelog alone":
            shutil.rmtree(Path(environment["BENCH_SCRATCH"]) / "state", ignore_errors=True)
        found.append(_row(stage, environment, settings, way))
    stage.tidy(environment)
    return found


def _ways() -> tuple[str, ...]:
    durable = "state_dir" in Settings.model_fields
    return ("from local files", "from the changelog alone") if durable else ("by reading the events again",)


def _row(stage: Stage, environment: dict[str, str], settings: Settings, way: str) -> Row:
    newest = topic.Act(f"new {way}", "share", "twitter", 1, "somebody new", None, 1, topic.START_MS)
    asyncio.run(topic.Filler(settings).fill([(newest.key, newest.encode())]))
    own = environment | {"BENCH_EVENTS": "1"}
    with Contender(COMMAND, own, stage.folder / "restore.log") as worker:
        given = worker.mark("given", timeout_s=60)["at"]
        ready = worker.mark("ready", timeout_s=1800)
        first = worker.mark("first", timeout_s=60)["at"]
        worker.mark("sums", timeout_s=600)
        worker.end()
    seconds = max(0.05, ready["at"] - given)  # the worker is asked every 50 ms
    rate = ready["nodes"] / seconds
    measured = f"{rate:,.0f} nodes/s ({ready['nodes']:,} in {seconds:.1f} s; first new event folded after {first - given:.1f} s)"
    how = "one partition, fresh process, from its assignment to its state being there"
    return Row(f"restore {way}", f"≥ {MARK:,} nodes/s", measured, rate >= MARK, how)


async def _fill(settings: Settings, total: int) -> None:
    await ensure_topics(settings)
    spreads = topic.acts(total, spreads_only=True)
    await topic.Filler(settings).fill((act.key, act.encode()) for act in spreads)

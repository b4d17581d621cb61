"""How fast the state of one partition comes back after a restart, and how long the first new event waits.

A worker folds a partition of two million nodes, commits and stops. The next one starts in a fresh process: the time runs from when Kafka gives it
the partition to when the state is there, and to when the first new event, which waits in the topic, is folded. All three ways back: from the local
files and the changelog's tail, from the changelog alone, and, with neither, from the events. After each, the sums are compared.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from benchmarks import topic
from benchmarks.environments import PEERS
from benchmarks.report import NO_MARK, Row, at_least
from benchmarks.runner import Contender, RunError, differences, run
from pipeline.errors import CascadesError
from pipeline.kafka import changelog_spec, client_options, ensure_topics

if TYPE_CHECKING:
    from benchmarks.stage import Stage
    from pipeline.config import Settings

COMMAND = [sys.executable, str(PEERS / "worker" / "app.py"), "discard"]
MARK = 500_000
FILES, CHANGELOG, EVENTS = "from local files", "from the changelog alone", "by folding the events again"


def rows(stage: Stage, part: float, _runs: object) -> list[Row]:
    total = max(20_000, int(2_000_000 * part))
    settings = stage.settings(partitions=1)
    partition = Partition(settings)
    asyncio.run(partition.fill(total))
    environment = stage.environment(settings.events_topic, total, partitions=1)
    try:
        guards = stage.guards(clickhouse=False)
        first = run(COMMAND, environment, stage.folder / "restore.log", guards, timeout_s=120 + total / 1000)
        partition.check(first.figures)
        return [_row(stage, environment, partition, way) for way in (FILES, CHANGELOG, EVENTS)]
    finally:
        stage.tidy(environment)


@dataclass
class Partition:
    """The topic of one partition, and what must come out of it."""

    settings: Settings
    truth: topic.Truth = field(default_factory=topic.Truth)

    async def fill(self, total: int) -> None:
        await ensure_topics(self.settings)
        await topic.Filler(self.settings).fill(map(self._noted, topic.acts(total, spreads_only=True)))

    async def add(self, event_id: str) -> None:
        """One more event."""
        act = topic.Act(event_id, "share", "twitter", 1, "somebody new", None, 1, topic.START_MS)
        await topic.Filler(self.settings).fill([self._noted(act)])

    def check(self, figures: dict[str, float]) -> None:
        if wrong := differences(figures, self.truth.figures()):
            raise AssertionError(wrong)

    async def lose_changelog(self, group: str) -> None:
        """Delete the changelog's topic, and wait until an empty one is there."""
        settings = self.settings.model_copy(update={"group": group})
        admin = AIOKafkaAdminClient(**client_options(settings))
        await admin.start()
        try:
            await admin.delete_topics([changelog_spec(settings).name])
        finally:
            await admin.close()
        async with asyncio.timeout(60):
            await _made_anew(settings)

    def _noted(self, act: topic.Act) -> tuple[bytes, bytes]:
        self.truth.add(act, 0)
        return act.key, act.encode()


async def _made_anew(settings: Settings) -> None:
    """Kafka deletes a topic some time after it was asked to, so it is asked for until it is empty and stays so."""
    name, empty = changelog_spec(settings).name, 0
    while empty < 5:
        await asyncio.sleep(0.3)
        with suppress(CascadesError, KafkaError):
            await ensure_topics(settings)
            empty = empty + 1 if await _end(settings, name) == 0 else 0


async def _end(settings: Settings, name: str) -> int:
    async with AIOKafkaConsumer(**client_options(settings)) as consumer:
        partition = TopicPartition(name, 0)
        return int((await consumer.end_offsets([partition]))[partition])


def _row(stage: Stage, environment: dict[str, str], partition: Partition, way: str) -> Row:
    if way != FILES:
        shutil.rmtree(Path(environment["BENCH_SCRATCH"]) / "state", ignore_errors=True)
    if way == EVENTS:
        asyncio.run(partition.lose_changelog(environment["BENCH_GROUP"]))
    asyncio.run(partition.add(f"new {way}"))
    own = environment | {"BENCH_EVENTS": "1"}
    with Contender(COMMAND, own, stage.folder / "restore.log") as worker:
        given = worker.mark("given", timeout_s=60)["at"]
        ready, first = (worker.mark(name, timeout_s=600) for name in ("ready", "first"))
        partition.check(worker.mark("sums", timeout_s=600)["figures"])
        worker.end()
    if worker.process.returncode:
        raise RunError(f"{way}: the worker left with code {worker.process.returncode}")
    seconds = max(0.05, ready["at"] - given)  # the worker is asked every 50 ms
    rate = ready["nodes"] / seconds
    measured = f"{rate:,.0f} nodes/s ({ready['nodes']:,} in {seconds:.1f} s; first new event folded after {first['at'] - given:.1f} s)"
    how = "one partition, fresh process, from its assignment to its state being there; sums equal"
    verdict = at_least(rate, MARK) if way != EVENTS else NO_MARK
    return Row(f"restore {way}", f"≥ {MARK:,} nodes/s", measured, verdict, how)

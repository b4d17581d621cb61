"""What contenders and measurements share: one broker, one ClickHouse, topics, a scratch folder, and progress on the screen."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

from aiokafka.admin import AIOKafkaAdminClient

from benchmarks import topic
from benchmarks.runner import run
from pipeline.clickhouse import client
from pipeline.config import Settings
from pipeline.embedded.clickhouse import EmbeddedClickHouse
from pipeline.embedded.kafka import EmbeddedKafka
from pipeline.kafka import client_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.runner import Report

PARTITIONS = 4
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Filled:
    """A topic, and what must come out of it."""

    name: str
    events: int
    figures: dict[str, float]


class Stage:
    """A context manager. `say` shows one line of progress."""

    def __init__(self, say: Callable[[str], None], scratch: Path | None = None) -> None:
        self.say = say
        self._base = scratch
        self._undo = ExitStack()
        self._topics: dict[int, Filled] = {}
        self._clickhouse: EmbeddedClickHouse | None = None

    def __enter__(self) -> Self:
        self.folder = Path(self._undo.enter_context(TemporaryDirectory(prefix="bench-", dir=self._base)))
        self.say("starting Kafka")
        self.kafka = EmbeddedKafka(self.folder / "kafka")
        self._undo.callback(self.kafka.stop)
        self.kafka.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    @property
    def clickhouse(self) -> EmbeddedClickHouse:
        """Started when first asked for."""
        if self._clickhouse is None:
            self.say("starting ClickHouse")
            started = EmbeddedClickHouse(self.folder / "clickhouse")
            self._undo.callback(started.stop)
            self._clickhouse = started.start()
        return self._clickhouse

    def settings(self, **own: object) -> Settings:
        """For the harness itself; every topic name is new."""
        name = f"events-{uuid.uuid4().hex[:8]}"
        given = {"kafka_bootstrap": self.kafka.bootstrap, "events_topic": name, "dead_letter_topic": f"{name}-dlq"}
        return Settings(**given | {"partitions": PARTITIONS} | own)

    def filled(self, events: int) -> Filled:
        """The topic of so many events, made at the first call."""
        if events not in self._topics:
            self.say(f"filling a topic with {events:,} events")
            chosen = self.settings()
            truth = asyncio.run(topic.make(chosen, events))
            self._topics[events] = Filled(chosen.events_topic, events, truth.figures())
        return self._topics[events]

    def environment(
        self, topic_name: str, events: int, *, clickhouse: bool = False, partitions: int = PARTITIONS
    ) -> dict[str, str]:
        """What a contender is told, with a group and a scratch folder of its own."""
        run = uuid.uuid4().hex[:8]
        scratch = self.folder / f"run-{run}"
        scratch.mkdir()
        own = {
            "BENCH_BOOTSTRAP": self.kafka.bootstrap,
            "BENCH_TOPIC": topic_name,
            "BENCH_PARTITIONS": str(partitions),
            "BENCH_EVENTS": str(events),
            "BENCH_GROUP": f"bench-{run}",
            "BENCH_SCRATCH": str(scratch),
            "PYTHONPATH": str(ROOT),
        }
        if clickhouse:
            own |= {"BENCH_CLICKHOUSE": self.clickhouse.url, "BENCH_DATABASE": f"bench_{run}"}
        return own

    def guards(self, *, clickhouse: bool) -> dict[str, int]:
        """Processes whose CPU is told beside the contender's."""
        return {"broker": self.kafka.pid} | ({"ClickHouse": self.clickhouse.pid} if clickhouse else {})

    def run_on(self, there: Filled, command: list[str], name: str, *, clickhouse: bool, slowest: float) -> Report:
        """One contender over a topic. `slowest`: events per second below which it is given up with RunError."""
        environment = self.environment(there.name, there.events, clickhouse=clickhouse)
        guards = self.guards(clickhouse=clickhouse)
        try:
            return run(command, environment, self.folder / f"{name}.log", guards, 120 + there.events / slowest)
        finally:
            self.tidy(environment)

    def tidy(self, environment: dict[str, str]) -> None:
        """Drop what one run left: its files, its database, and the topics that it made."""
        shutil.rmtree(environment["BENCH_SCRATCH"], ignore_errors=True)
        if database := environment.get("BENCH_DATABASE"):
            with client(Settings(clickhouse_url=self.clickhouse.url), database="") as connection:
                connection.command(f"DROP DATABASE IF EXISTS {database} SYNC")
        asyncio.run(self._drop_topics(environment["BENCH_GROUP"]))

    async def _drop_topics(self, group: str) -> None:
        admin = AIOKafkaAdminClient(**client_options(self.settings()))
        await admin.start()
        try:
            mine = [name for name in await admin.list_topics() if group in name]
            if mine:
                await admin.delete_topics(mine)
        finally:
            await admin.close()

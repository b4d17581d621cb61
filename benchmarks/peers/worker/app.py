"""c0 (`alone`): our worker without ClickHouse. c (`all`): with every row written to ClickHouse over HTTP.

The whole worker as `cascades worker` runs it, from the first batch to the acknowledgement of the last: fetch, decode, checks, fold, changelog
(where this version has one), rows (c only), commits. With BENCH_EVENTS=0 it tells its partitions and reads from standard input how many
records they will hold. Stays until its standard input ends or a line comes, so that it can be looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sys
from pathlib import Path

from benchmarks.meter import Meter, cpu_seconds, say
from benchmarks.peers.worker.figures import from_clickhouse, from_states
from pipeline.cascade import discard
from pipeline.clickhouse import client
from pipeline.config import Settings
from pipeline.kafka import ensure_topics
from pipeline.metrics import Metric, Metrics
from pipeline.sinks.clickhouse import ClickHouseSink
from pipeline.sinks.migrations import migrate
from pipeline.stream import partition
from pipeline.stream.member import Member
from pipeline.stream.status import Status
from pipeline.stream.worker import GC_THRESHOLDS

READY_EVERY_S = 0.05


class NullSink:
    """c0: no ClickHouse."""

    def write(self, blocks: object) -> None:
        pass

    def close(self) -> None:
        pass


class Watched(Metrics):
    """Tells when records come in, without asking over and over."""

    def __init__(self) -> None:
        super().__init__()
        self.records, self.wanted = 0, float("inf")
        self.begun, self.done = asyncio.Event(), asyncio.Event()

    def add(self, metric: Metric, amount: float = 1, *labels: object) -> None:
        super().add(metric, amount, *labels)
        if metric is Metric.RECORDS_IN:
            self.records += int(amount)
            self.begun.set()
            self.check()

    def check(self) -> None:
        if self.records >= self.wanted:
            self.done.set()


def settings() -> Settings:
    own = {
        "kafka_bootstrap": os.environ["BENCH_BOOTSTRAP"],
        "events_topic": os.environ["BENCH_TOPIC"],
        "dead_letter_topic": f"{os.environ['BENCH_TOPIC']}-dlq",
        "group": os.environ["BENCH_GROUP"],
        "partitions": int(os.environ["BENCH_PARTITIONS"]),
        "state_dir": Path(os.environ["BENCH_SCRATCH"]) / "state" / os.environ.get("BENCH_WORKER", "0"),
    }
    if url := os.environ.get("BENCH_CLICKHOUSE"):
        own |= {"clickhouse_url": url, "clickhouse_database": os.environ["BENCH_DATABASE"]}
    return Settings(**own)


def without_rows() -> None:
    """Nobody takes rows in c0, so none are made: what the peers do, and no more."""
    if not {"freeze", "event_row"} <= vars(partition).keys():
        raise RuntimeError("rows are made elsewhere now: say here how to leave that out")
    partition.freeze = lambda content, **_: discard(content)
    partition.event_row = lambda *_: ()


def prepared(mode: str, chosen: Settings) -> NullSink | ClickHouseSink:
    if mode == "alone":
        without_rows()
        return NullSink()
    with client(chosen, database="") as admin:
        migrate(admin, chosen)
    return ClickHouseSink(chosen)


async def main(mode: str) -> None:
    chosen = settings()
    await ensure_topics(chosen)
    sink = prepared(mode, chosen)
    metrics = Watched()
    member = Member(chosen, sink, Status(metrics), metrics)
    starting = asyncio.create_task(member.start())
    failing = asyncio.create_task(member.failure())
    failing.add_done_callback(fail)
    ready = asyncio.create_task(tell_when_ready(member, metrics))
    metrics.wanted = await wanted(member)
    meter = Meter(int(metrics.wanted))
    metrics.check()
    await metrics.begun.wait()
    meter.first(already=metrics.records)
    await metrics.done.wait()
    await member.flusher.drain(600)
    meter.last()
    tell_changelog(metrics)
    await starting
    await (asyncio.to_thread(from_clickhouse, chosen) if mode == "all" else asyncio.sleep(0, from_states(member)))
    await asyncio.to_thread(sys.stdin.readline)
    failing.cancel()
    ready.cancel()
    await member.stop()
    say("end", cpu=cpu_seconds())


async def wanted(member: Member) -> int:
    """Records that this worker is to take."""
    if events := int(os.environ["BENCH_EVENTS"]):
        return events
    return int(await asyncio.to_thread(sys.stdin.readline))


async def tell_when_ready(member: Member, metrics: Watched) -> None:
    """Say which partitions are ours as soon as their state is there, each time that they change."""
    told: list[int] = []
    given: list[int] = []
    while True:
        states = member.ownership.states
        part = member.ownership._status.parts()["state"]  # noqa: SLF001 - the harness looks where /readyz looks
        if sorted(states) != given:
            given = sorted(states)
            say("given", partitions=given)
        if given != told and part.ok:
            told = given
            nodes = sum(state.nodes for state in states.values())
            say("ready", partitions=told, nodes=nodes)
        await asyncio.sleep(READY_EVERY_S)


def fail(task: asyncio.Task) -> None:
    if not task.cancelled():
        say("failed", error=repr(task.result()))
        os._exit(1)


def tell_changelog(metrics: Metrics) -> None:
    """Bytes written to the changelog, before compression."""
    with contextlib.suppress(AttributeError):
        say("changelog", bytes=metrics.value(Metric.CHANGELOG_BYTES))


if __name__ == "__main__":
    gc.set_threshold(*GC_THRESHOLDS)
    asyncio.run(main(sys.argv[1]))

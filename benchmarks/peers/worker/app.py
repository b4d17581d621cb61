"""c0 (`discard`): our worker with a sink that throws every row away. n (`no-rows`): the same, and no rows are made. c (`all`): rows to ClickHouse.

It is `pipeline.stream.worker.run_worker`, the process that `cascades worker` is, with its health server, watchdog, changelog, local store and
commits. What is put in its place: the sink (c0, n), the check of ClickHouse's schema (c0, n), and a `Member` that tells how far it is.

The clock runs from the first batch to the acknowledgement of the last one. With BENCH_EVENTS=0 the worker tells its partitions and reads from
standard input how many records they will hold. It stops, as for SIGTERM, when a line comes there, or its end.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from benchmarks.meter import Meter, cpu_seconds, say
from benchmarks.peers.worker.figures import from_clickhouse, from_states
from pipeline.cascade import Run, discard
from pipeline.clickhouse import client
from pipeline.config import Settings
from pipeline.metrics import Metric, Metrics
from pipeline.sinks.migrations import migrate
from pipeline.stream import partition, worker
from pipeline.stream.member import Member

LOOK_EVERY_S = 0.05
DRAIN_S = 600.0
NEVER_S = 1e6
"""Between two looks around: what the clock alone changes is never worked out."""
MODE = sys.argv[1]


class DiscardingSink:
    """Takes every row and throws it away."""

    def __init__(self, _settings: Settings) -> None:
        pass

    def write(self, blocks: object) -> None:
        pass

    def close(self) -> None:
        pass


class Watched(Metrics):
    """The worker's metrics. Tells when records come in, without asking over and over."""

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


class ToldMember(Member):
    """A member as every worker has one. Beside it runs what measures."""

    async def start(self) -> None:
        self.measuring = asyncio.create_task(measured(self))
        self.telling = asyncio.create_task(told(self))
        for task in (self.measuring, self.telling):
            task.add_done_callback(leave_when_broken)
        await super().start()

    async def stop(self) -> None:
        self.telling.cancel()
        await super().stop()
        say("end", cpu=cpu_seconds())


async def measured(member: ToldMember) -> None:
    metrics = member._metrics  # noqa: SLF001 - the worker answers no questions: the harness looks inside
    metrics.wanted = await wanted()
    meter = Meter(int(metrics.wanted))
    metrics.check()
    await metrics.begun.wait()
    meter.first(already=metrics.records)
    await metrics.done.wait()
    await member.flusher.drain(DRAIN_S)
    meter.last()
    counted = {"bytes": metrics.value(Metric.CHANGELOG_BYTES), "looks": metrics.value(Metric.LOOKS)}
    say("changelog", most_held=member.most_held, **counted)
    await (asyncio.to_thread(from_clickhouse, settings()) if MODE == "all" else asyncio.sleep(0, from_states(member)))
    await asyncio.to_thread(sys.stdin.readline)
    os.kill(os.getpid(), signal.SIGTERM)


async def wanted() -> int:
    """Records that this worker is to take."""
    if events := int(os.environ["BENCH_EVENTS"]):
        return events
    return int(await asyncio.to_thread(sys.stdin.readline))


async def told(member: ToldMember) -> None:
    """Say which partitions are ours as soon as their state is there, each time that they change; note how much is held in memory at most."""
    ready: list[int] = []
    given: list[int] = []
    member.most_held = 0
    while True:
        states = member.ownership.states
        mine = sorted(member.ownership._mine)  # noqa: SLF001 - as above
        part = member._status.parts()["state"]  # noqa: SLF001 - as above
        member.most_held = max(member.most_held, sum(state.facts for state in states.values()))
        if mine != given:
            given = mine
            say("given", partitions=given)
        if given != ready and sorted(states) == given and part.ok:
            ready = given
            say("ready", partitions=ready, nodes=sum(state.nodes for state in states.values()))
        await asyncio.sleep(LOOK_EVERY_S)


def leave_when_broken(task: asyncio.Task) -> None:
    if not task.cancelled() and (error := task.exception()):
        say("failed", error=repr(error))
        os._exit(1)


def settings() -> Settings:
    own = {
        "kafka_bootstrap": os.environ["BENCH_BOOTSTRAP"],
        "events_topic": os.environ["BENCH_TOPIC"],
        "dead_letter_topic": f"{os.environ['BENCH_TOPIC']}-dlq",
        "group": os.environ["BENCH_GROUP"],
        "partitions": int(os.environ["BENCH_PARTITIONS"]),
        "state_dir": Path(os.environ["BENCH_SCRATCH"]) / "state" / os.environ.get("BENCH_WORKER", "0"),
        "metrics_port": 0,
    }
    if most := os.environ.get("BENCH_MOST_HELD"):
        own |= {"state_max_events": int(most)}
    if rules := os.environ.get("BENCH_RULES"):
        own |= {"rules_file": rules}
    if os.environ.get("BENCH_CLOCK") == "off":
        own |= {"alerts": False, "refresh_interval_s": NEVER_S}
    if url := os.environ.get("BENCH_CLICKHOUSE"):
        own |= {"clickhouse_url": url, "clickhouse_database": os.environ["BENCH_DATABASE"]}
    return Settings(**own)


def without_rows() -> None:
    """n: nobody takes rows, so none are made, as the peers make none."""
    if not {"freeze", "Run"} <= vars(partition).keys():
        raise RuntimeError("rows are made elsewhere now: say here how to leave that out")
    partition.freeze = lambda content, **_: discard(content)
    partition.Run = run_without_rows


def run_without_rows(partition: int, epoch: int) -> Run:
    run = Run(partition, epoch)
    run.rows = False
    return run


def without_clickhouse() -> None:
    if not {"ClickHouseSink", "_check_schema"} <= vars(worker).keys():
        raise RuntimeError("the worker takes its sink from elsewhere now: say here how to give it another")
    worker.ClickHouseSink = DiscardingSink
    worker._check_schema = lambda _settings: {}  # noqa: SLF001 - the same


def main() -> int:
    chosen = settings()
    worker.Metrics, worker.Member = Watched, ToldMember
    if MODE == "all":
        with client(chosen, database="") as admin:
            migrate(admin, chosen)
    else:
        without_clickhouse()
    if MODE == "no-rows":
        without_rows()
    return worker.run_worker(chosen)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # a thread may still wait for standard input

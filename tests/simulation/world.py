"""One run: a seed makes the input and the faults; workers, Kafka and ClickHouse live through them; then everything has to be whole."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING, Any

from aiokafka.structs import TopicPartition
from simulation import events, faults
from simulation.broker import DEAD_LETTERS, Broker
from simulation.checks import Checks
from simulation.durable import reached
from simulation.loop import OWNER, StuckError, VirtualLoop
from simulation.state import Disk, Log
from simulation.worker import Worker
from support.stream import TOPIC

from pipeline.config import Settings
from pipeline.sinks.memory import MemorySink
from pipeline.stream.worker import STOP_DEADLINE_S

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from simulation.events import Sent
    from simulation.faults import Fault

    from pipeline.stream.changelog import Message

AFTERMATH_S = 10.0
"""After the last fault and the last record; nothing that a fault set going is still under way then."""
ALERTS_S = 20.0
"""After which every alert is told: a worker that stood still is silent for half a session, and looks once a second."""
LATE = {"produce_late", "sink_slow", "fetch_slow", "commit_lost", "changelog_slow", "disk_slow"}
"""Faults whose requests are under way for long after they struck; the others are over in a moment."""
PATIENCE_S = 400.0
"""Virtual seconds after which everything must be drained."""
INPUT = {"size", "events", "faults"}
"""What a seed draws before it begins."""
LOOK_EVERY_S = 0.4
RESTART_S = 1.0


class World:
    """Everything of one run. `failures` stays empty when all promises are kept."""

    def __init__(
        self, seed: int, sent: Sequence[Sent] | None = None, planned: Sequence[Fault] | None = None, schedule: int = 0
    ) -> None:
        self.seed, self.schedule = seed, schedule
        self.rng: defaultdict[str, Random] = _streams(seed, schedule)
        size = self.rng["size"]
        self.settings = _settings(size)
        self.sent = events.draw(self.rng["events"], self.settings.partitions) if sent is None else sent
        self.faults = faults.draw(self.rng["faults"]) if planned is None else planned
        last = [fault.at + fault.seconds for fault in self.faults] + [record.at for record in self.sent]
        self.quiet = max(last, default=0.0) + (AFTERMATH_S if LATE & {fault.kind for fault in self.faults} else 1.0)
        self.loop = VirtualLoop(self.rng["scheduler"])
        self.loop.sim = self  # type: ignore[attr-defined]
        self.weather = faults.Weather(self.faults, self.rng)
        self.broker = Broker(self.loop, self.rng["group"], self.settings.partitions)
        self.store = MemorySink()
        self.changelogs: defaultdict[int, Log] = defaultdict(Log)
        self.disks: list[Disk] = []
        self.told: list[Message] = []
        """What is on the topic of alerts."""
        self.has_lost_changelogs = False
        self.failures: list[str] = []
        self.log: list[str] = []
        self.checks = Checks(self)
        self.workers: dict[int, Worker | None] = dict.fromkeys(range(faults.WORKERS))
        self._starts = 0
        self._slowness = size.choice((0.002, 0.01, 0.05))
        self._first = size.randint(1, faults.WORKERS)

    def run(self) -> None:
        """Live through it; afterwards `failures` says what was not kept."""
        try:
            with self.loop._running():
                self._plan()
            if not self.loop.run(lambda: bool(self.failures) or self._is_drained(), self.quiet + PATIENCE_S):
                self.fail(f"not drained after {PATIENCE_S} s without faults: lag {self.broker.lag()}, {self._kept()}")
            if not self.failures:
                self._stop_all()
            if not self.failures:
                self.checks.after_the_run()
        except StuckError as stuck:
            self.fail(f"stuck: {stuck}")
        finally:
            self.loop.close()

    def fail(self, text: str) -> None:
        self.note(f"FAILED: {text}")
        self.failures.append(text)

    def note(self, text: str) -> None:
        self.log.append(f"{self.loop.time():8.3f}  {text}")

    def strikes(self, kind: str) -> bool:
        struck = self.weather.strikes(kind, self.loop.time())
        if struck:
            self.note(f"{kind} strikes")
        return struck

    def latency(self, slow: str = "") -> float:
        rng = self.rng["latency"]
        seconds = rng.expovariate(1.0) * self._slowness
        if slow and self.strikes(slow):
            seconds += self.rng[slow].random() * 3
        return min(seconds, 5.0)

    def spawn_thread(self, coro: Coroutine[Any, Any, Any]) -> None:
        process = OWNER.get().process
        self.loop.spawn(self.loop.add_thread(process, "kafka"), coro)

    def ended(self, worker: Worker, error: BaseException | None) -> None:
        """A worker's process is over, by itself or because it was told to."""
        if self.loop.is_closed():
            return
        self.note(f"{worker.name} ended: {error!r}")
        self.loop.kill(worker.process)
        if error is not None:
            self.fail(f"{worker.name} stopped by itself: {error!r}")

    def fingerprint(self) -> str:
        """Equal for equal runs."""
        text = "\n".join(self.log) + repr([self.store.rows(table) for table in ("contents", "edges", "events")])
        return hashlib.sha256(f"{text}{self.loop.steps}".encode()).hexdigest()[:16]

    def shown_settings(self) -> dict[str, object]:
        """Those that are drawn from the seed."""
        return self.settings.model_dump(
            include={
                "partitions",
                "fetch_max_records",
                "flush_interval_s",
                "flush_max_rows",
                "state_idle_hours",
                "state_max_events",
            }
        )

    def _plan(self) -> None:
        outside = self.loop.outside
        for record in self.sent:
            tp = TopicPartition(TOPIC, record.partition)
            outside(record.at, self.broker.append, tp, record.key, record.value)
        for number in range(self._first):
            outside(self.rng["size"].random(), self._start, number)
        for fault in self.faults:
            if fault.kind in faults.EVENTS:
                outside(fault.at, getattr(self, f"_{fault.kind}"), fault)
        outside(self.quiet, self._settle)
        outside(LOOK_EVERY_S, self._look)

    def _start(self, number: int) -> None:
        before = self.workers[number]
        if before is None or not before.alive:
            self._starts += 1
            self.workers[number] = Worker(self, f"worker {number}.{self._starts}")
            self.note(f"worker {number}.{self._starts} starts")

    def _victim(self, fault: Fault) -> Worker | None:
        worker = self.workers[fault.worker]
        return worker if worker and worker.alive else None

    def _kill(self, fault: Fault) -> None:
        if worker := self._victim(fault):
            self.note(f"kill {worker.name}")
            worker.kill()
        self.loop.outside(fault.seconds, self._start, fault.worker)

    def _stop(self, fault: Fault) -> None:
        if worker := self._victim(fault):
            self.note(f"stop {worker.name}")
            worker.terminate()
            self.loop.outside(STOP_DEADLINE_S, worker.kill)
        self.loop.outside(fault.seconds, self._start, fault.worker)

    def _pause(self, fault: Fault) -> None:
        if worker := self._victim(fault):
            self.note(f"pause {worker.name}")
            worker.process.frozen += 1
            self.loop.outside(fault.seconds, self._resume, worker)

    def _resume(self, worker: Worker) -> None:
        self.note(f"resume {worker.name}")
        worker.process.frozen -= 1

    def _stall(self, fault: Fault) -> None:
        if (worker := self._victim(fault)) and (thread := worker.process.threads.get("kafka")):
            self.note(f"stall {worker.name}")
            thread.stalled_until = max(thread.stalled_until, self.loop.time() + fault.seconds)
            self.loop.outside(fault.seconds, lambda: None)

    def _rebalance(self, _fault: Fault) -> None:
        self.note("rebalance")
        self.broker.group.rebalance()

    def _forget(self, fault: Fault) -> None:
        ids = sorted(self.broker.group.members)
        if ids:
            member = ids[fault.worker % len(ids)]
            self.note(f"the group forgets {member}")
            self.broker.group.leave(member)

    def _lose(self, fault: Fault) -> None:
        """Everybody dies, and what they kept is thrown away: the changelog, the local stores, or all of it and the offsets, as a rebuild does."""
        for number, worker in self.workers.items():
            if worker and worker.alive:
                worker.kill()
                self.loop.outside(fault.seconds, self._start, number)
        what = self.rng["lose"].choice(("changelog", "stores", "everything"))
        self.note(f"everybody dies, {what} lost")
        if what != "stores":
            self.checks.on_lost()
            self.has_lost_changelogs = True
            self.changelogs.clear()
        if what != "changelog":
            self.disks.clear()
        if what == "everything":
            self.broker.group.offsets.clear()

    def _settle(self) -> None:
        """Faults are over: at least one worker is there."""
        if not any(worker and worker.alive and not worker.stopping for worker in self.workers.values()):
            self._start(0)
        self.loop.outside(STOP_DEADLINE_S + RESTART_S, self._settle)

    def _look(self) -> None:
        self.checks.now()
        self.loop.outside(LOOK_EVERY_S, self._look)

    def _is_drained(self) -> bool:
        """All is committed, and kept: also what a lost changelog had."""
        if self.loop.time() <= self.quiet or self.broker.lag():
            return False
        return (
            all(reached(self.changelogs[tp.partition]) == self.broker.end(tp) for tp in self.broker.group.partitions)
            and self.loop.time() > self.quiet + ALERTS_S
        )

    def _kept(self) -> str:
        positions = {partition: reached(log) for partition, log in sorted(self.changelogs.items())}
        return f"changelogs at {positions}"

    def _stop_all(self) -> None:
        """In order, as a deployment does."""
        running = [worker for worker in self.workers.values() if worker and worker.alive]
        with self.loop._running():
            for worker in running:
                worker.terminate()
        if not self.loop.run(lambda: not any(w.alive for w in running), self.loop.time() + STOP_DEADLINE_S):
            self.fail("a worker does not stop within its deadline")


def _streams(seed: int, schedule: int) -> defaultdict[str, Random]:
    """A stream of random numbers for each use: taking one fault away leaves the others as they are. The schedule is not of the input."""

    class Streams(defaultdict[str, Random]):
        def __missing__(self, use: str) -> Random:
            number = f" {schedule}" if schedule and use not in INPUT else ""
            made = self[use] = Random(f"{seed} {use}{number}")
            return made

    return Streams()


def _settings(rng: Random) -> Settings:
    return Settings(
        kafka_bootstrap="simulated:9092",
        events_topic=TOPIC,
        dead_letter_topic=DEAD_LETTERS,
        partitions=rng.choice((1, 2, 3, 5)),
        session_timeout_s=3.0,
        fetch_max_records=rng.choice((5, 40, 400)),
        flush_interval_s=rng.choice((0.1, 0.5, 1.0, 3.0)),
        flush_max_rows=rng.choice((20, 200, 200_000)),
        state_idle_hours=rng.choice((0.5, 2.0, 3600.0)) / 3600,
        state_max_events=rng.choice((1, 50, 10_000_000)),
        watchdog_s=0,  # it watches from a thread of its own
    )

"""One member of the consumer group: the parts of the worker, put together, started in order and stopped in the opposite order."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, cast

from pipeline.cascade.controls import Controls
from pipeline.clock import SystemClock
from pipeline.control_log import ControlLog
from pipeline.kafka import changelog_spec, client_options, partition_for
from pipeline.metrics import Metric, Metrics
from pipeline.stream.app import make_app
from pipeline.stream.changelog import Changelog
from pipeline.stream.clock_rows import ClockRows
from pipeline.stream.contact import watch_kafka
from pipeline.stream.cycle import Cycle
from pipeline.stream.flusher import Flusher
from pipeline.stream.journal import Journal
from pipeline.stream.keeper import Keeper
from pipeline.stream.lookup import LookUp
from pipeline.stream.ownership import Ownership
from pipeline.stream.partition import PartitionState
from pipeline.stream.producer import Producer
from pipeline.stream.progress import watch_progress
from pipeline.stream.rebuild import catch_up
from pipeline.stream.refresh import Around, Refresher
from pipeline.stream.rules_file import RulesFile
from pipeline.stream.salvage import Salvage
from pipeline.stream.state_dir import StateDir
from pipeline.stream.store import LocalStore
from pipeline.stream.surge import Surge
from pipeline.stream.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from pipeline.clock import Clock
    from pipeline.config import Settings
    from pipeline.sinks.base import Sink
    from pipeline.status import Status
    from pipeline.stream.keeper import Frozen, Keep, Progress, Revive
    from pipeline.stream.transport import Consumer
    from schemas.rows import Blocks

log = logging.getLogger("cascades.worker")

DRAIN_DEADLINE_S = 10.0
"""Time for the last write when the worker stops."""
LAST_LOOK_S = 2.0
"""Time for the look around in hand when the worker stops: what it has told is then written too."""
LAG_EVERY_S = 1.0


class Member:
    """One worker in the consumer group. Start and stop once, on one event loop."""

    def __init__(
        self,
        settings: Settings,
        sink: Sink,
        status: Status,
        metrics: Metrics,
        origins: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._origins = origins
        self._options = client_options(settings)
        self._status = status
        self._metrics = metrics
        self._failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self._tasks: list[asyncio.Task[None]] = []
        self._producer = Producer(self._options, settings.dead_letter_topic, settings.events_topic, status, metrics)
        self._state_dir = StateDir(settings)
        self.keeper = Keeper(
            self._new_journal,
            self._new_state,
            self._catch_up,
            metrics,
            idle_ms=round(settings.state_idle_hours * 3_600_000),
            max_facts=settings.state_max_events,
            status=status,
        )
        self.ownership = Ownership(self.keeper, self._drain, self._fail, status, metrics)
        self._clock_rows = ClockRows(settings.flush_max_rows, metrics)
        self.flusher = Flusher(
            sink,
            self._freeze,
            self.ownership.keep,
            status,
            metrics,
            interval_s=settings.flush_interval_s,
            max_rows=settings.flush_max_rows,
            rescue=self._salvage(sink).rescue,
        )
        surge = Surge(settings.dead_letter_stop_share, settings.dead_letter_stop_records)
        self._cycle = Cycle(
            self.ownership.states,
            self.keeper.revive,
            self._producer,
            self.flusher,
            metrics,
            surge,
            memory=self.keeper.memory,
            keep_up=self._keep_up,
            recall=self.keeper.recall,
        )
        self._rules = RulesFile(settings.rules_file, status, metrics)
        self._controls = Controls()
        self._control_log = ControlLog(settings, self._controls.apply, metrics)
        self.refresher = self._new_refresher(clock or SystemClock())
        self.watchdog = Watchdog(status, settings.watchdog_s)
        self.app = make_app(settings, self._options, self.ownership, self._cycle.take, self._fail)

    async def start(self) -> None:
        """Join the group. Returns when partitions were given for the first time; `Status` tells when their state is there."""
        self._rules.load()
        await self._producer.start()
        self._spawn(self.flusher.run())
        self._spawn(self._control_log.run())
        self._spawn(self.refresher.run())
        self._spawn(self._watch_app())
        self._status.set("group", ok=False, detail="joining")
        self._spawn(watch_kafka(self._settings, self._status))
        self._spawn(self._watch_lag())
        self.watchdog.start()
        await self.app.start()
        if self._settings.watchdog_s:
            self._spawn(watch_progress(self._consumer, self._options, self._metrics, self.watchdog))
        self._status.set("worker", ok=True, detail="running")

    async def failure(self) -> BaseException:
        """Wait for the first error that nobody expected."""
        return await asyncio.shield(self._failed)

    async def stop(self) -> None:
        """Write and commit what is folded, within a deadline, and leave the group. After a failure nothing more is written or committed."""
        self.watchdog.stop()
        await self.refresher.pause(LAST_LOOK_S)
        self._status.set("worker", ok=False, detail="stopping")
        self.app.flow_control.suspend()
        if self._failed.done():
            self._forbid_commits()
        elif not await self._drain(DRAIN_DEADLINE_S):
            log.warning("not everything was written before the end; it is read again at the next start")
        await self.app.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.ownership.stop()
        await self._producer.stop()
        self._state_dir.close()

    def _salvage(self, sink: Sink) -> Salvage:
        topic = self._settings.events_topic
        look_up = LookUp(self._options, topic)
        return Salvage(sink, topic, look_up, self._producer.send_dead_letters, self._metrics)

    def _new_journal(self, partition: int) -> Journal:
        settings = self._settings
        changelog = Changelog(changelog_spec(settings).name, partition, settings.group, self._options)
        return Journal(changelog, LocalStore(self._state_dir.store(partition)), settings.epoch, self._origins)

    def _new_state(self, partition: int, store: LocalStore) -> PartitionState:
        settings = self._settings

        def place(key: bytes) -> int:
            return partition_for(key, settings.partitions)

        return PartitionState(
            settings.events_topic,
            partition,
            place,
            settings.population(),
            settings.epoch,
            store,
            watched=True,
            raises_alerts=settings.alerts,
        )

    def _new_refresher(self, clock: Clock) -> Refresher:
        around = Around(
            self.ownership.states,
            self.keeper,
            self._is_at_end,
            lambda: self._status.is_ok("kafka"),
            self.flusher.nudge,
            self._controls,
            self._control_log.caught_up,
        )
        return Refresher(self._settings, around, self._rules, self._clock_rows, self._metrics, clock)

    async def _keep_up(self, state: PartitionState) -> None:
        await self.refresher.keep_up(state)

    async def _is_at_end(self, partition: int, next_offset: int) -> bool:
        return await self._consumer.is_at_end(partition, next_offset)

    def _freeze(self, out: Blocks) -> Sequence[Frozen]:
        """What the flusher writes: the rows of all partitions, and those that the clock made."""
        frozen = self.ownership.freeze(out)
        self._clock_rows.take(out)
        return frozen

    async def _catch_up(
        self,
        state: PartitionState,
        until: int,
        progress: Progress,
        keep: Keep,
        revive: Revive,
        is_full: Callable[[], bool],
    ) -> None:
        await catch_up(state, until, self._options, progress, keep, revive, is_full)

    async def _drain(self, deadline_s: float) -> bool:
        return not self._failed.done() and await self._cycle.drain(deadline_s)

    def _fail(self, error: BaseException) -> None:
        if not self._failed.done():
            self._failed.set_result(error)
            self._forbid_commits()
            self._status.set("worker", ok=False, detail=f"stopped by {type(error).__name__}: {error}")

    def _forbid_commits(self) -> None:
        for ledger in self._consumer.ledgers.values():
            ledger.drop()

    @property
    def _consumer(self) -> Consumer:
        return cast("Consumer", self.app.consumer)

    def _spawn(self, work: Any) -> None:
        self._tasks.append(asyncio.create_task(self._guarded(work)))

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker stops
            self._fail(error)

    async def _watch_app(self) -> None:
        """Faust records a crash of one of its services and waits; we stop."""
        await self.app.wait_until_stopped()
        if self.app.crashed:
            self._fail(self.app.crash_reason or RuntimeError("Faust crashed without a reason"))

    async def _watch_lag(self) -> None:
        while True:
            self._measure_lag()
            if self.ownership.behind:
                self.flusher.nudge()
            await asyncio.sleep(LAG_EVERY_S)

    def _measure_lag(self) -> None:
        consumer = self._consumer
        for tp, committed in consumer.committed().items():
            end = consumer.end(tp)
            self._metrics.set(Metric.COMMITTED_OFFSET, committed, tp.partition)
            if end is not None:
                self._metrics.set(Metric.LAG_RECORDS, max(0, end - committed), tp.partition)

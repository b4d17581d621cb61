"""`cascades resolve`: the process that makes retractions of undos whose content is not told, and shows the dead letters that no worker wrote."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from pipeline.backoff import Backoff
from pipeline.clickhouse import as_reader
from pipeline.clock import SystemClock
from pipeline.errors import SinkError, UnavailableError
from pipeline.health import HealthServer
from pipeline.ingest.shown.process import ShownLetters
from pipeline.ingest.undo.desk import Desk
from pipeline.ingest.undo.ladder import WAITS_S, Ladder
from pipeline.ingest.undo.stored import StoredActs
from pipeline.ingest.undo.wires import AskedActs, CommittedEvents, KafkaOutbox
from pipeline.ingest.undo.work import Topics
from pipeline.ingest.watermark import Watermarks
from pipeline.kafka import client_options, ensure_topics, undo_topic_specs
from pipeline.logs import set_up_logging
from pipeline.metrics import Metrics
from pipeline.status import Status
from pipeline.stopping import sleep_unless, stop_on_signals

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from pipeline.config import Settings

log = logging.getLogger("cascades.resolve")

PARTS: Final = ("kafka", "group", "clickhouse", "letters", "resolve")
"""kafka: a broker answers; group: undos are read; clickhouse: answers what is asked; letters: dead letters are brought to ClickHouse;
resolve: started, and not stopping."""
TICK_S: Final = 1.0
MOST_PAUSE_S: Final = 15.0
_DAY_S: Final = 86_400.0


def run_resolve(settings: Settings) -> int:
    """Resolve until SIGINT or SIGTERM; 0 then. Raises UsageError when ClickHouse or Kafka refuse the settings.

    Guarantee: every undo is looked for until it is too old, and is a retraction in each content of its act, or a dead letter, at least once; what
    is done twice (a kill at any point) changes no figure. Every dead letter that no worker wrote becomes a row of `v_dead_letters`, at least once.
    """
    set_up_logging()
    return asyncio.run(Resolve(settings).run())


class Resolve:
    """The process: connections that are made anew when they break, and what tells how they are. `waits_s`: see `Ladder`."""

    def __init__(self, settings: Settings, waits_s: tuple[float, ...] = WAITS_S) -> None:
        self._settings = settings
        self._ladder = Ladder(settings.undo_give_up_days * _DAY_S, waits_s)
        self._topics = Topics(
            settings.events_topic,
            settings.undo_topic,
            undo_topic_specs(settings)[-1].name,
            settings.dead_letter_topic,
        )
        self._metrics = Metrics()
        self.status = Status(self._metrics, PARTS)
        self._desk: Desk | None = None
        self._pause = Backoff(most=MOST_PAUSE_S)
        self._letters = ShownLetters(settings, self.status, self._metrics)

    async def run(self) -> int:
        """Until a signal."""
        stop = stop_on_signals()
        health = HealthServer(self.status, self._metrics, self._settings.host, self._settings.metrics_port)
        health.start()
        ticking = asyncio.create_task(self._tick())
        try:
            await self.work(stop)
        finally:
            self.status.set("resolve", ok=False, detail="stopping")
            ticking.cancel()
            await asyncio.to_thread(health.stop)
        return 0

    async def work(self, stop: asyncio.Event) -> None:
        """Resolve and show dead letters until `stop`. Neither waits for the other; an error that ends one ends both."""
        both = [asyncio.create_task(part) for part in (self._resolve(stop), self._letters.work(stop))]
        try:
            await asyncio.gather(*both)
        finally:
            for task in both:
                task.cancel()
            await asyncio.wait(both)

    async def _resolve(self, stop: asyncio.Event) -> None:
        """Until `stop`, with new connections whenever Kafka's break."""
        pause = Backoff(most=MOST_PAUSE_S)
        while not stop.is_set():
            try:
                await self._life(stop, pause)
            except (KafkaError, UnavailableError) as error:
                self._down("kafka", f"{error}" if isinstance(error, UnavailableError) else repr(error))
                self.status.set("group", ok=False, detail="not connected")
                await sleep_unless(stop, pause.next())

    async def _life(self, stop: asyncio.Event, pause: Backoff) -> None:
        """One life of the connections."""
        await ensure_topics(self._settings, undo_topic_specs(self._settings))
        async with AsyncExitStack() as undo:
            outbox = await undo.enter_async_context(KafkaOutbox(self._settings))
            marks = await undo.enter_async_context(Watermarks(self._settings))
            acts = StoredActs(as_reader(self._settings))
            undo.callback(acts.close)
            await self._until_asked(acts, stop)
            consumer = self._consumer()
            undo.push_async_callback(consumer.stop)
            undo.callback(setattr, self, "_desk", None)
            self._desk = desk = Desk(
                consumer,
                outbox,
                AskedActs(acts),
                CommittedEvents(marks),
                self._ladder,
                self._topics,
                SystemClock(),
                self._metrics,
            )
            consumer.subscribe([self._topics.told, self._topics.waiting], listener=desk)
            await consumer.start()
            self._up("kafka", "is there")
            pause.reset()
            while not stop.is_set():
                await self._asked(desk.turn(), stop)
                self.status.set("group", ok=True, detail=f"{len(consumer.assignment())} partition(s) read")

    async def _until_asked(self, acts: StoredActs, stop: asyncio.Event) -> None:
        """ClickHouse is there, and its tables are ours."""
        while not stop.is_set() and not await self._asked(asyncio.to_thread(acts.check), stop):
            pass

    async def _asked(self, asking: Awaitable[object], stop: asyncio.Event) -> bool:
        """Whether ClickHouse has answered; after a pause when it has not."""
        try:
            looked = await asking
        except SinkError as error:
            self._down("clickhouse", str(error))
            await sleep_unless(stop, self._pause.next())
            return False
        if looked is not False:
            self._pause.reset()
            self._up("clickhouse", "answers what is asked")
        return True

    def _consumer(self) -> Any:
        return AIOKafkaConsumer(
            **client_options(self._settings),
            group_id=self._settings.undo_group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(self._settings.session_timeout_s * 1000),
        )

    def _down(self, part: str, why: str) -> None:
        if self.status.parts()[part].detail != why:
            log.warning("%s: waiting: %s", part, why)
        self.status.set(part, ok=False, detail=why)

    def _up(self, part: str, how: str) -> None:
        if not self.status.is_ok(part):
            log.info("%s: %s", part, how)
        self.status.set(part, ok=True, detail=how)

    async def _tick(self) -> None:
        while True:
            self.status.tick()
            if (desk := self._desk) is not None:
                desk.told_waiting()
                waits = (
                    f"waits until ClickHouse shows {desk.missing} more event(s)"
                    if desk.missing
                    else "looks for undone acts"
                )
                self.status.set("resolve", ok=True, detail=waits)
            await asyncio.sleep(TICK_S)

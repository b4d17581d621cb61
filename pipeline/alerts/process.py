"""`cascades notify`: the process that delivers alerts."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from pipeline.alerts import channels
from pipeline.alerts.channels_file import ChannelsFile
from pipeline.alerts.courier import Courier
from pipeline.alerts.dead_letters import DeadLetters
from pipeline.alerts.lane import Lane, Limits
from pipeline.alerts.lanes import Lanes
from pipeline.alerts.silence import silenced
from pipeline.backoff import Backoff
from pipeline.cascade.controls import Controls
from pipeline.clock import SystemClock
from pipeline.control_log import ControlLog
from pipeline.errors import UnavailableError, UsageError
from pipeline.health import HealthServer
from pipeline.kafka import alert_topic_specs, any_connects, client_options, ensure_topics
from pipeline.logs import set_up_logging
from pipeline.metrics import Metrics
from pipeline.status import Status
from pipeline.stopping import sleep_unless, stop_on_signals

if TYPE_CHECKING:
    from pipeline.alerts.channels import Channel
    from pipeline.alerts.outcome import Sender
    from pipeline.clock import Clock
    from pipeline.config import Settings
    from schemas.alert import Alert

log = logging.getLogger("cascades.notify")

PARTS = ("kafka", "group", "channels", "notify")
"""kafka: a broker answers; group: alerts are read; channels: what each does (a channel that fails does not make the process unready: the others
work); notify: started, and not stopping."""
TICK_S = 1.0
ASK_KAFKA_EVERY = 5
GRACE_S = 10.0
"""For attempts that are under way when the process is told to stop."""

Channels = dict[str, "Channel"]


def configured(settings: Settings) -> Channels:
    """The channels of the settings' file. Raises UsageError when none is named, or when it does not work."""
    path = file_of(settings)
    found = channels.load(path)
    channels.warn_if_open(path)
    return found


def file_of(settings: Settings) -> Path:
    """Where the channels are written down. Raises UsageError when no file is named."""
    if not settings.notify_channels_file:
        raise UsageError(
            "no channel is configured: name a file of channels in CASCADES_NOTIFY_CHANNELS_FILE (docs/alert-delivery.md shows one)"
        )
    return Path(settings.notify_channels_file)


def run_notify(settings: Settings) -> int:
    """Deliver until SIGINT or SIGTERM; 0 then. Raises UsageError when the channels cannot work.

    Guarantee: every alert of the topic is taken by each channel that wants it, or is a dead letter, at least once and always under the same id.
    """
    set_up_logging()
    return asyncio.run(Notify(settings).run())


class Notify:
    """The process: lanes for the channels, the reader, and what tells how they are."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._settings, self._clock = settings, clock or SystemClock()
        self._metrics = Metrics()
        self._status = Status(self._metrics, PARTS)
        self._controls = Controls()
        self._letters = DeadLetters(settings)
        self._limits = Limits(give_up_s=settings.notify_give_up_s)
        self._file = ChannelsFile(file_of(settings), self._metrics)
        self._found = self._file.load()
        self._lanes = Lanes(self._new_lane)

    def _new_lane(self, name: str, sender: Sender) -> Lane:
        return Lane(name, sender, self._letters.send, self._muted, self._metrics, self._limits)

    async def run(self) -> int:
        """Until a signal."""
        stop = stop_on_signals()
        health = HealthServer(self._status, self._metrics, self._settings.host, self._settings.metrics_port)
        health.start()
        ticking = asyncio.create_task(self._tick())
        try:
            await self._work(stop)
        finally:
            self._status.set("notify", ok=False, detail="stopping")
            ticking.cancel()
            await asyncio.to_thread(health.stop)
        return 0

    async def _work(self, stop: asyncio.Event) -> None:
        following = ControlLog(self._settings, self._controls.apply, self._metrics)
        async with AsyncExitStack() as undo:
            if not await self._until_there(stop):
                return
            undo.push_async_callback(self._letters.stop)
            control = asyncio.create_task(following.run())
            undo.callback(control.cancel)
            await _first(stop, following.caught_up)
            self._lanes.take(self._found)
            undo.push_async_callback(self._lanes.close_senders)
            looking = asyncio.create_task(self._look_at_the_file())
            undo.callback(looking.cancel)
            self._status.set("notify", ok=True, detail="delivers")
            await self._deliver(stop)

    async def _until_there(self, stop: asyncio.Event) -> bool:
        """Kafka and our topics are there, and the producer of dead letters; False when told to stop before."""
        backoff = Backoff(most=5.0)
        while not stop.is_set():
            try:
                await ensure_topics(self._settings, alert_topic_specs(self._settings))
                await self._letters.start()
            except (UnavailableError, KafkaError) as error:
                self._status.set("kafka", ok=False, detail=str(error))
                log.warning("waiting: %s", error)
                await self._letters.stop()
                await sleep_unless(stop, backoff.next())
            else:
                self._status.set("kafka", ok=True, detail="is there")
                return True
        return False

    async def _look_at_the_file(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            # apprise is large: loading it must not hold up those who deliver.
            if found := await asyncio.to_thread(self._file.look):
                self._lanes.take(found)
                log.info("the file of channels is in force as it is now: %s", ", ".join(found))

    async def _deliver(self, stop: asyncio.Event) -> None:
        backoff = Backoff(most=15.0)
        while not stop.is_set():
            try:
                await self._read(stop)
            except KafkaError as error:
                self._status.set("group", ok=False, detail=f"reading failed: {type(error).__name__}")
                log.warning("reading alerts failed (%r): connecting anew", error)
                await sleep_unless(stop, backoff.next())

    async def _read(self, stop: asyncio.Event) -> None:
        """One life of a consumer. At a stop the lanes finish what is under way, and that is committed too."""
        consumer = AIOKafkaConsumer(
            **client_options(self._settings),
            group_id=self._settings.notify_group,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(self._settings.session_timeout_s * 1000),
        )
        courier = Courier(
            consumer,
            self._lanes,
            self._letters.send,
            self._muted,
            self._metrics,
            self._settings.notify_max_age_hours * 3600,
        )
        consumer.subscribe([self._settings.alerts_topic], listener=courier)
        try:
            await consumer.start()
            while not stop.is_set():
                await courier.turn()
                self._status.set("group", ok=True, detail=f"{len(consumer.assignment())} partition(s) read")
                self._lanes.check()
            await self._lanes.finish(GRACE_S)
            await courier.commit()
        finally:
            await consumer.stop()

    async def _tick(self) -> None:
        count = 0
        while True:
            self._status.tick()
            self._status.set("channels", ok=True, detail=self._told())
            if count % ASK_KAFKA_EVERY == 0 and not await any_connects(self._settings.kafka_bootstrap):
                self._status.set("kafka", ok=False, detail=f"no broker answers at {self._settings.kafka_bootstrap}")
            elif count % ASK_KAFKA_EVERY == 0:
                self._status.set("kafka", ok=True, detail="a broker answers")
            count += 1
            await asyncio.sleep(TICK_S)

    def _told(self) -> str:
        """What each channel does, and what is wrong with their file."""
        stale = [f"as they were before: {self._file.problem}"] if self._file.problem else []
        return "; ".join([*stale, *map(_words, self._lanes)])

    def _muted(self, alert: Alert) -> bool:
        return silenced(self._controls, alert, self._clock.now_us())


def _words(lane: Lane) -> str:
    if lane.failing_since is None or lane.last_failure is None:
        return f"{lane.name}: {lane.waiting} waiting"
    return f"{lane.name}: {lane.waiting} waiting, does not take alerts ({lane.last_failure.detail})"


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()

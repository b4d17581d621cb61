"""`cascades notify`: the process that delivers alerts."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from pipeline.alerts import channels, kinds
from pipeline.alerts.courier import Courier
from pipeline.alerts.dead_letters import DeadLetters
from pipeline.alerts.lane import Lane, Limits
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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.alerts.channels import Channel
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
    if not settings.notify_channels_file:
        raise UsageError(
            "no channel is configured: name a file of channels in CASCADES_NOTIFY_CHANNELS_FILE (docs/alert-delivery.md shows one)"
        )
    path = Path(settings.notify_channels_file)
    found = channels.load(path)
    if channels.open_to_others(path):
        log.warning("%s holds secrets, and other users of this machine may read it: chmod 600 it", path)
    return found


def run_notify(settings: Settings) -> int:
    """Deliver until SIGINT or SIGTERM; 0 then. Raises UsageError when the channels cannot work.

    Guarantee: every alert of the topic is taken by each channel that wants it, or is a dead letter, at least once and always under the same id.
    """
    set_up_logging()
    return asyncio.run(Notify(settings, configured(settings)).run())


class Notify:
    """The process: lanes for the channels, the reader, and what tells how they are."""

    def __init__(self, settings: Settings, found: Channels, clock: Clock | None = None) -> None:
        self._settings, self._clock = settings, clock or SystemClock()
        self._metrics = Metrics()
        self._status = Status(self._metrics, PARTS)
        self._controls = Controls()
        self._letters = DeadLetters(settings)
        limits = Limits(give_up_s=settings.notify_give_up_s)
        self._lanes: Mapping[str, tuple[Channel, Lane]] = {
            name: (
                channel,
                Lane(name, kinds.sender(name, channel), self._letters.send, self._muted, self._metrics, limits),
            )
            for name, channel in found.items()
        }

    async def run(self) -> int:
        """Until a signal."""
        stop = _stop_on_signals()
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
            delivering = [asyncio.create_task(lane.run(), name=name) for name, (_, lane) in self._lanes.items()]
            undo.push_async_callback(self._close_senders)
            self._status.set("notify", ok=True, detail=f"delivers to {', '.join(self._lanes)}")
            await self._deliver(stop, delivering)

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
                await _sleep(stop, backoff.next())
            else:
                self._status.set("kafka", ok=True, detail="is there")
                return True
        return False

    async def _deliver(self, stop: asyncio.Event, delivering: list[asyncio.Task[None]]) -> None:
        backoff = Backoff(most=15.0)
        while not stop.is_set():
            try:
                await self._read(stop, delivering)
            except KafkaError as error:
                self._status.set("group", ok=False, detail=f"reading failed: {type(error).__name__}")
                log.warning("reading alerts failed (%r): connecting anew", error)
                await _sleep(stop, backoff.next())

    async def _read(self, stop: asyncio.Event, delivering: list[asyncio.Task[None]]) -> None:
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
                _raise_first(delivering)
            await self._finish(delivering)
            await courier.commit()
        finally:
            await consumer.stop()

    async def _finish(self, delivering: list[asyncio.Task[None]]) -> None:
        for _, lane in self._lanes.values():
            lane.close()
        await asyncio.wait(delivering, timeout=GRACE_S)
        for task in delivering:
            task.cancel()

    async def _close_senders(self) -> None:
        for _, lane in self._lanes.values():
            await lane.sender.close()

    async def _tick(self) -> None:
        count = 0
        while True:
            self._status.tick()
            self._status.set("channels", ok=True, detail="; ".join(map(_told, self._lanes.values())))
            if count % ASK_KAFKA_EVERY == 0 and not await any_connects(self._settings.kafka_bootstrap):
                self._status.set("kafka", ok=False, detail=f"no broker answers at {self._settings.kafka_bootstrap}")
            elif count % ASK_KAFKA_EVERY == 0:
                self._status.set("kafka", ok=True, detail="a broker answers")
            count += 1
            await asyncio.sleep(TICK_S)

    def _muted(self, alert: Alert) -> bool:
        now_us = self._clock.now_us()
        return self._controls.muted(alert.content_id, alert.campaign_id or "", alert.rule, now_us) or (
            self._controls.acknowledged(alert.alert_id)
        )


def _told(one: tuple[Channel, Lane]) -> str:
    lane = one[1]
    if lane.failing_since is None or lane.last_failure is None:
        return f"{lane.name}: {lane.waiting} waiting"
    return f"{lane.name}: {lane.waiting} waiting, does not take alerts ({lane.last_failure.detail})"


def _raise_first(tasks: list[asyncio.Task[None]]) -> None:
    """A lane never ends by itself: its fault ends the process, and nothing is committed that was not delivered."""
    for task in tasks:
        if task.done():
            task.result()


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)

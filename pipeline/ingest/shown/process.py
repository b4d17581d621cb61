"""The connections of the task that shows dead letters: made anew when they break, and waited for."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from pipeline.backoff import Backoff
from pipeline.errors import SinkError, SinkTransientError, UnavailableError
from pipeline.ingest.shown.shelf import Shelf
from pipeline.kafka import client_options, ensure_topics, started, stopped
from pipeline.sinks.clickhouse import ClickHouseSink
from pipeline.stopping import sleep_unless
from schemas.topics import dead_letters

if TYPE_CHECKING:
    import asyncio

    from pipeline.config import Settings
    from pipeline.metrics import Metrics
    from pipeline.status import Status

log = logging.getLogger("cascades.letters")

PART: Final = "letters"
"""Its line in /readyz."""
MOST_PAUSE_S: Final = 15.0


class ShownLetters:
    """Brings every dead letter that no worker wrote to ClickHouse, at least once; a row that is written twice replaces its equal."""

    def __init__(self, settings: Settings, status: Status, metrics: Metrics) -> None:
        self._settings, self._status, self._metrics = settings, status, metrics
        self._pause = Backoff(most=MOST_PAUSE_S)

    async def work(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises UsageError when ClickHouse refuses the login, or Kafka the settings; waits for whatever else is not there."""
        while not stop.is_set():
            try:
                await self._life(stop)
            except (KafkaError, UnavailableError, SinkError) as error:
                await self._wait(repr(error) if isinstance(error, KafkaError) else str(error), stop)

    async def _life(self, stop: asyncio.Event) -> None:
        """One life of the connections. What a sink has learned of the tables goes with it: they may be migrated meanwhile."""
        await ensure_topics(self._settings, [dead_letters(self._settings.dead_letter_topic)])
        async with AsyncExitStack() as undo:
            sink = ClickHouseSink(self._settings)
            undo.callback(sink.close)
            consumer = self._consumer()
            consumer.subscribe([self._settings.dead_letter_topic])
            await started(consumer)
            undo.push_async_callback(stopped, consumer)
            shelf = Shelf(consumer, sink, self._settings.events_topic, self._metrics)
            while not stop.is_set():
                await self._turned(shelf, stop)

    async def _turned(self, shelf: Shelf, stop: asyncio.Event) -> None:
        try:
            await shelf.turn()
        except SinkTransientError as error:
            await self._wait(str(error), stop)
            return
        self._pause.reset()
        if not self._status.is_ok(PART):
            log.info("dead letters are shown")
        self._status.set(PART, ok=True, detail=f"{shelf.shown:,} dead letter(s) brought to v_dead_letters")

    async def _wait(self, why: str, stop: asyncio.Event) -> None:
        if self._status.parts()[PART].detail != why:
            log.warning("dead letters wait in Kafka: %s", why)
        self._status.set(PART, ok=False, detail=why)
        await sleep_unless(stop, self._pause.next())

    def _consumer(self) -> Any:
        return AIOKafkaConsumer(
            **client_options(self._settings),
            group_id=self._settings.letters_group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(self._settings.session_timeout_s * 1000),
        )

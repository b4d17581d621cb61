"""`cascades collect`: the process that runs the sources."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from itertools import count
from typing import TYPE_CHECKING

import aiohttp

from pipeline.backoff import Backoff
from pipeline.clock import SystemClock
from pipeline.errors import UnavailableError
from pipeline.health import HealthServer
from pipeline.ingest.collect import positions
from pipeline.ingest.collect.collector import Collector, Surroundings
from pipeline.ingest.collect.kinds import KINDS
from pipeline.ingest.collect.options import load
from pipeline.ingest.collect.seam import Tools
from pipeline.ingest.http.sender import KafkaSender
from pipeline.ingest.posts import PostLog, Posts
from pipeline.kafka import collect_topic_specs, ensure_topics, partition_count
from pipeline.logs import set_up_logging
from pipeline.metrics import Metric, Metrics
from pipeline.status import Status
from pipeline.stopping import sleep_unless, stop_on_signals

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence

    from pipeline.config import Settings
    from pipeline.ingest.collect.options import Configured, Kind
    from pipeline.ingest.collect.seam import Position
    from schemas.position import Stored

log = logging.getLogger("cascades.collect")

TICK_S = 1.0
GRACE_S = 10.0
"""For what was read before the process was told to stop."""
CONNECT_S = 15.0
LIST_S = 5.0
"""For the list of known posts. Without it the figures are the same in the end."""
AGENT = f"share-cascades/{version('share-cascades')}"
TELL_EVERY = 60
"""Ticks between two lines about what came."""


def run_collect(settings: Settings, names: Sequence[str] = (), kinds: Mapping[str, Kind] = KINDS) -> int:
    """Collect until SIGINT or SIGTERM; 0 then. No names: all sources that are set up. Raises UsageError when one cannot work as it is set up.

    Guarantee: what a source told is in Kafka, at least once and under the same ids, whatever kills this process (as far as its platform can tell
    again). Kafka and the platforms may come and go.
    """
    wanted = load(settings, kinds, names)
    set_up_logging()
    return asyncio.run(Collect(settings, wanted).run())


class Collect:
    """The process: one collector for each source, and what tells how they are."""

    def __init__(self, settings: Settings, wanted: Sequence[Configured]) -> None:
        self._settings, self._wanted = settings, wanted
        self._clock, self._metrics = SystemClock(), Metrics()
        self._status = Status(self._metrics, ("kafka", *(one.name for one in wanted)))
        self._sender = KafkaSender(settings, prepare=self._topics)
        self._problem = "the positions are not read yet"

    async def run(self) -> int:
        """Until a signal."""
        stop = stop_on_signals()
        health = HealthServer(self._status, self._metrics, self._settings.host, self._settings.metrics_port)
        health.start()
        ticking = asyncio.create_task(self._tick())
        try:
            async with AsyncExitStack() as undo:
                await self._work(stop, undo)
        finally:
            ticking.cancel()
            await asyncio.to_thread(health.stop)
        return 0

    async def _work(self, stop: asyncio.Event, undo: AsyncExitStack) -> None:
        tools = Tools(await undo.enter_async_context(_session()), self._clock, self._metrics)
        # Before Kafka is waited for: what cannot work is told at once.
        sources = [one.make(tools) for one in self._wanted]
        stored = await self._positions(stop)
        if stored is None:
            return
        posts = Posts()
        around = Surroundings(self._settings, self._sender, self._clock, self._metrics, self._status, posts)
        collectors = [
            Collector(source, one.kind_name, _position(one, stored.get(one.name)), around)
            for source, one in zip(sources, self._wanted, strict=True)
        ]
        await self._sender.start()
        undo.push_async_callback(self._sender.stop)
        listed = PostLog(self._settings, posts)
        undo.push_async_callback(_cancel, [asyncio.create_task(listed.run())])
        await _first(LIST_S, stop.wait(), listed.caught_up.wait())
        await _collect(collectors, stop)

    async def _positions(self, stop: asyncio.Event) -> dict[str, Stored] | None:
        """From Kafka, once it is there; None when told to stop before."""
        backoff = Backoff(most=5.0)
        while not stop.is_set():
            try:
                await ensure_topics(self._settings, collect_topic_specs(self._settings))
                found = await positions.read(self._settings)
            except UnavailableError as error:
                if self._problem != str(error):
                    self._problem = str(error)
                    log.warning("waiting: %s", error)
                await sleep_unless(stop, backoff.next())
            else:
                self._problem = ""
                return found
        return None

    async def _topics(self) -> dict[str, int]:
        specs = collect_topic_specs(self._settings)
        await ensure_topics(self._settings, specs)
        return {spec.name: await partition_count(self._settings, spec.name) for spec in specs}

    async def _tick(self) -> None:
        for number in count(1):
            self._status.tick()
            problem = self._problem or self._sender.problem
            self._status.set("kafka", ok=not problem, detail=problem or "takes records")
            if number % TELL_EVERY == 0:
                self._tell()
            await asyncio.sleep(TICK_S)

    def _tell(self) -> None:
        for name in (one.name for one in self._wanted):
            payloads, events, behind_s = (
                self._metrics.value(metric, name)
                for metric in (Metric.COLLECTED, Metric.COLLECT_EVENTS, Metric.COLLECT_LAG)
            )
            log.info("%s: %d payloads, %d events, %.0f s behind", name, payloads, events, behind_s)


async def _collect(collectors: Sequence[Collector], stop: asyncio.Event) -> None:
    """Until told to stop; then what was read is brought to its end. A fault in one of them ends the process."""
    reading = [asyncio.create_task(one.read()) for one in collectors]
    delivering = [asyncio.create_task(one.deliver()) for one in collectors]
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([stopping, *reading, *delivering], return_when=asyncio.FIRST_COMPLETED)
        await _cancel(reading)
        for one in collectors:
            one.stop_reading()
        _, late = await asyncio.wait(delivering, timeout=GRACE_S)
        if late:
            log.warning("Kafka did not take the last records in time: they will be asked for again at the next start")
    finally:
        await _cancel([stopping, *reading, *delivering])
    for task in [*reading, *delivering]:
        if not task.cancelled():
            task.result()


async def _first(within_s: float, *ways: Coroutine[None, None, object]) -> None:
    tasks = [asyncio.create_task(way) for way in ways]
    await asyncio.wait(tasks, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    await _cancel(tasks)


async def _cancel(tasks: Sequence[asyncio.Task[object]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _position(one: Configured, stored: Stored | None) -> Position | None:
    if stored is None:
        log.info("%s begins now: it has no position yet", one.name)
        return None
    if stored.kind != one.kind_name:
        log.warning("%s begins now: its position was written by a source of kind %s", one.name, stored.kind)
        return None
    log.info("%s goes on from its position of %s", one.name, stored.stored_at.isoformat(timespec="seconds"))
    return stored.position


@asynccontextmanager
async def _session() -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S)
    connector = aiohttp.TCPConnector(limit=0)  # each stream holds one for as long as it lives
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, headers={"User-Agent": AGENT}, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        yield session

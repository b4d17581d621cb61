"""The worker as a process: checks before the start, signals, exit code, logs.

Exit code 0: told to stop, and stopped cleanly. 1: something cannot work as it is (its text says what to do), or an unknown error (fail-stop:
nothing was committed after it, so the next start reads the same records again).
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import Awaitable, Callable
from threading import Timer
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaError

from pipeline.backoff import Backoff
from pipeline.clickhouse import client
from pipeline.errors import CascadesError, FencedError, SinkTransientError, UnavailableError
from pipeline.health import HealthServer
from pipeline.kafka import ensure_topics, topic_identity
from pipeline.logs import set_up_logging
from pipeline.metrics import Metrics
from pipeline.sinks.clickhouse import ClickHouseSink
from pipeline.sinks.migrations import check, table_identities
from pipeline.status import Status
from pipeline.stopping import sleep_unless, stop_on_signals
from pipeline.stream.member import Member

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.sinks.base import Sink

log = logging.getLogger("cascades")

STOP_DEADLINE_S = 30.0
"""From the signal to the exit, whatever hangs. What was not committed by then is read again."""
TICK_S = 1.0
GC_THRESHOLDS = (100_000, 50, 100)
"""The state is large and has no cycles: looking for them at Python's own pace costs a fifth of the CPU."""

Check = Callable[[], Awaitable[None]]


def run_worker(settings: Settings) -> int:
    """Run one worker until SIGTERM or SIGINT. Returns the exit code; never raises for what it finds around it."""
    set_up_logging()
    metrics = Metrics()
    status = Status(metrics)
    try:
        health = HealthServer(status, metrics, settings.host, settings.metrics_port)
    except CascadesError as error:
        log.error("%s", error)  # noqa: TRY400 - the text says what to do; a traceback would hide it
        return 1
    health.start()
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        return asyncio.run(serve(settings, ClickHouseSink(settings), status, metrics))
    finally:
        health.stop()


async def serve(settings: Settings, sink: Sink, status: Status, metrics: Metrics) -> int:
    """Check what is around, run the worker, stop it. Returns the exit code."""
    stop = stop_on_signals()
    ticking = asyncio.create_task(_tick(status))
    running = asyncio.create_task(_check_and_run(settings, sink, status, metrics, stop))
    await asyncio.wait({running, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
    give_up = _exit_after(STOP_DEADLINE_S)
    try:
        return await running
    except CascadesError as error:
        log.error("%s", error)  # noqa: TRY400 - the text says what to do; a traceback would hide it
        return 1
    except Exception:
        log.exception(
            "unknown error: the worker stops and commits nothing more. At the next start it reads the same records again"
        )
        return 1
    finally:
        ticking.cancel()
        sink.close()
        give_up.cancel()


async def _tick(status: Status) -> None:
    """Show that the event loop turns, from the first second on: waiting for Kafka is no reason to be restarted."""
    while True:
        status.tick()
        await asyncio.sleep(TICK_S)


async def _check_and_run(settings: Settings, sink: Sink, status: Status, metrics: Metrics, stop: asyncio.Event) -> int:
    origins: dict[str, str] = {}

    async def topics() -> None:
        await ensure_topics(settings)
        origins.update(await topic_identity(settings))

    async def tables() -> None:
        origins.update(await asyncio.to_thread(_check_schema, settings))

    await _until_there(stop, status, "kafka", topics)
    await _until_there(stop, status, "clickhouse", tables)
    while not stop.is_set():
        member = Member(settings, sink, status, metrics, origins)
        try:
            return await _run(member, stop)
        except FencedError as error:
            # Paused for too long, as a rule. Nothing in memory may be trusted any more; the others have what was committed.
            log.warning("%s", error)
        except _NotStartedError as error:
            log.warning("Kafka went away while the worker started (%r)", error.__cause__)
        finally:
            await member.stop()
        await _until_there(stop, status, "kafka", topics)
    return 0


class _NotStartedError(Exception):
    """Kafka was there for the checks and away a moment later. Nothing was read yet: another start is safe."""


async def _run(member: Member, stop: asyncio.Event) -> int:
    """Until the signal (0), or until something fails (raises it)."""
    starting = asyncio.create_task(member.start())
    failing, stopping = asyncio.create_task(member.failure()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({starting, failing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done() and (error := starting.exception()):
            raise _told(error)
        if failing.done():  # Faust's thread may tell it before the start does
            raise _told(failing.result())
        await asyncio.wait({failing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if failing.done():
            raise failing.result()
        return 0
    finally:
        for task in (starting, failing, stopping):
            task.cancel()


def _told(error: BaseException) -> BaseException:
    """What a start that failed with this error raises."""
    if not isinstance(error, KafkaError) or not error.retriable:
        return error
    told = _NotStartedError()
    told.__cause__ = error
    return told


async def _until_there(stop: asyncio.Event, status: Status, part: str, ask: Check) -> None:
    """Wait for a part that is not there yet. What waiting cannot cure is raised."""
    backoff = Backoff(most=5.0)
    while not stop.is_set():
        try:
            await ask()
        except (UnavailableError, SinkTransientError) as error:
            status.set(part, ok=False, detail=str(error))
            log.warning("waiting: %s", error)
            await sleep_unless(stop, backoff.next())
        else:
            status.set(part, ok=True, detail="is there")
            return


def _check_schema(settings: Settings) -> dict[str, str]:
    """Returns the identities of the tables."""
    connection = client(settings)
    try:
        check(connection, settings)
        return table_identities(connection, settings)
    finally:
        connection.close()


def _exit_after(seconds: float) -> Timer:
    """Leave the process by force when stopping hangs, as in a ClickHouse call that a thread waits for."""

    def leave() -> None:
        log.error("stopping took more than %.0f s: leaving. What was not committed is read again", seconds)
        logging.shutdown()
        os._exit(1)

    timer = Timer(seconds, leave)
    timer.daemon = True
    timer.start()
    return timer

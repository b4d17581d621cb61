"""The Faust app: one topic of raw bytes, one agent, our transport; no tables, no web server, no topics declared by Faust."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

import faust
from faust.app.base import BootStrategy as FaustBootStrategy
from mode.supervisors import CrashingSupervisor

from pipeline.stream.batch import Batch

if TYPE_CHECKING:
    from faust.streams import Stream
    from faust.types import StreamT

    from pipeline.config import Settings
    from pipeline.stream.transport import Owner

BATCHES_AHEAD = 16
"""Batches that wait for the agent over all partitions before reading pauses."""
FETCH_BYTES = 4 * 1024 * 1024
"""Most bytes of one partition and fetch: about ten thousand events."""
MAX_POLL_INTERVAL_S = 86_400.0
"""Reading pauses for as long as ClickHouse is away, and the partitions are kept meanwhile: another worker could not write either.
A worker that hangs is noticed by `/livez`, one that is gone by the session timeout."""

Take = Callable[[Batch], Awaitable[None]]
Fail = Callable[[BaseException], None]


class WorkerApp(faust.App):
    """Faust's App, with what our transport asks it for."""

    client_options: Mapping[str, Any]
    owner: Owner

    class BootStrategy(FaustBootStrategy):
        """Faust's producer is not needed: `pipeline.stream.producer` sends, and waits."""

        enable_kafka_producer = False

    def _create_directories(self) -> None:
        """None: nothing is kept in files."""


def make_app(settings: Settings, client_options: Mapping[str, Any], owner: Owner, take: Take, fail: Fail) -> WorkerApp:
    """The app of one worker. `take` gets every batch, one at a time; whatever it raises goes to `fail`, and no batch is taken after it."""
    app = WorkerApp(
        settings.group,
        broker=[f"cascades://{address.strip()}" for address in settings.kafka_bootstrap.split(",")],
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        stream_buffer_maxsize=BATCHES_AHEAD,
        stream_wait_empty=False,  # it waits without a bound; the transport drains within a deadline
        stream_recovery_delay=0.0,
        broker_commit_interval=1.0,
        broker_max_poll_records=settings.fetch_max_records,
        broker_session_timeout=settings.session_timeout_s,
        broker_max_poll_interval=MAX_POLL_INTERVAL_S,
        broker_heartbeat_interval=settings.session_timeout_s / 5,
        consumer_max_fetch_size=FETCH_BYTES,
    )
    app.client_options = client_options
    app.owner = owner
    topic = app.topic(
        settings.events_topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )
    app.agent(topic, name="fold", concurrency=1, supervisor_strategy=CrashingSupervisor)(_agent(take, fail))
    return app


def _agent(take: Take, fail: Fail) -> Callable[[StreamT[Any]], Awaitable[None]]:
    async def fold(stream: StreamT[Any]) -> None:
        try:
            async for batch in cast("Stream[Any]", stream).noack():
                await take(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker stops, and Faust must not start the agent again
            fail(error)

    return fold

"""The doors' process: `cascades ingest`."""

from __future__ import annotations

import asyncio
import resource
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web

from pipeline.clock import SystemClock
from pipeline.errors import UnavailableError
from pipeline.ingest.homeward import Homeward
from pipeline.ingest.http.app import make_app
from pipeline.ingest.http.body import Bodies
from pipeline.ingest.http.doors import Doors
from pipeline.ingest.http.fetch import Fetcher
from pipeline.ingest.http.keys import load
from pipeline.ingest.http.limits import Limiter, Room
from pipeline.ingest.http.sender import KafkaSender
from pipeline.ingest.http.status import status_app
from pipeline.ingest.posts import PostLog
from pipeline.metrics import Metrics
from pipeline.stopping import stop_on_signals

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pipeline.clock import Clock
    from pipeline.config import Settings
    from pipeline.ingest.http.doors import Sender

SHUTDOWN_S = 10.0
"""Requests that are under way at SIGTERM get their answer."""
LINGER_S = 2.0
"""What is still read of a body that was refused, so that the sender gets to see why."""


def run_ingest(settings: Settings, ready: Callable[[str], None] = lambda _address: None) -> int:
    """Serve until SIGINT or SIGTERM; 0 then. `ready` gets the doors' address when they are open.

    Guarantee: what is answered with 2xx is acknowledged by all in-sync replicas; the process may be killed at any point.
    Raises UsageError when settings do not work, UnavailableError when a port is taken. Kafka may come and go: the answer is 503 meanwhile.
    """
    _many_files()
    return asyncio.run(_run(settings, ready))


def _many_files() -> None:
    """Each connection is an open file, and the usual 1024 are soon taken by those who only hold theirs open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _run(settings: Settings, ready: Callable[[str], None]) -> int:
    stop = stop_on_signals()
    async with serving(settings) as (port, _):
        ready(f"http://{settings.host}:{port}")
        await stop.wait()
    return 0


@asynccontextmanager
async def serving(
    settings: Settings, sender: Sender | None = None, clock: Clock | None = None, **fetching: Any
) -> AsyncIterator[tuple[int, int]]:
    """The open doors: their port and that of the metrics. A test may bring its own sender and clock, and what its fetcher trusts."""
    kafka = KafkaSender(settings)
    room = Room(settings.ingest_held_bytes)
    bodies = Bodies(settings.ingest_body_bytes, settings.ingest_timeout_s, room)
    doors = Doors(
        settings,
        load(settings),
        sender or kafka,
        bodies,
        Limiter(),
        clock or SystemClock(),
        Metrics(),
        Homeward(remembered=settings.roots_remembered),
    )
    fetcher = Fetcher(settings.fetch_private_hosts, **fetching)
    front, status = _runner(make_app(doors, fetcher), settings), _runner(status_app(doors, room), settings)
    following = None
    try:
        if sender is None:
            await kafka.start()
            following = asyncio.create_task(PostLog(settings, doors.homeward.posts).run())
        yield (
            await _listen(front, settings.host, settings.ingest_port, "ingest"),
            await _listen(status, settings.host, settings.metrics_port, "metrics"),
        )
    finally:
        if following is not None:
            following.cancel()
        await front.cleanup()
        await status.cleanup()
        await fetcher.close()
        await kafka.stop()


def _runner(app: web.Application, settings: Settings) -> web.AppRunner:
    return web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=SHUTDOWN_S,
        # From the connection's first moment, and between requests: whoever sends his head byte by byte is cut off as well.
        keepalive_timeout=settings.ingest_timeout_s,
        lingering_time=LINGER_S,
        auto_decompress=False,  # signatures are over the bytes as they came
    )


async def _listen(runner: web.AppRunner, host: str, port: int, name: str) -> int:
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=1024).start()
    except OSError as error:
        setting = f"CASCADES_{name.upper()}_PORT"
        raise UnavailableError(f"port {port} on {host} cannot be opened ({error.strerror}): set {setting}") from error
    return int(runner.addresses[0][1])

"""The page's process: web server, its own health endpoints, and a quick end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from pipeline.errors import UnavailableError
from pipeline.metrics import Metric
from pipeline.serve.api import answer
from pipeline.serve.app import HUB, make_app
from pipeline.serve.topics import HEALTH
from pipeline.stopping import stop_on_signals

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.serve.hub import Hub

SHUTDOWN_S = 2.0


def run_serve(settings: Settings) -> int:
    """Serve the page until SIGINT or SIGTERM; 0 then. Raises `UnavailableError` when a port is taken.

    ClickHouse, Kafka and worker may come and go: the page says so and goes on with the figures it has.
    """
    return asyncio.run(_run(settings))


async def _run(settings: Settings) -> int:
    stop = stop_on_signals()
    page = await make_app(settings)
    runners = [
        web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S) for app in (page, status_app(page[HUB]))
    ]
    try:
        for runner, port, name in zip(
            runners, (settings.page_port, settings.metrics_port), ("page", "metrics"), strict=True
        ):
            await runner.setup()
            await listen(runner, settings.host, port, name)
        await stop.wait()
    finally:
        for runner in runners:
            await runner.cleanup()
    return 0


async def listen(runner: web.AppRunner, host: str, port: int, name: str) -> int:
    """Open a port (0 = any free one) and return its number. Raises `UnavailableError` when it is taken."""
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        setting = f"CASCADES_{name.upper()}_PORT"
        raise UnavailableError(
            f"port {port} on {host} cannot be opened for the {name} ({error.strerror}): set {setting}"
        ) from error
    return int(runner.addresses[0][1])


def status_app(hub: Hub) -> web.Application:
    """/livez, /readyz and /metrics of this process alone: it is ready when ClickHouse answers it."""

    async def livez(_request: web.Request) -> web.Response:
        return answer({"alive": True})

    async def readyz(_request: web.Request) -> web.Response:
        health = (await hub.current(HEALTH))["health"]
        parts = {name: health["parts"][name] for name in ("page", "clickhouse")}
        ready = all(part["ok"] for part in parts.values())
        for name, part in parts.items():
            hub.metrics.set(Metric.READY, part["ok"], name)
        return answer({"ready": ready, "parts": parts}, status=200 if ready else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=hub.metrics.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    return app

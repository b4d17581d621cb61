"""The page's web application: static files, JSON API, stream."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from pipeline.cascade.controls import Controls
from pipeline.clickhouse import as_reader
from pipeline.clock import SystemClock
from pipeline.control_log import ControlLog
from pipeline.serve.alerts import Desk
from pipeline.serve.api import Api, plain_errors
from pipeline.serve.guard import add_security_headers, guard
from pipeline.serve.hub import Hub
from pipeline.serve.loaders import Loaders
from pipeline.serve.reader import ClickHouseReader
from pipeline.serve.sse import Streams

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pipeline.clock import Clock
    from pipeline.config import Settings
    from pipeline.serve.reader import Reader

STATIC = Path(__file__).parent / "static"
HUB = web.AppKey("hub", Hub)


async def make_app(settings: Settings, reader: Reader | None = None, clock: Clock | None = None) -> web.Application:
    """The application. It owns its reader and closes it. `reader` and `clock` default to ClickHouse and the machine's clock."""
    source = reader or ClickHouseReader(as_reader(settings))
    session = aiohttp.ClientSession()
    controls, time = Controls(), clock or SystemClock()
    hub = Hub(Loaders(settings, source, session, time, controls).make)

    async def end_streams(_app: web.Application) -> None:
        await hub.close()

    async def follow_controls(_app: web.Application) -> AsyncIterator[None]:
        following = asyncio.create_task(ControlLog(settings, controls.apply, hub.metrics).run())
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following

    async def close(_app: web.Application) -> None:
        await session.close()
        await source.close()

    app = web.Application(middlewares=[guard(settings.page_hosts), plain_errors])
    app[HUB] = hub
    app.on_response_prepare.append(add_security_headers)
    app.cleanup_ctx.append(follow_controls)
    app.on_shutdown.append(end_streams)
    app.on_cleanup.append(close)
    _add_routes(app, hub, Desk(settings, time, controls))
    return app


def _add_routes(app: web.Application, hub: Hub, desk: Desk) -> None:
    api = Api(hub)
    app.add_routes(
        [
            web.get("/api/contents", api.contents),
            web.get("/api/content", api.content),
            web.get("/api/content/{id:[^/]+}", api.content),
            web.get("/api/campaign", api.campaign),
            web.get("/api/dead-letters", api.dead_letters),
            web.get("/api/alerts", api.alerts),
            web.post("/api/alerts/control", desk.handle),
            web.get("/api/health", api.health),
            web.get("/api/stream", Streams(hub).handle, allow_head=False),
            web.get("/livez", api.livez),
            web.get("/readyz", api.readyz),
            web.get("/", index),
            web.get("/{file:[a-z0-9-]+[.](?:js|css|svg|html)}", static_file),
        ]
    )


async def index(_request: web.Request) -> web.FileResponse:
    """GET / : the page."""
    return _fresh(STATIC / "index.html")


async def static_file(request: web.Request) -> web.FileResponse:
    """GET /name.js and the like: one of the files beside the page."""
    path = STATIC / request.match_info["file"]
    if not path.is_file():
        raise web.HTTPNotFound
    return _fresh(path)


def _fresh(path: Path) -> web.FileResponse:
    """Asked for again at every visit (answered 304 when it is the same), so that page and API are never of two versions."""
    return web.FileResponse(path, headers={"Cache-Control": "no-cache"})

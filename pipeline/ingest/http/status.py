"""/livez, /readyz and /metrics of the doors' process, on its metrics port."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from pipeline.metrics import Metric

if TYPE_CHECKING:
    from pipeline.ingest.http.doors import Doors
    from pipeline.ingest.http.limits import Room


def status_app(doors: Doors, room: Room) -> web.Application:
    """Ready when Kafka takes records. Without a token or webhook it is ready too, and says that everyone is refused."""

    async def livez(_request: web.Request) -> web.Response:
        return _json({"alive": True}, 200)

    async def readyz(_request: web.Request) -> web.Response:
        parts = _parts(doors)
        ready = all(part["ok"] for part in parts.values())
        return _json({"ready": ready, "parts": parts}, 200 if ready else 503)

    async def metrics(_request: web.Request) -> web.Response:
        for name, part in _parts(doors).items():
            doors.metrics.set(Metric.READY, bool(part["ok"]), name)
        doors.metrics.set(Metric.DOOR_HELD, room.held)
        return web.Response(body=doors.metrics.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    return app


def _parts(doors: Doors) -> dict[str, dict[str, object]]:
    problem = doors.sender.problem
    known = (
        "tokens or webhooks are set up"
        if doors.keyring
        else "everyone is refused: set CASCADES_INGEST_TOKENS or CASCADES_WEBHOOKS"
    )
    return {"kafka": {"ok": not problem, "detail": problem or "answers"}, "doors": {"ok": True, "detail": known}}


def _json(document: dict[str, object], status: int) -> web.Response:
    return web.Response(status=status, body=json.dumps(document).encode(), content_type="application/json")

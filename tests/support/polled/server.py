"""A platform's API on a free port of this machine: what all of them have in common. It replays traffic that the test writes."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

T0 = 1_779_990_000
"""When the synthetic traffic begins, seconds since 1970; tests begin three hours later."""


class Fault(NamedTuple):
    """An answer out of turn."""

    status: int
    headers: dict[str, str] = {}  # noqa: RUF012 - of a NamedTuple, never changed
    body: object = None


class Asked(NamedTuple):
    """One request as it came, and what it was answered."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    status: int


class Server:
    """Answers with ETags; counts what is asked; keeps faults ready, the first of which is the next answer."""

    token = "the token"

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.faults: deque[Fault] = deque()
        self.limits: dict[str, str] = {}

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    def is_known(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.token}"

    def denied(self) -> Fault:
        return Fault(401, body={"message": "no valid credential"})

    def of(self, part: str) -> list[Asked]:
        """What was asked under a path."""
        return [one for one in self.asked if part in one.path]

    def answer(self, request: web.Request, body: object) -> web.Response:
        """JSON with its ETag, or 304 to who has it."""
        text = json.dumps(body)
        etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
        headers = {"ETag": etag, **self.limits}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        return web.Response(text=text, headers=headers, content_type="application/json")

    def refuse(self, fault: Fault) -> web.Response:
        return web.Response(
            status=fault.status, headers={**self.limits, **fault.headers}, text=json.dumps(fault.body or {})
        )

    @web.middleware
    async def _at_the_door(self, request: web.Request, handler: object) -> web.StreamResponse:
        if self.faults:
            response = self.refuse(self.faults.popleft())
        elif not self.is_known(request):
            response = self.refuse(self.denied())
        else:
            response = await handler(request)
        self.asked.append(Asked(request.path, dict(request.query), dict(request.headers), response.status))
        return response


@asynccontextmanager
async def serving(*servers: Server) -> AsyncIterator[None]:
    """The servers until the block is left; each knows its `url`."""
    runners = []
    for server in servers:
        app = web.Application(middlewares=[server._at_the_door])
        app.add_routes(server.routes())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        runners.append(runner)
    try:
        yield
    finally:
        for runner in runners:
            await runner.cleanup()

"""A ClickHouse that can be told to misbehave: an HTTP proxy before a real one, on the test's own event loop."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

CODES = {
    "read-only": (164, "READONLY"),
    "overloaded": (202, "TOO_MANY_SIMULTANEOUS_QUERIES"),
    "out of memory": (241, "MEMORY_LIMIT_EXCEEDED"),
    "full": (243, "NOT_ENOUGH_SPACE"),
    "behind with its merges": (252, "TOO_MANY_PARTS"),
}
_HOP = {"host", "connection", "transfer-encoding", "content-length", "content-encoding"}
_SLOW_S = 1.0


class FaultyClickHouse:
    """Hands requests on to `target` as long as `fault` is empty. `url` is where it listens."""

    def __init__(self, target: str, session: aiohttp.ClientSession) -> None:
        self._target, self._session = target, session
        self._fault = ""
        self._changed = asyncio.Event()
        self.url = ""
        self.struck = 0
        """Requests that met the present fault."""

    def set(self, fault: str = "") -> None:
        """A key of `CODES`, `slow`, `hanging`, `silent after the insert`, `cut off half-way`, or nothing."""
        self._fault, self.struck = fault, 0
        self._changed.set()
        self._changed = asyncio.Event()

    async def answer(self, asked: web.Request) -> web.StreamResponse:
        fault, changed = self._fault, self._changed
        self.struck += 1
        if fault in CODES:
            await asked.read()
            code, name = CODES[fault]
            text = f"Code: {code}. DB::Exception: told so by the test ({name}) (version 26.9.2.1)\n"
            return web.Response(status=500, text=text, headers={"X-ClickHouse-Exception-Code": str(code)})
        if fault == "cut off half-way":
            return self._hang_up(asked)
        if fault == "slow":
            await asyncio.sleep(_SLOW_S)
        if fault == "hanging":
            await changed.wait()
            return self._hang_up(asked)
        answer = await self._hand_on(asked)
        return self._hang_up(asked) if fault == "silent after the insert" else answer

    async def _hand_on(self, asked: web.Request) -> web.StreamResponse:
        headers = {
            name: value for name, value in asked.headers.items() if name.lower() not in _HOP - {"content-encoding"}
        }
        async with self._session.request(
            asked.method, f"{self._target}{asked.path_qs}", data=await asked.read(), headers=headers
        ) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    def _hang_up(self, asked: web.Request) -> web.StreamResponse:
        if asked.transport is not None:
            asked.transport.abort()
        return web.Response()


@asynccontextmanager
async def faulty_clickhouse(target: str) -> AsyncIterator[FaultyClickHouse]:
    """One in front of `target`, on a free port."""
    async with aiohttp.ClientSession() as session:
        faulty = FaultyClickHouse(target, session)
        runner = web.AppRunner(_app(faulty.answer), auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        faulty.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield faulty
        finally:
            faulty.set()
            await runner.cleanup()


def _app(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.Application:
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", answer)
    return app

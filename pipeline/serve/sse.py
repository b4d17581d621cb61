"""Server-sent events: GET /api/stream."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from pipeline.metrics import Metric
from pipeline.serve.topics import view_topics

if TYPE_CHECKING:
    from pipeline.serve.feed import Part
    from pipeline.serve.hub import Hub, Listener

MAX_STREAMS = 256
"""Browsers at once; the next one gets 503 and asks again."""
HEARTBEAT_S = 5.0
"""Between two `beat` events, which also keep proxies from closing a quiet connection."""
STUCK_S = 20.0
"""A visitor whose connection takes nothing for this long is let go; the browser comes back by itself."""
_LONGEST_CURSOR = 500


class Streams:
    """All open streams of one process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.count = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """GET /api/stream?view=home|content&…: the parts of a view, each whole at first and then whenever it changes.

        Events: `pulse health letters facets contents content tree` carry the value of that name, `tree-delta` what changed in the tree
        since the event before, `problem:<feed>` why a feed stands still ('' when it does not), `beat` that the server lives, `bye` that it
        stops. An event's id is a cursor over all parts: a browser that comes back with it (Last-Event-ID, or `last` in the query) gets only
        what it has not seen. A slow reader misses versions in between, never the newest. 503 beyond 256 streams.
        """
        topics = view_topics(request.query)
        if self.count >= MAX_STREAMS:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "10"}, text="too many open pages")
        self._count(1)
        try:
            with self._hub.listen(topics) as listener:
                listener.seen = self._resume(request)
                return await self._answer(request, listener)
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        self.count += change
        self._hub.metrics.set(Metric.PAGE_STREAMS, self.count)

    async def _answer(self, request: web.Request, listener: Listener) -> web.StreamResponse:
        headers = {
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        try:
            await self._write(response, b"retry: 1000\nevent: beat\ndata: {}\n\n")
            while not self._hub.closing:
                await self._send_news(response, listener)
                await self._pause(response, listener)
            await self._write(response, b"event: bye\ndata: {}\n\n")
        except (ConnectionError, TimeoutError):
            if request.transport:
                request.transport.abort()
        return response

    async def _send_news(self, response: web.StreamResponse, listener: Listener) -> None:
        listener.wake.clear()
        for part in listener.news():
            had = listener.seen.get(part.name)
            listener.seen[part.name] = part.version
            await self._write(response, frame(part, had, self._cursor(listener)))

    async def _pause(self, response: web.StreamResponse, listener: Listener) -> None:
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                await listener.wake.wait()
        except TimeoutError:
            await self._write(response, b"event: beat\ndata: {}\n\n")

    @staticmethod
    async def _write(response: web.StreamResponse, data: bytes) -> None:
        async with asyncio.timeout(STUCK_S):
            await response.write(data)

    def _cursor(self, listener: Listener) -> str:
        return self._hub.boot + "".join(f";{name}={version}" for name, version in listener.seen.items())

    def _resume(self, request: web.Request) -> dict[str, int]:
        return read_cursor(request.headers.get("Last-Event-ID") or request.query.get("last", ""), self._hub.boot)


def frame(part: Part, had: int | None, cursor: str) -> bytes:
    """One event on the wire: the delta for a stream that has exactly the version before, else the whole part."""
    delta = part.delta and had == part.base
    name, data = (f"{part.name}-delta", part.delta) if delta else (part.name, part.full)
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (cursor.encode(), name.encode(), data)


def read_cursor(text: str, boot: str) -> dict[str, int]:
    """Versions by part name from an event id of this run; of any other text, and of another run: nothing seen."""
    run, _, rest = text.partition(";")
    if run != boot or len(text) > _LONGEST_CURSOR:
        return {}
    pairs = (item.rpartition("=") for item in rest.split(";"))
    return {name: int(version) for name, _, version in pairs if version.isascii() and version.isdigit()}

"""A local Mastodon: streams as server-sent events, timelines by `min_id`, single statuses and their threads."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from aiohttp import web
from support.jetstream import serving
from support.platform_samples.mastodon import status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = "a-token"
T0_MS = 1_779_999_000_000


def number(second: int) -> int:
    """The id of a status of that second: milliseconds since 1970, shifted by 16 bits."""
    return (T0_MS + second * 1000) << 16


def written(second: int, name: str = "ann", **facts: Any) -> dict[str, Any]:
    return status(number(second), name, created_at="2026-05-28T20:10:00.000Z", **facts)


def boosted(second: int, name: str, original: dict[str, Any]) -> dict[str, Any]:
    return written(second, name, reblog=original)


class MastodonServer:
    """What the server has, what it was asked, and how it misbehaves."""

    def __init__(self) -> None:
        self.statuses: dict[str, dict[str, Any]] = {}
        """Those that the timelines have."""
        self.notifications: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.streams: list[web.StreamResponse] = []
        self.refused: dict[str, tuple[int, dict[str, str]]] = {}
        """Path → status and headers of the answer."""
        self.beats = True
        self.url = ""

    def have(self, *found: dict[str, Any]) -> None:
        """They are on the timelines; no stream tells of them."""
        self.statuses |= {one["id"]: one for one in found}

    async def tell(self, *found: dict[str, Any]) -> None:
        """They are on the timelines and every open stream tells of them."""
        self.have(*found)
        for one in found:
            await self.write(f"event: update\ndata: {json.dumps(one)}\n\n")

    async def delete(self, identity: str) -> None:
        self.statuses.pop(identity, None)
        await self.write(f"event: delete\ndata: {identity}\n\n")

    async def write(self, text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        for stream in list(self.streams):
            with suppress(ConnectionError):
                for start in range(0, len(data), 700):  # chunks end where they like
                    await stream.write(data[start : start + 700])

    def cut(self) -> None:
        """All streams end in the middle of a chunk."""
        for stream in self.streams:
            stream._req.transport.abort()
        self.streams.clear()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        self.asked.append(request.path_qs)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "The access token is invalid"}, status=401)
        if path in self.refused:
            code, headers = self.refused[path]
            return web.json_response({"error": "no"}, status=code, headers=headers)
        if path.startswith("/api/v1/streaming/"):
            return await self._stream(request)
        if path.startswith("/api/v1/statuses/"):
            return self._status(path.split("/")[4:])
        return self._timeline(
            request, self.notifications if path.endswith("notifications") else list(self.statuses.values())
        )

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(b":)\n")
        self.streams.append(stream)
        try:
            while stream in self.streams:
                if self.beats:
                    await stream.write(b":thump\n")
                await asyncio.sleep(0.05)
        except ConnectionError:
            self.streams.remove(stream)  # the client has left
        return stream

    def _timeline(self, request: web.Request, items: list[dict[str, Any]]) -> web.Response:
        after, most = int(request.query.get("min_id", 0)), int(request.query.get("limit", 20))
        found = sorted((item for item in items if int(item["id"]) > after), key=lambda item: int(item["id"]))
        page = found[: min(most, 40)] if "min_id" in request.query else found[-min(most, 40) :]
        return web.json_response(page[::-1])

    def _status(self, path: list[str]) -> web.Response:
        found = self.statuses.get(path[0])
        if found is None:
            return web.json_response({"error": "Record not found"}, status=404)
        if path[1:] != ["context"]:
            return web.json_response(found)
        ancestors = []
        while (parent := found["in_reply_to_id"]) and (found := self.statuses.get(parent)):
            ancestors.insert(0, found)
        return web.json_response({"ancestors": ancestors, "descendants": []})


@asynccontextmanager
async def mastodon() -> AsyncIterator[MastodonServer]:
    made = MastodonServer()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    async with serving(app) as made.url:
        try:
            yield made
        finally:
            made.streams.clear()

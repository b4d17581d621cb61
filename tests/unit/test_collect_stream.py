"""The generic source: WebSocket, server-sent events, lines; with a place to go on from, and without."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from support.collecting import collecting
from support.doors import event
from support.jetstream import serving
from support.platform_samples.mastodon import ROOT

from pipeline.clock import FixedClock
from pipeline.ingest.collect import sockets
from pipeline.metrics import Metric


class Server:
    """Tells each connection its script: bytes to be written, or None to be cut off; then it waits."""

    def __init__(self):
        self.scripts, self.requests, self.heard, self.content_type = [], [], [], "application/x-ndjson"

    async def plain(self, request):
        self.requests.append(request)
        answer = web.StreamResponse(headers={"Content-Type": self.content_type})
        await answer.prepare(request)
        for part in self._script():
            if part is None:
                request.transport.abort()
                return answer
            await answer.write(part)
        await self.over.wait()
        return answer

    async def socket(self, request):
        self.requests.append(request)
        made = web.WebSocketResponse()
        await made.prepare(request)
        for part in self._script():
            if part is None:
                await made.close(code=1012)
                return made
            await (made.send_bytes(part) if isinstance(part, bytes) else made.send_str(part))
        async for message in made:
            self.heard.append(message.json())
        return made

    def _script(self):
        return self.scripts.pop(0) if self.scripts else []


@asynccontextmanager
async def opened():
    made = Server()
    made.over = asyncio.Event()
    app = web.Application()
    app.add_routes([web.get("/stream", made.plain), web.get("/socket", made.socket)])
    async with serving(app) as made.url:
        try:
            yield made
        finally:
            made.over.set()


@pytest.fixture
async def server():
    async with opened() as made:
        yield made


def line(number, **facts):
    return json.dumps(event(number, **facts)).encode() + b"\n"


def options(server, path="stream", **more):
    url = f"{server.url}/{path}"
    return {"kind": "stream", "url": url.replace("http", "ws") if path == "socket" else url, **more}


def ids(source):
    return [made["event_id"] for made in source.events]


async def test_lines_are_events_and_bad_ones_letters(server):
    server.scripts = [[line(1) + b"\r\n" + line(2)[:20], line(2)[20:] + b'{"bad": \n', line(3)]]
    async with collecting("feed", options(server, headers={"Authorization": "Bearer T"})) as source:
        await source.until(lambda: len(source.events) == 3)
    assert ids(source) == ["web:1", "web:2", "web:3"]
    assert source.letters == [("unknown_shape", b'{"bad": ')]
    assert server.requests[0].headers["Authorization"] == "Bearer T"


async def test_a_place_within_the_message_is_where_it_goes_on(server):
    server.scripts = [[line(1, attributes={"at": "a1"}), line(2, attributes={"at": "b2"}), None], [line(3)]]
    wanted = options(server, cursor_field="attributes.at", cursor_parameter="since")
    async with collecting("feed", wanted, position={"cursor": "zero"}) as source:
        await source.until(lambda: len(source.events) == 3)
        assert not source.counted(Metric.COLLECT_GAPS)
    assert [request.query.get("since") for request in server.requests] == ["zero", "b2"]
    assert source.position == {"cursor": "b2"}


async def test_server_sent_events_go_on_from_their_last_id(server):
    server.content_type = "text/event-stream"
    server.scripts = [[b"id: 41\ndata: " + line(1) + b"\n", b": beat\n\n", None], [b"data: " + line(2) + b"\n"]]
    async with collecting("feed", options(server)) as source:
        await source.until(lambda: len(source.events) == 2)
        assert not source.counted(Metric.COLLECT_GAPS)
    assert [request.headers.get("Last-Event-ID") for request in server.requests] == [None, "41"]


async def test_a_stream_without_a_place_tells_what_it_loses(server):
    server.scripts = [[line(1), None], [line(2)]]
    async with collecting("feed", options(server)) as source:
        await source.until(lambda: len(source.events) == 2)
        assert source.counted(Metric.COLLECT_GAPS) == 1
    assert source.position is None


async def test_a_line_that_is_far_too_long_is_left_out_and_told(server):
    server.scripts = [[b"x" * 1_100_000, b"y\n", line(2)]]
    async with collecting("feed", options(server)) as source:
        await source.until(lambda: source.events)
        assert source.counted(Metric.COLLECT_GAPS) == 1


async def test_a_websocket_is_told_what_is_wanted_and_read_by_the_mapping_that_is_named(server):
    server.scripts = [[json.dumps({"event": "update", "payload": json.dumps(ROOT)}), b"\xff\xfe", None], []]
    wanted = options(server, "socket", mapping="mastodon", instance="social.example", send=[{"type": "subscribe"}])
    async with collecting("feed", wanted, clock=FixedClock(1_800_000_000_000_000)) as source:
        await source.until(lambda: server.heard)
    assert [made["kind"] for made in source.events] == ["post"]
    assert source.letters == [("unknown_shape", b"\xff\xfe")]
    assert server.heard == [{"type": "subscribe"}]


async def test_an_answer_that_is_no_stream_is_told(server):
    async with collecting("feed", options(server, "nowhere")) as source:
        await source.until(lambda: source.counted(Metric.COLLECT_FAILURES))
        assert "127.0.0.1 answered 404" in source.told


@pytest.mark.parametrize("path", ["stream", "socket"])
async def test_a_server_that_takes_the_connection_and_says_nothing_is_left(path, monkeypatch):
    monkeypatch.setattr(sockets, "ANSWER_S", 0.2)
    over = asyncio.Event()

    async def silent(_reader, writer):
        await over.wait()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        scheme = {"stream": "http", "socket": "ws"}[path]
        wanted = {"kind": "stream", "url": f"{scheme}://127.0.0.1:{port}/x"}
        async with collecting("feed", wanted) as source:
            await source.until(lambda: "no answer within 0.2 s" in source.told)
        over.set()

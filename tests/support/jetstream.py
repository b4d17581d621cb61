"""A local Jetstream: replays its log from the cursor on, then tails it; both wires. And the public API's `getProfiles`."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web
from support.platform_samples.bluesky import commit, post, ref

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NSID = "network.bsky.jetstream.subscribeEvents"
START_US = 1_780_000_000_000_000
SECOND_US = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def spread(did, rkey, subject, via=None, time_us=START_US, kind="repost"):
    """A repost (or like) of a post, perhaps through somebody's repost."""
    record = {"subject": ref(subject), "createdAt": iso(time_us)} | ({"via": ref(via)} if via else {})
    return commit(did, f"feed.{kind}", rkey, record) | {"time_us": time_us}


def posted(did, rkey, time_us=START_US, **facts):
    return post(did, rkey, createdAt=iso(time_us), **facts) | {"time_us": time_us}


def deleted(did, rkey, time_us=START_US, kind="repost"):
    return commit(did, f"feed.{kind}", rkey, operation="delete") | {"time_us": time_us}


def uri(did, rkey, kind="repost"):
    return f"at://{did}/app.bsky.feed.{kind}/{rkey}"


def iso(time_us):
    return (EPOCH + timedelta(microseconds=time_us)).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Jetstream:
    """What the server has, what it was asked, and how it misbehaves."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        """Events (dict), or raw frames (str or bytes) that are sent as they are to whoever passes their place."""
        self.queries: list[Any] = []
        self.hellos: list[Any] = []
        self.floor_us = 0
        self.break_after: list[int] = []
        """For each of the next connections: after so many frames it is cut off in the middle of one."""
        self.is_silent = False
        self.is_packed = True
        self.followers: dict[str, int] = {}
        self.asked: list[list[str]] = []
        self.profiles_status = 200
        self.profiles_wait: asyncio.Event | None = None
        self.sent = 0
        self.url = ""
        self._changed = asyncio.Condition()

    async def add(self, *events: Any) -> None:
        async with self._changed:
            self.log.extend(events)
            self._changed.notify_all()

    @property
    def v1(self) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/subscribe"

    @property
    def v2(self) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/xrpc/{NSID}"

    async def subscribe(self, request: web.Request) -> web.WebSocketResponse:
        query = request.query
        self.queries.append(query)
        is_v2 = request.path.endswith(NSID)
        socket = web.WebSocketResponse(protocols=["xrpc.v1.json"], compress=self.is_packed)
        await socket.prepare(request)
        assert (socket.ws_protocol == "xrpc.v1.json") is is_v2
        collections = set(query.getall("collections" if is_v2 else "wantedCollections", []))
        dids = set(query.getall("dids" if is_v2 else "wantedDids", []))
        if "requireHello" in query:
            self.hellos.append(await socket.receive_json())
            dids = set(self.hellos[-1]["payload"]["wantedDids"])
        cursor = int(query["cursor"]) if "cursor" in query else None
        if is_v2 and cursor is not None and cursor < self.floor_us:
            info = {"$type": f"{NSID}#info", "name": "OutdatedCursor", "message": "resumed from the floor"}
            await socket.send_json({"$type": "message", "payload": info})
        reading = asyncio.create_task(self._until_closed(socket))
        try:
            await self._tell(request, socket, is_v2, cursor, collections, dids)
        finally:
            reading.cancel()
        return socket

    async def _until_closed(self, socket):
        async for _ in socket:
            pass
        async with self._changed:
            self._changed.notify_all()

    async def _tell(self, request, socket, is_v2, cursor, collections, dids):
        left = self.break_after.pop(0) if self.break_after else None
        place = self._first(cursor)
        while not socket.closed:
            async with self._changed:
                await self._changed.wait_for(lambda at=place: at < len(self.log) or socket.closed)
            if socket.closed:
                return
            event, place = self.log[place], place + 1
            if self.is_silent or not _wanted(event, collections, dids):
                continue
            if left == 0:
                request.transport.write(
                    b"\x81\x7e\x04\x00" + b'{"did":"did:plc:half'
                )  # a frame of 1,024 bytes, of which few come
                request.transport.close()
                return
            left = None if left is None else left - 1
            self.sent += 1
            if isinstance(event, bytes):
                await socket._writer.send_frame(event, 1)  # a text frame, whatever its bytes
            else:
                await socket.send_str(event if isinstance(event, str) else _written(event, is_v2, place))

    def _first(self, cursor):
        if cursor is None:
            return len(self.log)
        since = max(cursor, self.floor_us)
        times = [(number, event["time_us"]) for number, event in enumerate(self.log) if isinstance(event, dict)]
        return next((number for number, time_us in times if time_us >= since), len(self.log))

    async def profiles(self, request: web.Request) -> web.Response:
        people = request.query.getall("actors")
        self.asked.append(people)
        if self.profiles_wait is not None:
            await self.profiles_wait.wait()
        if self.profiles_status != 200 or len(people) > 25:
            return web.json_response(
                {"error": "RateLimitExceeded"}, status=self.profiles_status, headers={"Retry-After": "30"}
            )
        known = [
            {"did": did, "handle": "x.example", "followersCount": self.followers[did]}
            for did in people
            if did in self.followers
        ]
        return web.json_response({"profiles": known})


def _wanted(event, collections, dids):
    if not isinstance(event, dict):
        return True
    if dids and event["did"] not in dids:
        return False
    return event["kind"] != "commit" or not collections or event["commit"]["collection"] in collections


def _written(event, is_v2, place):
    if not is_v2:
        return json.dumps(event)
    payload = {"$type": f"{NSID}#{event['kind']}", "seq": place, "did": event["did"], "time": iso(event["time_us"])}
    return json.dumps({"$type": "message", "payload": payload | event[event["kind"]]})


@asynccontextmanager
async def jetstream() -> AsyncIterator[Jetstream]:
    made = Jetstream()
    app = web.Application()
    app.add_routes(
        [
            web.get("/subscribe", made.subscribe),
            web.get(f"/xrpc/{NSID}", made.subscribe),
            web.get("/xrpc/app.bsky.actor.getProfiles", made.profiles),
        ]
    )
    async with serving(app) as made.url:
        yield made


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """The address of an application on a free port of this machine."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()

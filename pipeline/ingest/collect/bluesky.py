"""Bluesky's Jetstream, both wires (`/subscribe` and `network.bsky.jetstream.subscribeEvents`), over aiohttp's WebSocket.

At a reconnect the stream begins `rewind_s` before the last event: Jetstream's order is not strict, other instances differ by seconds, and what
comes twice has the same ids.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Annotated, Any, Final

import aiohttp
import msgspec
from pydantic import Field, StringConstraints
from yarl import URL

from pipeline.ingest.collect.followers import Followers, counting, retry_after_s
from pipeline.ingest.collect.options import Kind, SourceOptions
from pipeline.ingest.collect.positions import EPOCH, moment
from pipeline.ingest.collect.seam import NOT_READ, Piece, Source, SourceError
from pipeline.ingest.collect.sockets import answered, receive
from pipeline.ingest.platforms import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.ingest.collect.seam import Out, Position, Tools
    from pipeline.ingest.platforms import Context

POST: Final = "app.bsky.feed.post"
REPOST: Final = "app.bsky.feed.repost"
V2: Final = "network.bsky.jetstream.subscribeEvents"
MOST_BYTES: Final = 2 * 1024 * 1024
"""Of one message; Jetstream is told to leave larger ones out. Records have 1 MiB at most."""
SILENCE_S: Final = 60.0
QUIET_SILENCE_S: Final = 900.0
"""Few accounts say nothing for long, and each new connection costs the server a search for the place."""
AHEAD_US: Final = 60_000_000
"""A message from further in the future is no place to go on from: everything until then would be skipped."""
MANY_DIDS: Final = 100
"""More than these do not fit into an address: v1 is told them in a message."""
Address = Annotated[str, StringConstraints(pattern=r"^wss?://[^\s/?#@]+/[^\s?#]+$")]
Did = Annotated[str, StringConstraints(pattern=r"^did:[a-z]+:[A-Za-z0-9._:%-]+$")]


class BlueskyOptions(SourceOptions):
    """What the operator may say of a Jetstream source."""

    urls: tuple[Address, ...] = Field(
        ("wss://jetstream2.us-east.bsky.network/subscribe", "wss://jetstream1.us-west.bsky.network/subscribe"),
        min_length=1,
        description="instances of Jetstream (either wire), taken in turn when one fails",
    )
    collections: tuple[str, ...] = Field(
        (POST, REPOST, "app.bsky.feed.like"),
        min_length=1,
        max_length=100,
        description="kinds of records; app.bsky.graph.follow would do as well",
    )
    dids: tuple[Did, ...] = Field((), max_length=10_000, description="only what these accounts do; empty: everybody")
    rewind_s: float = Field(5.0, ge=0, le=3600, description="seconds before the last event from which to go on")
    silence_s: float | None = Field(
        None, gt=0, description="seconds without a message after which to connect anew; null: 60, or 900 with `dids`"
    )
    gap_s: float = Field(60.0, gt=0, description="seconds that the stream may skip before it is told as a gap")
    followers_url: str = Field(
        "https://public.api.bsky.app",
        pattern=r"^(https?://[^\s?#@]+)?$",
        description="where followers are asked; empty: nowhere",
    )
    followers_per_s: float = Field(5.0, gt=0, le=10, description="questions per second, each for 25 accounts")
    followers_ttl_s: float = Field(6 * 3600.0, gt=0, description="seconds that an answer is good for")
    followers_most: int = Field(200_000, ge=25, description="accounts that are remembered (about 200 bytes each)")
    followers_within_s: float = Field(1.0, gt=0, le=30, description="seconds that the stream waits for an answer")


class _Commit(msgspec.Struct, gc=False):
    collection: str = ""
    operation: str = ""
    record: msgspec.Raw = msgspec.Raw(b"")


class _Head(msgspec.Struct, gc=False):
    """What is read of an event of either wire before its mapping sees it."""

    type: str = msgspec.field(name="$type", default="")
    did: str = ""
    time_us: int = 0
    time: datetime | None = None
    name: str = ""
    message: str = ""
    seq: int = 0
    commit: _Commit | None = None
    collection: str = ""
    operation: str = ""
    record: msgspec.Raw = msgspec.Raw(b"")

    def at_us(self) -> int | None:
        """When Jetstream witnessed it, microseconds since 1970."""
        if self.time is not None and self.time.tzinfo is not None:
            return (self.time - EPOCH) // timedelta(microseconds=1)
        return self.time_us or None

    def act(self) -> tuple[str, msgspec.Raw]:
        """The collection and the record of a creation; ("", nothing) for all else."""
        commit = self.commit or self
        return (commit.collection, commit.record) if commit.operation == "create" else ("", msgspec.Raw(b""))


class _Frame(msgspec.Struct, gc=False):
    """The second wire's envelope (atproto proposal 0015)."""

    type: str = msgspec.field(name="$type", default="")
    payload: msgspec.Raw = msgspec.Raw(b"")
    error: str = ""
    message: str = ""


_head = msgspec.json.Decoder(_Head).decode
_frame = msgspec.json.Decoder(_Frame).decode


class Bluesky(Source):
    """One subscription. Its position is the time of the last event, which every instance understands."""

    def __init__(self, name: str, options: BlueskyOptions, context: Context, tools: Tools) -> None:
        super().__init__(name, context)
        self._options, self._session = options, tools.session
        self._clock, self._urls = tools.clock, cycle(options.urls)
        self._silence_s = options.silence_s or (QUIET_SILENCE_S if options.dids else SILENCE_S)
        self._followers = _followers(name, options, tools)

    async def run(self, out: Out, position: Position | None) -> None:
        """See `Source`."""
        last_us = int(position["time_us"]) if position and "time_us" in position else None
        url = subscription(next(self._urls), self._options, last_us)
        protocols = ("xrpc.v1.json",) if V2 in url.path else ()
        opening = self._session.ws_connect(
            url, protocols=protocols, max_msg_size=MOST_BYTES + 1, compress=15, decode_text=False
        )
        try:
            async with await answered(opening) as socket:
                out.alive(f"connected to {url.host}")
                await self._greet(socket, url)
                if last_us is None:  # the present is a place too: few accounts may say nothing for long
                    await out.mark({"time_us": self._clock.now_us()})
                await self._read(socket, out, last_us)
        except aiohttp.WSServerHandshakeError as error:
            text = f"{url.host} answered {error.status} {error.message}"
            raise SourceError(text, retry_after_s(error.headers)) from error

    async def _greet(self, socket: aiohttp.ClientWebSocketResponse[bool], url: URL) -> None:
        if "requireHello" in url.query:
            told = {"wantedCollections": self._options.collections, "wantedDids": self._options.dids}
            await socket.send_json({"type": "options_update", "payload": {**told, "maxMessageSizeBytes": MOST_BYTES}})

    async def _read(self, socket: aiohttp.ClientWebSocketResponse[bool], out: Out, last_us: int | None) -> None:
        is_first = True
        while True:
            piece, head = self._piece(await receive(socket, self._silence_s))
            if head and head.type.endswith("#info") and head.name == "OutdatedCursor":
                is_first = False
                out.gap(f"the server begins later than it was asked to: {head.message}")
            if piece.at_us and is_first:
                is_first = False
                self._look_for_gap(out, last_us, piece.at_us)
            await out.put(piece)

    def _piece(self, message: bytes) -> tuple[Piece, _Head | None]:
        """What cannot be read here goes on as it is, without a place: its mapping makes a dead letter of it."""
        try:
            payload = _unwrapped(message)
            head = _head(payload)
        except NOT_READ:
            return Piece(message, REGISTRY["bluesky"]), None
        at_us = head.at_us()
        is_place = at_us is not None and at_us <= self._clock.now_us() + AHEAD_US
        position = {"time_us": at_us} if is_place else None
        return Piece(payload, REGISTRY["bluesky"], position, at_us=at_us), head

    def _look_for_gap(self, out: Out, last_us: int | None, first_us: int) -> None:
        # Few accounts are silent for hours: then nothing can be told from the first event. The second wire says it itself.
        if last_us is not None and not self._options.dids and first_us - last_us > self._options.gap_s * 1e6:
            out.gap(f"the stream has nothing from {moment(last_us).isoformat()} to {moment(first_us).isoformat()}")

    async def look_up(self, pieces: Sequence[Piece]) -> Mapping[str, int]:
        """Followers of those who spread or posted; those who spread go first."""
        if self._followers is None:
            return {}
        spread, posted = [], []
        for piece in pieces:
            did, collection, record = _actor(piece.payload)
            if collection == REPOST or (collection == POST and b"app.bsky.embed.record" in record):
                spread.append(did)
            elif collection == POST and b'"reply"' not in record:
                posted.append(did)
        return await self._followers.of(spread + posted)


def subscription(address: str, options: BlueskyOptions, last_us: int | None) -> URL:
    """The address of the subscription with its filters, from `rewind_s` before `last_us` (None: from now on)."""
    url = URL(address)
    names = ("collections", "dids") if V2 in url.path else ("wantedCollections", "wantedDids")
    query = [(names[0], one) for one in options.collections]
    query += [("kinds", "commit")] if V2 in url.path else []
    if len(options.dids) > MANY_DIDS and V2 not in url.path:
        query = [("requireHello", "true")]
    else:
        query += [(names[1], one) for one in options.dids]
    query.append(("maxMessageSizeBytes", str(MOST_BYTES)))
    if last_us is not None:
        query.append(("cursor", str(last_us - int(options.rewind_s * 1e6))))
    return url.with_query(query)


def _unwrapped(message: bytes) -> bytes:
    """The event within the second wire's envelope; the first wire has none. Raises SourceError when it is the server's last word."""
    frame = _frame(message)
    if frame.type == "error":
        raise SourceError(f"the server ends the stream: {frame.error} {frame.message}".rstrip())
    return bytes(frame.payload) if frame.type in {"message", "event"} else message


def _actor(payload: bytes) -> tuple[str, str, bytes]:
    try:
        head = _head(payload)
    except NOT_READ:
        return "", "", b""
    collection, record = head.act()
    return head.did, collection, bytes(record)


def _followers(name: str, options: BlueskyOptions, tools: Tools) -> Followers | None:
    if not options.followers_url:
        return None
    return Followers(
        tools.session,
        options.followers_url,
        counting(tools.metrics, name),
        per_s=options.followers_per_s,
        ttl_s=options.followers_ttl_s,
        most=options.followers_most,
        within_s=options.followers_within_s,
    )


def _make(name: str, options: Any, context: Context, tools: Tools) -> Source:
    return Bluesky(name, options, context, tools)


KIND: Final = Kind(BlueskyOptions, _make, lambda _options: REGISTRY["bluesky"])

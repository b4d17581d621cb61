"""Any WebSocket, server-sent-events or NDJSON stream whose messages a mapping reads, or that are version-1 events themselves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Literal

import aiohttp
import msgspec
from pydantic import Field, JsonValue, SecretStr, model_validator
from yarl import URL

from pipeline.ingest.collect.events import EVENTS
from pipeline.ingest.collect.followers import retry_after_s
from pipeline.ingest.collect.lines import MOST_BYTES, Events, Lines, Told
from pipeline.ingest.collect.options import Kind, SourceOptions
from pipeline.ingest.collect.seam import NOT_READ, Piece, Source, SourceError
from pipeline.ingest.collect.sockets import answered, receive
from pipeline.ingest.platforms import REGISTRY

if TYPE_CHECKING:
    from pipeline.ingest.collect.seam import Out, Position, Tools
    from pipeline.ingest.platforms import Context, PlatformMapping

OK: Final = 200
PEOPLE_BY_ADDRESS: Final = frozenset({"sendgrid", "mailgun", "postmark", "ses", "activecampaign"})
"""Mappings that make pseudonyms."""


class StreamOptions(SourceOptions):
    """What the operator says of a stream."""

    url: str = Field(
        pattern=r"^(wss?|https?)://[^\s#@]+$",
        description="ws, wss: a WebSocket; http, https: server-sent events or lines",
    )
    format: Literal["", "sse", "ndjson"] = Field(
        "", description="of http: sse or ndjson; empty: as the answer's Content-Type says"
    )
    mapping: str = Field(
        "events",
        description="who reads the messages: a platform's name as in docs/platforms.md; events: they are version-1 events",
    )
    headers: dict[str, SecretStr] = Field(
        default_factory=dict, description='request headers: {"Authorization": "Bearer …"}'
    )
    send: tuple[JsonValue, ...] = Field(
        (), description="JSON messages to a WebSocket once it is open, such as a subscription"
    )
    instance: str = Field("", description="host, for mappings of platforms of many servers")
    cursor_field: str = Field(
        "", description="where a message has its place in the stream, dotted: data.cursor; empty: it has none"
    )
    cursor_parameter: str = Field("cursor", description="query parameter that takes that place at a reconnect")
    silence_s: float = Field(
        60.0, gt=0, description="seconds without a byte (WebSocket: a message) after which to connect anew"
    )

    @model_validator(mode="after")
    def _is_known(self) -> StreamOptions:
        if self.mapping != "events" and self.mapping not in REGISTRY:
            raise ValueError(f"there is no mapping {self.mapping!r}: events, or one of {', '.join(sorted(REGISTRY))}")
        return self


class Stream(Source):
    """One stream. Its position: the last message's place where there is one (`cursor_field`), or the last id of server-sent events.

    A stream with neither begins at the present after each pause: what it told meanwhile is lost, and told as a gap.
    """

    def __init__(self, name: str, options: StreamOptions, context: Context, tools: Tools) -> None:
        super().__init__(name, context)
        self._options, self._session = options, tools.session
        self._mapping = mapping(options)
        self._path = tuple(filter(None, options.cursor_field.split(".")))
        self._headers = {name: value.get_secret_value() for name, value in options.headers.items()}
        self._was_connected = False

    async def run(self, out: Out, position: Position | None) -> None:
        """See `Source`."""
        url, headers = self._request(position)
        if url.scheme in {"ws", "wss"}:
            await self._talk(url, headers, out)
        else:
            await self._listen(url, headers, out)

    def _request(self, position: Position | None) -> tuple[URL, dict[str, str]]:
        url, headers = URL(self._options.url), dict(self._headers)
        if position and "cursor" in position:
            url = url.update_query({self._options.cursor_parameter: str(position["cursor"])})
        if position and position.get("last_event_id"):
            headers["Last-Event-ID"] = str(position["last_event_id"])
        return url, headers

    def _opened(self, out: Out, url: URL, *, goes_on: bool) -> None:
        out.alive(f"connected to {url.host}")
        if self._was_connected and not goes_on:
            out.gap("the stream has no place to go on from: what it told while there was no connection is missing")
        self._was_connected = True

    async def _talk(self, url: URL, headers: dict[str, str], out: Out) -> None:
        opening = self._session.ws_connect(
            url, headers=headers, max_msg_size=MOST_BYTES, compress=15, decode_text=False
        )
        try:
            async with await answered(opening) as socket:
                self._opened(out, url, goes_on=bool(self._path))
                for message in self._options.send:
                    await socket.send_json(message)
                while True:
                    await out.put(self._piece(await self._message(socket, out)))
        except aiohttp.WSServerHandshakeError as error:
            raise SourceError(
                f"{url.host} answered {error.status} {error.message}", retry_after_s(error.headers)
            ) from error

    async def _message(self, socket: aiohttp.ClientWebSocketResponse[bool], out: Out) -> bytes:
        try:
            return await receive(socket, self._options.silence_s)
        except SourceError:
            if socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
                out.gap("a message of more than 1 MiB was left out")
            raise

    async def _listen(self, url: URL, headers: dict[str, str], out: Out) -> None:
        accept = {"Accept": "text/event-stream, application/x-ndjson", "Accept-Encoding": "identity"}
        async with await answered(self._session.get(url, headers=accept | headers)) as response:
            if response.status != OK:
                raise SourceError(f"{url.host} answered {response.status}", retry_after_s(response.headers))
            is_sse = (self._options.format or response.content_type) in {"sse", "text/event-stream"}
            parts: Events | Lines = Events() if is_sse else Lines()
            self._opened(out, url, goes_on=is_sse or bool(self._path))
            while data := await self._bytes(response.content):
                out.alive(f"connected to {url.host}")
                for part in parts.feed(data):
                    await self._put(out, part)

    async def _bytes(self, content: aiohttp.StreamReader) -> bytes:
        try:
            async with asyncio.timeout(self._options.silence_s):
                return await content.readany()
        except TimeoutError:
            raise SourceError(f"nothing came for {self._options.silence_s:g} s") from None

    async def _put(self, out: Out, part: Told | bytes | None) -> None:
        if part is None:
            out.gap("a message of more than 1 MiB was left out")
        elif isinstance(part, Told):
            await out.put(self._piece(part.data, {"last_event_id": part.id} if part.id else None))
        elif part.strip():  # an empty line is a sign of life
            await out.put(self._piece(part))

    def _piece(self, payload: bytes, position: Position | None = None) -> Piece:
        cursor = self._cursor(payload) if self._path else None
        return Piece(payload, self._mapping, position if cursor is None else {**(position or {}), "cursor": cursor})

    def _cursor(self, payload: bytes) -> str | int | None:
        try:
            found = msgspec.json.decode(payload)
        except NOT_READ:
            return None
        for name in self._path:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, str | int) and not isinstance(found, bool) else None


def mapping(options: StreamOptions) -> PlatformMapping:
    """Who reads its messages."""
    return EVENTS if options.mapping == "events" else REGISTRY[options.mapping]


def _make(name: str, options: Any, context: Context, tools: Tools) -> Source:
    return Stream(name, options, context, tools)


KIND: Final = Kind(
    StreamOptions,
    _make,
    mapping,
    lambda options: options.instance,
    lambda options: options.mapping in PEOPLE_BY_ADDRESS,
)

"""Mastodon's streams (server-sent events), and the timelines over REST for what was missed: a stream remembers nothing.

The stream is opened first and read after the timeline has been caught up with, so nothing falls between the two. What deletes tell is lost while
nobody listens: timelines only have what is still there.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import msgspec
from pydantic import Field, SecretStr, model_validator
from yarl import URL

from pipeline.ingest.collect.conversations import Conversations
from pipeline.ingest.collect.followers import counting, retry_after_s
from pipeline.ingest.collect.lines import Events
from pipeline.ingest.collect.options import Kind, SourceOptions
from pipeline.ingest.collect.seam import NOT_READ, Piece, Source, SourceError
from pipeline.ingest.collect.sockets import answered
from pipeline.ingest.platforms import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import aiohttp

    from pipeline.ingest.collect.lines import Told
    from pipeline.ingest.collect.seam import Out, Position, Tools
    from pipeline.ingest.platforms import Context, Mapped

PAGE: Final = 40
"""Most statuses of one page that Mastodon gives."""
ASK_S: Final = 20.0
MS_BITS: Final = 16
"""An id of Mastodon is milliseconds since 1970, shifted by so many bits."""
NOTIFICATIONS: Final = "/api/v1/notifications"


class _Stream(NamedTuple):
    """A stream and the timelines that have the same statuses, each with the name of its place."""

    path: str
    timelines: tuple[tuple[str, str], ...]
    query: str = ""


STREAMS: Final = {
    "user": _Stream("user", (("status", "/api/v1/timelines/home"), ("notification", NOTIFICATIONS))),
    "public": _Stream("public", (("status", "/api/v1/timelines/public"),)),
    "public:local": _Stream("public/local", (("status", "/api/v1/timelines/public?local=true"),)),
    "public:remote": _Stream("public/remote", (("status", "/api/v1/timelines/public?remote=true"),)),
    "hashtag": _Stream("hashtag", (("status", "/api/v1/timelines/tag/{of}"),), "tag"),
    "list": _Stream("list", (("status", "/api/v1/timelines/list/{of}"),), "list"),
}


class MastodonOptions(SourceOptions):
    """What the operator may say of a Mastodon source."""

    url: str = Field(pattern=r"^https?://[^\s/?#@]+$", description="the server: https://mastodon.example")
    token: SecretStr = Field(description="access token with read scopes; streams need one since 4.2")
    stream: Literal["user", "public", "public:local", "public:remote", "hashtag", "list"] = Field(
        "user", description="user: home timeline and notifications of the token's account, the only one that has boosts"
    )
    of: str = Field("", pattern=r"^[^\s/?#&]*$", description="the tag of a hashtag stream, the id of a list")
    silence_s: float = Field(
        60.0, gt=0, description="seconds without a byte after which to connect anew (it beats every 15 s)"
    )
    rewind_s: float = Field(
        30.0,
        ge=0,
        le=3600,
        description="seconds before the last status from which to catch up: ids do not arrive in order",
    )
    pages: int = Field(
        100, ge=1, description="pages of 40 that are caught up with after a pause; what is older is a gap"
    )
    parents_per_s: float = Field(0.5, gt=0, le=1, description="questions per second for the threads of replies")
    parents_most: int = Field(100_000, ge=100, description="statuses whose thread is remembered (about 300 bytes each)")
    parents_within_s: float = Field(2.0, gt=0, le=30, description="seconds that the stream waits for an answer")

    @model_validator(mode="after")
    def _is_whole(self) -> MastodonOptions:
        if bool(STREAMS[self.stream].query) != bool(self.of):
            raise ValueError("`of` names the tag of a hashtag stream or the id of a list, and only theirs")
        return self


class _Numbered(msgspec.Struct, gc=False):
    id: str


_numbered = msgspec.json.Decoder(_Numbered).decode
_page = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Mastodon(Source):
    """One stream of one server. Its position is the newest id of each timeline."""

    def __init__(self, name: str, options: MastodonOptions, context: Context, tools: Tools) -> None:
        self._options, self._session = options, tools.session
        self._stream = STREAMS[options.stream]
        self._headers = {"Authorization": f"Bearer {options.token.get_secret_value()}"}
        self._threads = Conversations(self.get, context, options, counting(tools.metrics, name), tools.clock)
        self._newest: dict[str, str] = {}
        super().__init__(name, self._threads.context)

    async def run(self, out: Out, position: Position | None) -> None:
        """See `Source`."""
        self._newest = dict(position or {})
        url = URL(f"{self._options.url}/api/v1/streaming/{self._stream.path}")
        if self._stream.query:
            url = url.with_query({self._stream.query: self._options.of})
        headers = self._headers | {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        async with await answered(self._session.get(url, headers=headers)) as response:
            _require_ok(response)
            out.alive(f"connected to {url.host}")
            for place, timeline in self._stream.timelines:
                path = timeline.format(of=self._options.of)
                await (self._catch_up(out, place, path) if place in self._newest else self._begin(out, place, path))
            await self._listen(response.content, out)

    async def _listen(self, content: aiohttp.StreamReader, out: Out) -> None:
        events = Events()
        while True:
            try:
                async with asyncio.timeout(self._options.silence_s):
                    data = await content.readany()
            except TimeoutError:
                raise SourceError(f"nothing came for {self._options.silence_s:g} s") from None
            if not data:
                return
            out.alive()
            for told in events.feed(data):
                await self._put(out, told)

    async def _put(self, out: Out, told: Told | None) -> None:
        if told is None:
            out.gap("an event of more than 1 MiB was left out")
            return
        text = told.data.decode("utf-8", "replace")
        payload = msgspec.json.encode({"event": told.event, "data": text})
        place = {"update": "status", "notification": "notification"}.get(told.event)
        await out.put(self._piece(payload, place, told.data))

    def _piece(self, payload: bytes, place: str | None, about: bytes) -> Piece:
        """`about`: the status or notification, whose id moves the place."""
        position = None
        if place is not None:
            try:
                self._newest[place] = max(self._newest.get(place, ""), _numbered(about).id, key=_order)
                position = dict(self._newest)
            except NOT_READ:
                pass  # no place to go on from; its mapping makes a dead letter of it
        return Piece(payload, REGISTRY["mastodon"], position)

    async def _begin(self, out: Out, place: str, path: str) -> None:
        """The present is a place too: what comes while we are away for the first time is not lost."""
        page = await self._items(path, {"limit": "1"})
        self._newest[place] = _id(page[0]) if page else "0"
        await out.mark(dict(self._newest))

    async def _catch_up(self, out: Out, place: str, path: str) -> None:
        """What the timeline has since the last id that was seen, the oldest first."""
        last = _earlier(self._newest[place], self._options.rewind_s)
        for _ in range(self._options.pages):
            page = await self._items(path, {"min_id": last, "limit": str(PAGE)})
            for item in reversed(page):
                payload = b'{"event":"notification","data":%b}' % item if path == NOTIFICATIONS else item
                await out.put(self._piece(payload, place, item))
            if not page:
                return
            last = _id(page[0])
        out.gap(
            f"more than {self._options.pages} pages of {path} were missed: what lies between {last} and now is left out"
        )

    async def _items(self, path: str, query: Mapping[str, str]) -> list[bytes]:
        body = await self.get(path, query)
        try:
            return [bytes(item) for item in _page(body)]
        except NOT_READ:
            raise SourceError(f"{path} answered something else than a list") from None

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """The answer to a question. Raises SourceError when it is refused, and what aiohttp raises."""
        url = URL(self._options.url + path).update_query(query or {})
        async with asyncio.timeout(ASK_S), self._session.get(url, headers=self._headers) as response:
            _require_ok(response)
            return await response.read()

    async def look_up(self, pieces: Sequence[Piece]) -> Mapping[str, int]:
        """Audiences are in the payload; what is looked up are the threads of replies to posts that were not seen."""
        await self._threads.complete([piece.payload for piece in pieces])
        return {}

    def saw(self, mapped: Mapped) -> None:
        """See `Source`."""
        self._threads.saw(mapped)


def _require_ok(response: aiohttp.ClientResponse) -> None:
    if response.status == HTTPStatus.OK:
        return
    text = f"{response.url.host} answered {response.status} to {response.url.path}"
    if response.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        text += ": the token is not good for this stream"
    raise SourceError(text, retry_after_s(response.headers))


def _order(number: str) -> tuple[int, str]:
    """Ids are decimal numbers as text, of different lengths."""
    return len(number), number


def _earlier(number: str, seconds: float) -> str:
    if not number.isdecimal():
        return number
    return str(max(0, int(number) - (int(seconds * 1000) << MS_BITS)))


def _id(item: bytes) -> str:
    try:
        return _numbered(item).id
    except NOT_READ:
        raise SourceError("a timeline has an item without id: it cannot be paged through") from None


def _make(name: str, options: Any, context: Context, tools: Tools) -> Source:
    return Mastodon(name, options, context, tools)


def _instance(options: MastodonOptions) -> str:
    url = URL(options.url)
    return str(url.host if url.is_default_port() else url.authority)


KIND: Final = Kind(MastodonOptions, _make, lambda _options: REGISTRY["mastodon"], _instance)

"""`/l/<token>` and its script: visitors go on to the page that is registered, whatever else happens."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiohttp import web

from pipeline.ingest.http.limits import Limiter
from pipeline.ingest.http.problems import ProblemError
from pipeline.ingest.links.acts import click, share
from pipeline.ingest.links.registry import load, number
from pipeline.ingest.links.token import CHANNELS, Token, issue, read
from pipeline.ingest.links.visitors import Visitor, judge, owner
from pipeline.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.ingest.http.doors import Doors
    from pipeline.ingest.links.registry import Link, Registry
    from schemas.wire import WireEvent

DOOR: Final = "/l"
SCRIPT: Final = Path(__file__).parent / "l.js"
WAIT_S: Final = 2.0
"""A visitor does not wait longer for Kafka. The next visit proves the same share again."""
VISITS_PER_S: Final = 20.0
"""Of one address; more than a person, a family or an office makes. Those beyond are sent on without being counted."""
_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class Arrival(NamedTuple):
    """By what a visitor came: the link, the visit that shared it (None: nobody, the link itself), and the channel."""

    name: str
    link: Link
    token: Token | None
    channel: str


class LinksDoor:
    """Raises UsageError when the settings of the links do not work. Without links every address of it is 404."""

    def __init__(self, doors: Doors, address_of: Callable[[web.Request], str]) -> None:
        self._doors, self._address_of = doors, address_of
        self._registry: Registry = load(doors.settings)
        self._limiter = Limiter()
        self._script = SCRIPT.read_bytes()

    def routes(self) -> list[web.RouteDef]:
        """Where it answers."""
        return [
            web.get("/l.js", self.script),
            web.get("/l/{place}", self.go),
            web.post("/l/visit", self.visit),
            web.post("/l/share", self.share),
        ]

    async def script(self, _request: web.Request) -> web.Response:
        """The script for pages: `<script src=".../l.js" data-link="name" async></script>`."""
        headers = {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "cross-origin"}
        return web.Response(body=self._script, content_type="text/javascript", headers=headers)

    async def go(self, request: web.Request) -> web.Response:
        """302 to the registered page, with the visitor's own token behind it. Raises ProblemError `not-found` for what we did not make."""
        came = self._arrival(request.match_info["place"])
        token, events = self._visit(request, came)
        try:
            async with asyncio.timeout(WAIT_S):
                await self._deliver(events)
        except (TimeoutError, ProblemError):
            self._count("lost")
        target = f"{came.link.url}#s={token.write(self._registry.keys[0])}" if token else came.link.url
        return web.Response(status=302, headers={"Location": target, **_HEADERS})

    async def visit(self, request: web.Request) -> web.Response:
        """A page's script says that somebody is there; the answer is his token, or none. Raises ProblemError."""
        said = await self._said(request)
        came = self._arrival(str(said.get("token") or said.get("link")))
        headers = _allowed(request, came.link)
        token, events = self._visit(request, came, page=False, consent=said.get("consent") is True)
        await self._deliver(events)
        return _json({"token": token.write(self._registry.keys[0]) if token else None}, headers)

    async def share(self, request: web.Request) -> web.Response:
        """A page's script says that the visitor shares his link by a channel. Raises ProblemError, also when the token is another's."""
        said = await self._said(request)
        came = self._arrival(f"{said.get('token')}~{said.get('channel')}")
        headers = _allowed(request, came.link)
        wanted = judge(
            request.headers, self._doors.settings.links_privacy, page=False, consent=said.get("consent") is True
        )
        if came.token is None or not self._is_own(request, came.token):
            raise ProblemError("forbidden", "that is not your token")
        if wanted is Visitor.PERSON:
            await self._deliver([share(came.token, came.channel, came.link)])
        return _json({"shared": wanted is Visitor.PERSON}, headers)

    def _arrival(self, place: str) -> Arrival:
        text, _, channel = place.partition("~")
        token = read(text, self._registry.keys)
        name = self._registry.by_number.get(token.link) if token else text
        link = self._registry.by_name.get(name or "")
        if link is None or name is None or (channel or "web") not in CHANNELS:
            raise ProblemError("not-found", "there is no such link")
        return Arrival(name, link, token, channel or "web")

    def _visit(
        self, request: web.Request, came: Arrival, *, page: bool = True, consent: bool = False
    ) -> tuple[Token | None, list[WireEvent]]:
        """The token that the visitor goes on with, and what is to be told. Who is not counted hands on the token that he came with."""
        outcome = self._outcome(request, came, page=page, consent=consent)
        self._count(outcome)
        if outcome != Visitor.PERSON.value:
            return came.token, []
        now_s = self._doors.clock.now_us() // 1_000_000
        child = issue(
            number(came.name), now_s, self._owner(request, now_s, self._registry.keys[0]), came.token, came.channel
        )
        proved = [share(came.token, came.channel, came.link)] if came.token else []
        return child, [*proved, click(child, came.token, came.link)]

    def _outcome(self, request: web.Request, came: Arrival, *, page: bool, consent: bool) -> str:
        judged = judge(request.headers, self._doors.settings.links_privacy, page=page, consent=consent)
        if request.method == "HEAD":
            judged = Visitor.PROGRAM
        if judged is Visitor.PERSON and came.token and self._is_own(request, came.token):
            return "own"
        if judged is Visitor.PERSON and not self._has_room(self._address_of(request)):
            return "crowded"
        return str(judged.value)

    def _has_room(self, address: str) -> bool:
        try:
            self._limiter.check(address, VISITS_PER_S, "visits")
        except ProblemError:
            return False
        self._limiter.take(address, VISITS_PER_S)
        return True

    def _is_own(self, request: web.Request, token: Token) -> bool:
        return any(self._owner(request, token.issued_s, key) == token.owner for key in self._registry.keys)

    def _owner(self, request: web.Request, moment_s: int, key: bytes) -> int:
        return owner(key, moment_s, self._address_of(request), request.headers.get("User-Agent", ""))

    async def _said(self, request: web.Request) -> dict[str, Any]:
        async with self._doors.bodies.raw(request) as body:
            try:
                said = json.loads(body)
            except (ValueError, RecursionError):
                said = None
        if not isinstance(said, dict):
            raise ProblemError("bad-request", "a JSON object, please")
        return said

    async def _deliver(self, events: list[WireEvent]) -> None:
        if events:
            await self._doors.deliver([self._doors.event(event) for event in events])
            self._doors.metrics.add(Metric.DOOR_EVENTS, len(events), DOOR)

    def _count(self, outcome: str) -> None:
        self._doors.metrics.add(Metric.LINK_VISITS, 1, outcome)


def _allowed(request: web.Request, link: Link) -> dict[str, str]:
    """Only the page that the link leads to may ask for tokens by script."""
    if request.headers.get("Origin") != link.origin:
        raise ProblemError("forbidden", "not from this page")
    return {"Access-Control-Allow-Origin": link.origin, "Vary": "Origin"}


def _json(document: dict[str, object], headers: dict[str, str]) -> web.Response:
    return web.Response(
        body=json.dumps(document).encode(), content_type="application/json", headers={**_HEADERS, **headers}
    )

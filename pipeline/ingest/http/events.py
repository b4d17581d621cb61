"""`POST /v1/events`: version-1 events, one, an array, or a line each."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import web

from pipeline.ingest.http.problems import ProblemError
from pipeline.ingest.http.received import Received
from pipeline.ingest.http.signatures import standard
from pipeline.metrics import Metric
from schemas.check import check
from schemas.dead_letter import RefusedError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from pipeline.ingest.http.doors import Doors
    from pipeline.ingest.http.keys import Token
    from pipeline.ingest.http.sender import Entry

DOOR: Final = "/v1/events"
LINES: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
MOST_TOLD: Final = 50
"""Refused events that an answer names; where all or nothing is taken, the rest is not even looked at."""
PAUSE_EVERY: Final = 200
"""Events judged before others get their turn."""
REFUSED_COSTS: Final = 20
"""A refused event takes as long as so many good ones: the slow model words the reason."""
MOST_EVENTS: Final = 20_000
_SIGNED: Final = "webhook-signature"

_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


class EventsDoor:
    """Judges events as the worker will, and answers when Kafka has them.

    All or nothing, unless the request says `Prefer: handling=lenient`: then good events are taken, and refused ones become dead letters.
    Sending a request again is harmless: events are deduplicated by their id.
    """

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def post(self, request: web.Request) -> web.Response:
        """202 when every event is acknowledged by all in-sync replicas. Raises ProblemError."""
        signed = _SIGNED in request.headers
        token = self._signer(request) if signed else self._bearer(request)
        self._doors.limiter.check(token.name, token.events_per_s, "events")
        async with self._body(request, signed=signed) as body:
            if signed:
                standard(self._received(request, body), [one.get_secret_value() for one in token.signing_secrets])
            values = split(request.content_type, body)
            self._doors.limiter.take(token.name, token.events_per_s, len(values))
            return await _Judgement(self._doors, token, lenient=is_lenient(request)).of(values)

    def _body(self, request: web.Request, *, signed: bool) -> AbstractAsyncContextManager[bytes]:
        return self._doors.bodies.raw(request) if signed else self._doors.bodies.plain(request)

    def _bearer(self, request: web.Request) -> Token:
        scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
        token = self._doors.keyring.bearer(presented.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            raise ProblemError("unauthorized", "send Authorization: Bearer <token>, or sign as Standard Webhooks do")
        return token

    def _signer(self, request: web.Request) -> Token:
        signers = self._doors.keyring.signers
        token = signers.get(request.query.get("key", next(iter(signers), "") if len(signers) == 1 else ""))
        if token is None:
            raise ProblemError("unauthorized", "name the entry whose secret signs: /v1/events?key=NAME")
        return token

    def _received(self, request: web.Request, body: bytes) -> Received:
        now_s = self._doors.clock.now_us() / 1e6
        return Received(request.method, request.path_qs, request.headers, request.query, body, now_s)


class _Judgement:
    """What becomes of the events of one request."""

    def __init__(self, doors: Doors, token: Token, *, lenient: bool) -> None:
        self._doors, self._token, self._lenient = doors, token, lenient
        self._now_ms = doors.clock.now_us() // 1000
        self._entries: list[Entry] = []
        self._told: list[dict[str, object]] = []
        self._refused = 0
        self._forbidden = False
        self._work = 0

    async def of(self, values: list[bytes]) -> web.Response:
        """The answer, once Kafka has what is sent. Strict: nothing is sent when one event is refused, and the problem is raised."""
        for index, value in enumerate(values):
            self._one(index, value)
            if self._refused and not self._lenient and len(self._told) >= MOST_TOLD:
                break
            if self._work >= PAUSE_EVERY:
                self._work = 0
                await asyncio.sleep(0)
        if self._refused and not self._lenient:
            raise self._problem(len(values))
        await self._doors.deliver(self._entries)
        return self._answer(len(values) - self._refused)

    def _one(self, index: int, value: bytes) -> None:
        self._work += 1
        try:
            event = check(value, self._now_ms)
        except RefusedError as refused:
            self._tell(index, refused.reason, refused.detail)
            if self._lenient:
                self._entries.append(self._doors.letter(DOOR, refused.with_traceback(None), value))
            return
        if why := self._token.refusal(event):
            # Not a dead letter: what nobody may send shall not be kept.
            self._forbidden = True
            self._tell(index, "forbidden", f"this token may not send {why}")
        else:
            self._entries.append(self._doors.event(event, value))

    def _tell(self, index: int, reason: str, detail: str) -> None:
        self._refused += 1
        self._work += REFUSED_COSTS
        if len(self._told) < MOST_TOLD:
            self._told.append({"index": index, "reason": reason, "detail": detail})

    def _problem(self, count: int) -> ProblemError:
        kind = "forbidden" if self._forbidden else "event-refused"
        few = "at least " if len(self._told) >= MOST_TOLD else ""
        return ProblemError(
            kind, f"{few}{self._refused} of {count} events are refused, and none was taken", errors=self._told
        )

    def _answer(self, accepted: int) -> web.Response:
        self._doors.metrics.add(Metric.DOOR_EVENTS, accepted, DOOR)
        body: dict[str, object] = {"accepted": accepted}
        headers = {"Preference-Applied": "handling=lenient"} if self._lenient else None
        if self._refused:
            body |= {"refused": self._refused, "errors": self._told}
        return web.Response(
            status=202, body=json.dumps(body).encode(), content_type="application/json", headers=headers
        )


def split(content_type: str, body: bytes) -> list[bytes]:
    """The single events of a body. Raises ProblemError when the body as a whole cannot be read."""
    if content_type in LINES:
        values = [line for line in body.split(b"\n") if line.strip()]
    elif content_type == "application/json" or content_type.endswith("+json"):
        values = _elements(body) if body.lstrip(b" \t\r\n")[:1] == b"[" else [body]
    else:
        raise ProblemError("wrong-type", f"application/json or {min(LINES)}, please")
    if not values or not body.strip():
        raise ProblemError("bad-request", "there is no event in the body")
    if len(values) > MOST_EVENTS:
        raise ProblemError("too-large", f"a request may have {MOST_EVENTS} events", limit_events=MOST_EVENTS)
    return values


def _elements(body: bytes) -> list[bytes]:
    try:
        return [bytes(raw) for raw in _array(body)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError("bad-request", f"the array cannot be read: {error}"[:300]) from None


def is_lenient(request: web.Request) -> bool:
    """Whether RFC 7240's `Prefer: handling=lenient` is asked for."""
    wanted = ",".join(request.headers.getall("Prefer", []))
    return any(one.strip().lower() == "handling=lenient" for one in wanted.split(","))

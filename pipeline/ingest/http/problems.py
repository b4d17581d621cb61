"""What is answered when a request is not taken: RFC 9457 problem details, of a closed list of kinds.

`type` is an address below `/problems`, where the same list can be read.
"""

from __future__ import annotations

import json
import math
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple

from aiohttp import web

CONTENT_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """One kind of problem: its status, its title, and what the sender should do."""

    status: HTTPStatus
    title: str
    remedy: str


KINDS = MappingProxyType(
    {
        "unauthorized": Kind(
            HTTPStatus.UNAUTHORIZED, "Who is asking?", "Send a token or a signature that this door knows."
        ),
        "bad-signature": Kind(
            HTTPStatus.UNAUTHORIZED,
            "The signature does not fit",
            "Sign the bytes as they are sent, with a live secret, and check the clock.",
        ),
        "forbidden": Kind(
            HTTPStatus.FORBIDDEN,
            "Not within the token's scope",
            "Ask for a token with that platform, campaign or kind.",
        ),
        "not-found": Kind(HTTPStatus.NOT_FOUND, "There is no such door", "See /openapi.json for those that exist."),
        "wrong-method": Kind(HTTPStatus.METHOD_NOT_ALLOWED, "Not with this method", "See the Allow header."),
        "slow-body": Kind(HTTPStatus.REQUEST_TIMEOUT, "The body took too long", "Send it again, faster or in parts."),
        "too-large": Kind(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Too large", "Send less at once."),
        "wrong-type": Kind(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content type or encoding is not read here", "See /openapi.json."
        ),
        "bad-request": Kind(
            HTTPStatus.BAD_REQUEST, "The request cannot be read", "Correct it; sending it again helps not."
        ),
        "event-refused": Kind(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "Events break the contract",
            "Correct those that are named; nothing of the request was taken.",
        ),
        "too-many": Kind(HTTPStatus.TOO_MANY_REQUESTS, "Too many", "Wait as Retry-After says, then send it again."),
        "overloaded": Kind(
            HTTPStatus.SERVICE_UNAVAILABLE, "Not now", "Wait as Retry-After says, then send the same again."
        ),
    }
)


class ProblemError(Exception):
    """A request that is not taken. `detail` is for people and repeats no secret; `members` are RFC 9457 extension members."""

    def __init__(self, kind: str, detail: str, *, retry_after_s: float | None = None, **members: object) -> None:
        super().__init__(kind, detail)
        self.kind, self.detail, self.retry_after_s, self.members = kind, detail, retry_after_s, members

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(KINDS[self.kind].status)

    def document(self) -> dict[str, object]:
        """The problem as RFC 9457 writes it."""
        kind = KINDS[self.kind]
        known = {"type": f"/problems#{self.kind}", "title": kind.title, "status": self.status, "detail": self.detail}
        return {**known, **self.members}

    def response(self) -> web.Response:
        """The answer. A 429 or 503 always says when to come again."""
        headers = {"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"}
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Bearer realm="share-cascades"'
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(max(1, math.ceil(self.retry_after_s)))
        return web.Response(status=self.status, body=json.dumps(self.document()).encode(), headers=headers)


def catalogue() -> dict[str, dict[str, object]]:
    """All kinds, for /problems."""
    return {
        name: {"status": int(kind.status), "title": kind.title, "remedy": kind.remedy} for name, kind in KINDS.items()
    }

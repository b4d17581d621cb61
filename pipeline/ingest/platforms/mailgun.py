"""Mailgun's webhooks: one event each, its signature beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import newsletters, times
from pipeline.ingest.platforms.reading import text_of
from pipeline.ingest.platforms.seam import PlatformMapping, digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = newsletters.covers(
    "webhooks: `clicked`, `opened`",
    "`signature` in the body: HMAC-SHA256 of its timestamp and token, hex",
    "seconds with a fraction",
)
_DELIVERY: Final = frozenset(
    {"accepted", "rejected", "delivered", "failed", "complained", "unsubscribed", "stored", "list_member_uploaded"}
    | {"list_member_upload_error", "list_uploaded", "email_validation"}
)


def _read(payload: Json, scene: Scene) -> Iterable[Made]:
    found = payload["event-data"]
    event = found["event"]
    if event.text() in _DELIVERY:
        return [newsletters.DELIVERY]
    if event.text() not in {"clicked", "opened"}:
        raise event.unknown()
    if text_of(found.get("client-info", "bot")) is not None:
        return [newsletters.MACHINE]
    at, person = times.seconds(found["timestamp"]), found["recipient"]
    act = scene.own("mailgun", text_of(found.get("id")) or _made_id(found, scene))
    if event.text() == "clicked":
        return [newsletters.clicked(act, person, found["url"], at, scene)]
    return [newsletters.opened(act, person, found.get("user-variables", newsletters.CONTENT), at, scene)]


def _made_id(found: Json, scene: Scene) -> str:
    message = text_of(found.get("message", "headers", "message-id")) or ""
    url = text_of(found.get("url")) or ""
    moment = str(found["timestamp"].number())
    return digest(found["event"].text(), message, scene.pseudonym(found["recipient"].text()), url, moment)


MAPPING: Final = PlatformMapping(name="mailgun", platform="email", label="E-mail: Mailgun", covers=_COVERS, read=_read)

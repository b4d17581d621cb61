"""Amazon SES: events published through SNS, whose envelope holds them as a text, or delivered raw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import bodies, newsletters, times
from pipeline.ingest.platforms.reading import Json, id_of, text_of
from pipeline.ingest.platforms.seam import Ignored, PlatformMapping, digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = newsletters.covers(
    "event publishing over SNS, or raw: `Click`, `Open`",
    "SNS: RSA signature in the body, certificate from `sns.*.amazonaws.com`; `SubscribeURL`",
    "ISO",
)
_DELIVERY: Final = frozenset(
    {
        "Send",
        "Reject",
        "Delivery",
        "Bounce",
        "Complaint",
        "Rendering Failure",
        "DeliveryDelay",
        "Subscription",
        "Received",
    }
)
_HANDSHAKES: Final = frozenset({"SubscriptionConfirmation", "UnsubscribeConfirmation"})


def _read(payload: Json, scene: Scene) -> Iterable[Made]:
    kind = payload.get("Type")
    if kind is None:
        return [_event(payload, None, scene)]
    if kind.text() in _HANDSHAKES:
        return [Ignored("a handshake")]
    if kind.text() != "Notification":
        raise kind.unknown()
    inner = bodies.decode(payload["Message"].text().encode(), "application/json")
    return [_event(Json(inner, f"{payload.path}.Message"), id_of(payload.get("MessageId")), scene)]


def _event(found: Json, envelope: str | None, scene: Scene) -> Made:
    kind = found.first_of("eventType", "notificationType") or found["eventType"]
    if kind.text() in _DELIVERY:
        return newsletters.DELIVERY
    if kind.text() not in {"Click", "Open"}:
        raise kind.unknown()
    told = found[kind.text().lower()]
    message, moment = found["mail"]["messageId"].text(), told["timestamp"]
    act = scene.own("ses", envelope or digest(kind.text(), message, moment.text(), text_of(told.get("link")) or ""))
    people, at = found["mail"].entries("destination"), times.iso(moment)
    # Of a message to several people SES does not tell which of them it was.
    person = people[0] if len(people) == 1 else None
    if kind.text() == "Click":
        return newsletters.clicked(act, person, told["link"], at, scene)
    pages = found["mail"].get("tags", newsletters.CONTENT)
    return newsletters.opened(act, person, next(iter(pages), None) if pages else None, at, scene)


MAPPING: Final = PlatformMapping(name="ses", platform="email", label="E-mail: Amazon SES", covers=_COVERS, read=_read)

"""SendGrid's Event Webhook: a list of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import newsletters, times
from pipeline.ingest.platforms.seam import PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = newsletters.covers(
    "Event Webhook: `click`, `open`",
    "`X-Twilio-Email-Event-Webhook-Signature`: ECDSA P-256 of timestamp and raw body",
    "seconds",
)
_DELIVERY: Final = frozenset(
    {"processed", "deferred", "delivered", "bounce", "dropped", "blocked", "spamreport", "unsubscribe"}
    | {"group_unsubscribe", "group_resubscribe", "account_status_change"}
)


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    return [_event(one, scene) for one in (found if isinstance(found.value, list) else [found])]


def _event(found: Json, scene: Scene) -> Made:
    event = found["event"]
    if event.text() in _DELIVERY:
        return newsletters.DELIVERY
    if event.text() not in {"click", "open"}:
        raise event.unknown()
    machine = found.get("sg_machine_open")
    if machine is not None and machine.value is True:
        return newsletters.MACHINE
    act, at = scene.own("sendgrid", found["sg_event_id"].text()), times.seconds(found["timestamp"])
    if event.text() == "click":
        return newsletters.clicked(act, found["email"], found["url"], at, scene)
    return newsletters.opened(act, found["email"], found.get(newsletters.CONTENT), at, scene)


def _split(payload: Json) -> Iterable[object]:
    return [[one.value] for one in payload] if isinstance(payload.value, list) else [payload.value]


MAPPING: Final = PlatformMapping(
    name="sendgrid", platform="email", label="E-mail: SendGrid", covers=_COVERS, read=_read, split=_split
)

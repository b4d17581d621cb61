"""Postmark's webhooks: one record each, without an id of its own."""

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
    "webhooks: `Click`, `Open`",
    "none: basic authentication or a header of one's own",
    "ISO with seven digits and an offset",
)
_DELIVERY: Final = frozenset({"Delivery", "Bounce", "SpamComplaint", "SubscriptionChange", "Inbound"})


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    record = found["RecordType"]
    if record.text() in _DELIVERY:
        return [newsletters.DELIVERY]
    if record.text() not in {"Click", "Open"}:
        raise record.unknown()
    at, person = times.iso(found["ReceivedAt"]), found["Recipient"]
    facts = (record.text(), found["MessageID"].text(), found["ReceivedAt"].text(), scene.pseudonym(person.text()))
    act = scene.own("postmark", digest(*facts, text_of(found.get("OriginalLink")) or ""))
    if record.text() == "Click":
        return [newsletters.clicked(act, person, found["OriginalLink"], at, scene)]
    return [newsletters.opened(act, person, found.get("Metadata", newsletters.CONTENT), at, scene)]


MAPPING: Final = PlatformMapping(
    name="postmark", platform="email", label="E-mail: Postmark", covers=_COVERS, read=_read
)

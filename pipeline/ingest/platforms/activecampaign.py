"""ActiveCampaign's webhooks: forms. The one sender of those looked at that tells of forwards and shares itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import newsletters, times
from pipeline.ingest.platforms.seam import Coverage, Ignored, PlatformMapping, digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = Coverage(
    payloads="webhooks: `forward`, `share`, `click`, `open`",
    kinds=frozenset({"share", "click", "view"}),
    parent="exact: a forward or share comes from the newsletter itself",
    audience="none",
    undo="none",
    authentication="none: an address that cannot be guessed; nothing is sent twice",
    time="when received, where it has no offset",
    untold="who the mail was forwarded to, and what they did with it",
)
_OTHER: Final = frozenset(
    {"sent", "subscribe", "unsubscribe", "update", "reply", "bounce", "subscriber_note", "contact_tag_added"}
    | {"contact_tag_removed", "list_add", "sms_sent", "sms_reply", "sms_unsub"}
)


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    kind = found["type"]
    if kind.text() in _OTHER or kind.text().startswith("deal_"):
        return [Ignored("not about a newsletter's content")]
    if kind.text() not in {"forward", "share", "click", "open"}:
        raise kind.unknown()
    return [_event(kind.text(), found, scene)]


def _event(kind: str, found: Json, scene: Scene) -> Made:
    person, newsletter = found["contact[email]"], found["campaign[id]"].id()
    at = times.written(found.get("date_time"), scene.received_at)
    link = found.get("link[url]")
    told = [found.get(name) for name in ("date_time", "link[url]")]
    facts = [one.text() for one in told if one is not None and one.value]
    act = scene.own("activecampaign", kind, digest(newsletter, scene.pseudonym(person.text()), *facts))
    if kind == "click":
        return newsletters.clicked(act, person, link or found["link[url]"], at, scene)
    content = scene.root(scene.own("activecampaign", newsletter))
    return scene.event(
        "view" if kind == "open" else "share",
        act,
        content=content,
        actor=scene.pseudonym(person.text()),
        at=at,
        parent_event_id=content,
        parent_basis="exact",
    )


MAPPING: Final = PlatformMapping(
    name="activecampaign", platform="email", label="E-mail: ActiveCampaign", covers=_COVERS, read=_read
)

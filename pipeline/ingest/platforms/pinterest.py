"""Pinterest: Pins as the API (v5) answers polls, and as older archives hold them. There are no webhooks of Pins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.reading import count_of, id_of, text_of
from pipeline.ingest.platforms.seam import Coverage, PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene
    from schemas.wire import WireEvent

_COVERS: Final = Coverage(
    payloads="Pins of API v5 (one, or a list), Pins of older archives",
    kinds=frozenset({"post", "repin", "counter"}),
    parent="exact: the Pin it was saved from (`parent_pin_id`)",
    audience="looked up (`follower_count`); in older archives in the payload",
    undo="none: a deleted Pin is no longer found",
    authentication="polled with OAuth 2",
    time="ISO, UTC where it does not say",
    untold="the first Pin of a chain; who likes, clicks and comments, but for their number",
)

_METRICS: Final = (
    ("share", "save"),
    ("like", "reaction"),
    ("comment", "comment"),
    ("click", "clickthrough"),
    ("view", "impression"),
)


def _read(pin: Json, scene: Scene) -> Iterator[Made]:
    act = scene.own(pin["id"].id())
    parent = id_of(pin.get("parent_pin_id")) or id_of(pin.get("parent_pin", "id"))
    if parent is not None:
        yield _event("repin", act, pin, scene, parent=scene.own(parent))
        return
    repinned = pin.get("is_repin")
    if repinned is not None and repinned.value is True:
        raise repinned.refusal("should not be so without the Pin it was saved from")
    yield _event("post", act, pin, scene, parent=None)
    # Totals of a saved Pin would overwrite those of the first one: only a first Pin tells its own.
    metrics = pin.get("pin_metrics", "lifetime_metrics")
    for kind, name in _METRICS:
        if metrics is not None and (total := metrics.get(name)) is not None:
            yield scene.counter(kind, total.count(), content=act, at=scene.received_at)


def _event(kind: str, act: str, pin: Json, scene: Scene, *, parent: str | None) -> WireEvent:
    return scene.event(
        "repin" if kind == "repin" else "post",
        act,
        content=scene.root(parent) if parent else act,
        actor=_actor(pin),
        at=_created(pin),
        parent_event_id=parent,
        parent_actor_id=id_of(pin.get("via_pinner", "username")) if parent else None,
        parent_basis="exact" if parent else "none",
        audience_size=count_of(pin.get("pinner", "follower_count")),
        attributes={"url": text_of(pin.get("link"))},
    )


def _actor(pin: Json) -> str:
    pinner = pin.get("board_owner") or pin["pinner"]
    return (pinner.get("username") or pinner["id"]).id()


def _created(pin: Json) -> datetime:
    created = pin["created_at"]
    return (times.rfc_822 if "," in created.text() else times.iso_utc)(created)


def _split(payload: Json) -> Iterable[object]:
    items = payload.get("items")
    return [payload.value] if items is None else [pin.value for pin in items]


MAPPING: Final = PlatformMapping(
    name="pinterest", platform="pinterest", label="Pinterest", covers=_COVERS, read=_read, split=_split
)

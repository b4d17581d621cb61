"""Threads: webhooks, and media and insights polled from its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import meta, times
from pipeline.ingest.platforms.reading import id_of, text_of
from pipeline.ingest.platforms.seam import Coverage, PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene
    from schemas.wire import Basis, Kind, WireEvent

_COVERS: Final = Coverage(
    payloads="webhooks (`replies`, `mentions`, `publish`, `delete`); media and insights of the API",
    kinds=frozenset({"post", "share", "quote", "comment", "mention", "counter"}),
    parent="quotes and replies: exact; reposts: the original only",
    audience="none",
    undo="own posts (content not told)",
    authentication=meta.AUTHENTICATION,
    time="seconds (webhooks), ISO (media)",
    untold="who likes; who reposts, but for accounts that are polled",
)

_COUNTED: Final = {
    "reposts": "share",
    "quotes": "share",
    "shares": "share",
    "likes": "like",
    "replies": "comment",
    "views": "view",
    "clicks": "click",
}
_OTHER_METRICS: Final = frozenset({"followers_count", "follower_demographics"})


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    if (values := found.get("values")) is not None:
        return _webhook(found, values, scene)
    if found.get("data") is not None:
        return meta.insights(found, _COUNTED, _OTHER_METRICS, scene)
    return _media(found, times.iso(found["timestamp"]), scene)


def _webhook(found: Json, values: Json, scene: Scene) -> Iterable[Made]:
    field, value = values["field"], values["value"]
    if field.text() == "delete":
        at = times.seconds(found["time"])
        return [scene.undo(scene.own(value["id"].id()), actor=text_of(value.get("username")), at=at)]
    told = value.get("timestamp")
    at = times.iso(told) if told else times.seconds(found["time"])
    if field.text() == "mentions":
        return [_mention(value, found["target_id"].id(), at, scene)]
    if field.text() in {"replies", "publish"}:
        return _media(value, at, scene)
    raise field.unknown()


def _mention(value: Json, account: str, at: datetime, scene: Scene) -> Made:
    act = scene.own(value["id"].id())
    root = id_of(value.get("root_post", "id"))
    content = scene.root(scene.own(root) if root else act)
    actor = value["username"].text()
    return scene.event(
        "mention", f"{act}#mention:{account}", content=content, actor=actor, at=at, parent_actor_id=account
    )


def _media(value: Json, at: datetime, scene: Scene) -> Iterator[Made]:
    reposted, quoted = id_of(value.get("reposted_post", "id")), id_of(value.get("quoted_post", "id"))
    answered = id_of(value.get("replied_to", "id"))
    if (kind := text_of(value.get("media_type"))) == "REPOST_FACADE" and reposted is None:
        raise value["media_type"].refusal(f"should not be {kind} without the post it reposts")
    if reposted:
        yield _act("share", reposted, reposted, "root_only", value, at, scene)
        return
    if quoted:
        yield _act("quote", quoted, quoted, "exact", value, at, scene)
    root = id_of(value.get("root_post", "id")) or answered
    if answered and root and root != quoted:
        yield _act("comment", root, answered, "exact", value, at, scene)
    if not quoted and not answered:
        act = scene.own(value["id"].id())
        yield scene.event("post", act, content=act, actor=_actor(value), at=at)


def _act(kind: Kind, root: str, parent: str, basis: Basis, value: Json, at: datetime, scene: Scene) -> WireEvent:
    return scene.event(
        kind,
        scene.own(value["id"].id()),
        content=scene.root(scene.own(root)),
        actor=_actor(value),
        at=at,
        parent_event_id=scene.own(parent),
        parent_basis=basis,
    )


def _actor(value: Json) -> str:
    name = text_of(value.get("username")) or id_of(value.get("owner", "id"))
    return name or meta.ANONYMOUS + value["id"].id()


def _split(payload: Json) -> Iterable[object]:
    data = payload.get("data")
    if data is None or any(one.get("name") is not None for one in data):
        return [payload.value]
    return [one.value for one in data]


MAPPING: Final = PlatformMapping(
    name="threads", platform="threads", label="Threads", covers=_COVERS, read=_read, split=_split
)

"""Google+, closed in 2019: activities and comments as its API (v1) gave them, and posts of a Takeout archive.

The ids of the two are not the same. An archive tells who gave a +1 and who reshared, but not when: these become totals,
because an act needs a time, and a reshare comes with its time in the archive of the one who did it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.reading import Json, text_of
from pipeline.ingest.platforms.seam import Coverage, PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = Coverage(
    payloads="API v1 activities and comments (archives); posts of Takeout",
    kinds=frozenset({"post", "share", "comment", "counter"}),
    parent="reshares: the original only; comments: the post",
    audience="none",
    undo="none",
    authentication="files",
    time="ISO, with an offset",
    untold="through whom a reshare came; when +1s were given; whether a post was deleted",
)

_TOTALS: Final = (("share", "resharers"), ("like", "plusoners"), ("comment", "replies"))
_LISTS: Final = (("share", "reshares"), ("like", "plusOnes"))


def _read(payload: Json, scene: Scene) -> Iterable[Made]:
    kind = payload.get("kind")
    if kind is None:
        return _takeout(payload, scene)
    if kind.text() == "plus#activity":
        return _activity(payload, scene)
    if kind.text() == "plus#comment":
        return _api_comments(payload, scene)
    raise kind.unknown()


def _activity(found: Json, scene: Scene) -> Iterator[Made]:
    verb, thing = found["verb"], found["object"]
    if verb.text() not in {"post", "share"}:
        raise verb.unknown()
    act, at = scene.own(found["id"].text()), times.iso(found["published"])
    actor = found["actor"]["id"].id()
    if verb.text() == "share":
        yield _shared(act, scene.own(thing["id"].text()), actor, at, scene)
        return
    yield scene.event("post", act, content=act, actor=actor, at=at, attributes={"url": text_of(found.get("url"))})
    for kind, name in _TOTALS:
        if (total := thing.get(name, "totalItems")) is not None:
            yield scene.counter(kind, total.count(), content=act, at=scene.received_at)


def _api_comments(found: Json, scene: Scene) -> Iterator[Made]:
    for post in found["inReplyTo"]:
        content = scene.own(post["id"].text())
        yield _comment(found["id"].text(), content, found["actor"]["id"].id(), times.iso(found["published"]), scene)


def _takeout(found: Json, scene: Scene) -> Iterator[Made]:
    act, at = scene.own(_name(found)), times.iso(found["creationTime"])
    actor, reshared = _person(found["author"]), found.get("resharedPost")
    content = act
    if reshared is None:
        yield scene.event("post", act, content=act, actor=actor, at=at, attributes={"url": text_of(found.get("url"))})
        # Totals of a reshare would overwrite those of the original.
        for kind, name in _LISTS:
            if given := found.entries(name):
                yield scene.counter(kind, len(given), content=act, at=at)
    else:
        content = scene.own(_name(reshared))
        yield _shared(act, content, actor, at, scene)
    for comment in found.entries("comments"):
        name, who = _name(comment), _person(comment["author"])
        yield _comment(name, content, who, times.iso(comment["creationTime"]), scene, parent=act)


def _shared(act: str, original: str, actor: str, at: datetime, scene: Scene) -> Made:
    return scene.event(
        "share",
        act,
        content=scene.root(original),
        actor=actor,
        at=at,
        parent_event_id=original,
        parent_basis="root_only",
    )


def _comment(name: str, content: str, actor: str, at: datetime, scene: Scene, *, parent: str | None = None) -> Made:
    return scene.event(
        "comment",
        scene.own(name),
        content=scene.root(content),
        actor=actor,
        at=at,
        parent_event_id=parent or content,
        parent_basis="exact",
    )


def _name(found: Json) -> str:
    return (found.first_of("resourceName", "activityId") or found["url"]).text()


def _person(author: Json) -> str:
    return (author.get("resourceName") or author["profilePageUrl"]).text()


def _split(payload: Json) -> Iterable[object]:
    items = payload.get("items")
    return [payload.value] if items is None else [item.value for item in items]


MAPPING: Final = PlatformMapping(
    name="googleplus", platform="googleplus", label="Google+", covers=_COVERS, read=_read, split=_split
)

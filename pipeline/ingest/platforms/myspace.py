"""Myspace: archived Atom Activity Streams 1.0 of one person's activities.

The object of an activity has an id and a title of its own, within the entry's: only a reader that keeps the tree can tell
them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.markup import ATOM, attribute, child, children, name, text
from pipeline.ingest.platforms.reading import UnknownShapeError
from pipeline.ingest.platforms.seam import Coverage, Ignored, PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = Coverage(
    payloads="Atom Activity Streams 1.0 (`activities.atom`)",
    kinds=frozenset({"post", "share", "like", "comment", "follow"}),
    parent="shares and likes: the object named; comments: what they answer (`thr:in-reply-to`)",
    audience="none",
    undo="none",
    authentication="files",
    time="ISO, with an offset",
    untold="through whom a share came; what OpenSocial's activities did (they are a sentence)",
)


_NAMESPACES: Final = ("http://activitystrea.ms/schema/1.0/", "http://activitystrea.ms/spec/1.0/")
_THREAD: Final = "http://purl.org/syndication/thread/1.0 in-reply-to"
_OTHER_VERBS: Final = frozenset(
    {"update", "tag", "save", "join", "play", "checkin", "rsvp-yes", "rsvp-no", "rsvp-maybe", "install", "add"}
)


def _read(feed: Json, scene: Scene) -> Iterable[Made]:
    return (made for entry in children(feed, f"{ATOM} entry") for made in _entry(feed, entry, scene))


def _entry(feed: Json, entry: Json, scene: Scene) -> Iterator[Made]:
    told = _needed(_activity(entry, "verb"), entry, "activity:verb")
    verb = told.text().rpartition("/")[2]
    if verb in _OTHER_VERBS:
        yield Ignored("an activity that spreads nothing")
        return
    if verb not in _VERBS:
        raise told.unknown()
    at = times.iso(_needed(text(child(entry, f"{ATOM} published", f"{ATOM} updated")), entry, "published"))
    things = [thing for space in _NAMESPACES for thing in children(entry, f"{space} object")]
    if not things:
        raise UnknownShapeError(f"{entry.path}: has no activity:object")
    for thing in things:
        yield _VERBS[verb](entry, _id(thing), _actor(feed, entry), at, scene)


def _post(entry: Json, thing: str, actor: str, at: datetime, scene: Scene) -> Made:
    answered = child(entry, _THREAD)
    if answered is None:
        return scene.event("post", scene.own(thing), content=scene.own(thing), actor=actor, at=at)
    content = scene.own(_needed(attribute(answered, "ref"), answered, "ref").text())
    return scene.event(
        "comment",
        scene.own(thing),
        content=scene.root(content),
        actor=actor,
        at=at,
        parent_event_id=content,
        parent_basis="exact",
    )


def _share(entry: Json, thing: str, actor: str, at: datetime, scene: Scene) -> Made:
    shared = scene.own(thing)
    return scene.event(
        "share",
        scene.own(_id(entry)),
        content=scene.root(shared),
        actor=actor,
        at=at,
        parent_event_id=shared,
        parent_basis="root_only",
    )


def _like(_entry: Json, thing: str, actor: str, at: datetime, scene: Scene) -> Made:
    liked = scene.own(thing)
    return scene.event(
        "like",
        scene.own("like", thing, actor),
        content=scene.root(liked),
        actor=actor,
        at=at,
        parent_event_id=liked,
        parent_basis="exact",
    )


def _follow(_entry: Json, thing: str, actor: str, at: datetime, scene: Scene) -> Made:
    content = f"account:{scene.platform}:{thing}"
    return scene.event("follow", scene.own("follow", actor, thing), content=content, actor=actor, at=at)


def _actor(feed: Json, entry: Json) -> str:
    """The one who acts; in a person's own feed only the feed tells."""
    for element, tag in ((entry, "actor"), (entry, "subject"), (feed, "subject")):
        for space in _NAMESPACES:
            if (person := child(element, f"{space} {tag}")) is not None:
                return _id(person)
    author = child(entry, f"{ATOM} author") or child(feed, f"{ATOM} author")
    uri = text(child(author, f"{ATOM} uri")) if author else None
    return _needed(uri, entry, "actor").text()


def _activity(element: Json, tag: str) -> Json | None:
    return text(child(element, *(f"{space} {tag}" for space in _NAMESPACES)))


def _id(element: Json) -> str:
    return _needed(text(child(element, f"{ATOM} id")), element, "id").text()


def _needed(found: Json | None, where: Json, what: str) -> Json:
    if found is None:
        raise UnknownShapeError(f"{where.path}: has no {what}")
    return found


def _split(feed: Json) -> Iterable[object]:
    if name(feed) != f"{ATOM} feed":
        raise feed["name"].unknown()
    rest = [one.value for one in feed.entries("children") if name(one) != f"{ATOM} entry"]
    return [{**feed.object(), "children": [*rest, entry.value]} for entry in children(feed, f"{ATOM} entry")]


_VERBS: Final[dict[str, Callable[[Json, str, str, datetime, Scene], Made]]] = {
    "post": _post,
    "share": _share,
    "like": _like,
    "favorite": _like,
    "make-friend": _follow,
    "follow": _follow,
}

MAPPING: Final = PlatformMapping(
    name="myspace", platform="myspace", label="Myspace", covers=_COVERS, read=_read, split=_split
)

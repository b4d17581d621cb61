"""ActivityPub: what servers of the fediverse send to an inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pipeline.ingest.platforms import fediverse, times
from pipeline.ingest.platforms.reading import Json, text_of
from pipeline.ingest.platforms.seam import Coverage, Ignored, PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = Coverage(
    payloads="inbox activities: `Announce`, `Like`, `Create`, `Follow`, `Undo`, `Delete`",
    kinds=frozenset({"post", "share", "quote", "like", "comment", "mention", "follow", "retract"}),
    parent="announces: the original only; quotes and replies: exact",
    audience="looked up (`followers.totalItems`)",
    undo="announces, likes and follows; deleted posts (content not told), also undos that carry only an id",
    authentication="HTTP signatures: draft-cavage with `Digest`, and RFC 9421",
    time="ISO, as the sender declares it, else when received",
    untold="through whom an announce came; private posts are left out",
)

_ACTIVITIES: Final = frozenset(
    {"Accept", "Add", "Announce", "Block", "Create", "Delete", "Dislike", "EmojiReact", "Flag", "Follow", "Like"}
    | {"Move", "Reject", "Remove", "Undo", "Update", "View"}
)
_OTHER: Final = frozenset(
    {"Accept", "Add", "Block", "Dislike", "Flag", "Move", "Reject", "Remove", "Update", "View", "QuoteRequest"}
)
_NOTES: Final = frozenset({"Note", "Article", "Page", "Question", "Video", "Audio", "Image", "Event"})
_QUOTES: Final = ("quote", "quoteUri", "quoteUrl", "_misskey_quote")
_PUBLIC: Final = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    kind = found["type"]
    if kind.text() in _NOTES:
        return _note(found, found.get("attributedTo") or found["actor"], scene)
    if kind.text() in _OTHER:
        return [Ignored("an activity that spreads nothing")]
    if kind.text() not in _READERS:
        raise kind.unknown()
    return _READERS[kind.text()](found, scene)


def _announce(found: Json, scene: Scene) -> Iterable[Made]:
    thing = found["object"]
    if isinstance(thing.value, dict) and text_of(thing.get("type")) in _ACTIVITIES:
        # FEP-1b12: a group passes on what its members do. Nobody shared anything.
        return [Ignored("an activity that a group passes on")]
    alias = text_of(found.get("id"))
    made = fediverse.boost(
        _id(thing), _actor(found), _at(found, scene), scene, alias=scene.own(alias) if alias else None
    )
    return [made]


def _like(found: Json, scene: Scene) -> Iterable[Made]:
    alias = text_of(found.get("id"))
    post, actor = _id(found["object"]), _actor(found)
    return [fediverse.like(post, actor, _at(found, scene), scene, alias=scene.own(alias) if alias else None)]


def _follow(found: Json, scene: Scene) -> Iterable[Made]:
    return [fediverse.follow(_actor(found), _id(found["object"]), _at(found, scene), scene)]


def _create(found: Json, scene: Scene) -> Iterable[Made]:
    thing = found["object"]
    if not isinstance(thing.value, dict):
        return [Ignored("a post of which only the id is told")]
    if thing["type"].text() not in _NOTES:
        raise thing["type"].unknown()
    return _note(thing, found["actor"], scene)


def _note(thing: Json, author: Json, scene: Scene) -> Iterable[Made]:
    if not any(address in _PUBLIC for name in ("to", "cc") for address in _addresses(thing.get(name))):
        return [Ignored("a post that is not public")]
    if len({_host(_id(one)) for one in (thing, author, thing.get("attributedTo"), thing.get("actor")) if one}) > 1:
        # The request is signed by the actor, whose server speaks for no post but its own.
        return [Ignored("a post in the name of another server")]
    answered, quoted = thing.get("inReplyTo"), thing.first_of(*_QUOTES)
    note = fediverse.Note(
        uri=_id(thing),
        actor=_id(author),
        at=_at(thing, scene),
        answered=scene.own(_id(answered)) if answered else None,
        quoted=scene.own(_id(quoted)) if quoted else None,
        mentions=tuple(_mentions(thing)),
    )
    return fediverse.acts(note, scene)


def _undo(found: Json, scene: Scene) -> Iterable[Made]:
    thing, actor, at = found["object"], _actor(found), _at(found, scene)
    if not isinstance(thing.value, dict) or thing.get("object") is None:
        return [scene.undo(scene.own(_id(thing)), actor=actor, at=at)]
    kind, target = thing["type"], _id(thing["object"])
    if kind.text() == "Announce":
        act, content = fediverse.boost_id(target, actor, scene), scene.root(scene.own(target))
    elif kind.text() in {"Like", "EmojiReact"}:
        act, content = fediverse.like_id(target, actor, scene), scene.root(scene.own(target))
    elif kind.text() == "Follow":
        act, content = fediverse.follow_id(actor, target, scene), fediverse.account_content(target, scene)
    elif kind.text() in _OTHER:
        return [Ignored("an activity that spreads nothing")]
    else:
        raise kind.unknown()
    return [scene.retract(act, content=content, actor=actor, at=at)]


def _delete(found: Json, scene: Scene) -> Iterable[Made]:
    thing, actor = _id(found["object"]), _actor(found)
    if thing == actor:
        return [Ignored("an account that is gone")]
    return [scene.undo(scene.own(thing), actor=actor, at=_at(found, scene))]


def _mentions(thing: Json) -> Iterator[str]:
    for tag in _listed(thing.get("tag")):
        if isinstance(tag.value, dict) and text_of(tag.get("type")) == "Mention" and tag.get("href") is not None:
            yield tag["href"].text()


def _addresses(found: Json | None) -> Iterator[str]:
    return (one.value for one in _listed(found) if isinstance(one.value, str))


def _listed(found: Json | None) -> list[Json]:
    """JSON-LD writes a list of one without the brackets."""
    if found is None:
        return []
    return list(found) if isinstance(found.value, list) else [found]


def _actor(found: Json) -> str:
    return _id(found["actor"])


def _id(found: Json) -> str:
    """An id stands alone or within its object; a list has it first."""
    if isinstance(found.value, list):
        found = next(iter(found), found)
    if isinstance(found.value, dict):
        return (found.get("id") or found["url"]).text()
    return found.text()


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).netloc.lower()
    except ValueError:
        return ""


def _at(found: Json, scene: Scene) -> datetime:
    return times.written(found.get("published"), scene.received_at)


_READERS: Final[dict[str, Callable[[Json, Scene], Iterable[Made]]]] = {
    "Announce": _announce,
    "Create": _create,
    "Delete": _delete,
    "EmojiReact": _like,
    "Follow": _follow,
    "Like": _like,
    "Undo": _undo,
}

MAPPING: Final = PlatformMapping(
    name="activitypub", platform="mastodon", label="ActivityPub", covers=_COVERS, read=_read
)

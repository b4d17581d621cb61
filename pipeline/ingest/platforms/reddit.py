"""Reddit: submissions and comments, polled. A crosspost of a crosspost names the original."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.reading import Json, count_of, text_of
from pipeline.ingest.platforms.seam import Coverage, Ignored, PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = Coverage(
    payloads="listings, submissions, comments",
    kinds=frozenset({"post", "share", "comment", "counter", "retract"}),
    parent="crossposts: the original only, exact where a parent other than it is named; comments: exact",
    audience="`subreddit_subscribers`: who may see the submission, not who follows its author",
    undo="submissions and comments found `[deleted]` or removed",
    authentication="polled with OAuth 2",
    time="seconds with a fraction",
    untold="who votes; through whom a crosspost came; when something was deleted",
)

_GONE: Final = "[deleted]"
_TOTALS: Final = (("share", "num_crossposts"), ("comment", "num_comments"))
_LISTING: Final = "Listing"


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    if text_of(found.get("kind")) == "more":
        return [Ignored("comments that were left out")]
    thing = found.get("data") or found
    name = thing["name"].text()
    if name.startswith("t3_"):
        return _submission(thing, scene)
    if name.startswith("t1_"):
        return [_comment(thing, scene)]
    raise thing["name"].refusal("should be of a submission or comment")


def _submission(thing: Json, scene: Scene) -> Iterator[Made]:
    act, parent = scene.own(thing["name"].text()), text_of(thing.get("crosspost_parent"))
    root = _root(thing, parent) if parent else None
    content = scene.root(scene.own(root)) if root else act
    if is_gone(thing):
        yield _retracted(act, content, scene)
        return
    yield scene.event(
        "share" if parent else "post",
        act,
        content=content,
        actor=thing["author"].text(),
        at=times.seconds(thing["created_utc"]),
        parent_event_id=scene.own(parent) if parent else None,
        parent_basis="none" if parent is None else "root_only" if parent == root else "exact",
        audience_size=count_of(thing.get("subreddit_subscribers")),
        attributes={"url": text_of(thing.get("url")), "subreddit": text_of(thing.get("subreddit"))},
    )
    if parent is None:  # totals of a crosspost would overwrite those of the original
        yield from _totals(thing, act, scene)


def _root(thing: Json, parent: str) -> str:
    """The end of the chain, as far as the parents that come along tell it."""
    for one in thing.entries("crosspost_parent_list"):
        if text_of(one.get("name")) == parent:
            return text_of(one.get("crosspost_parent")) or parent
    return parent


def _totals(thing: Json, act: str, scene: Scene) -> Iterator[Made]:
    for kind, name in _TOTALS:
        if (total := thing.get(name)) is not None:
            yield scene.counter(kind, total.count(), content=act, at=scene.received_at)
    score = thing.get("score")
    if score is not None and score.number() >= 0:  # votes for less votes against
        yield scene.counter("like", score.count(), content=act, at=scene.received_at)


def _comment(thing: Json, scene: Scene) -> Made:
    act, content = scene.own(thing["name"].text()), scene.root(scene.own(thing["link_id"].text()))
    if is_gone(thing):
        return _retracted(act, content, scene)
    return scene.event(
        "comment",
        act,
        content=content,
        actor=thing["author"].text(),
        at=times.seconds(thing["created_utc"]),
        parent_event_id=scene.own(thing["parent_id"].text()),
        parent_basis="exact",
    )


def is_gone(thing: Json) -> bool:
    """Whether a submission or comment was deleted or removed."""
    return text_of(thing.get("author")) == _GONE or thing.get("removed_by_category") is not None


def _retracted(act: str, content: str, scene: Scene) -> Made:
    # Whoever deleted it, the author's name is gone: Reddit itself says that the act no longer stands.
    return scene.retract(act, content=content, actor=_GONE, at=scene.received_at, verified=True)


def _split(payload: Json) -> Iterable[object]:
    return list(_things(payload))


def _things(payload: Json) -> Iterator[object]:
    """Every thing of every listing, in their order; replies are listings within comments."""
    waiting = list(payload)[::-1] if isinstance(payload.value, list) else [payload]
    while waiting:
        found = waiting.pop()
        if isinstance(found.value, dict) and text_of(found.get("kind")) == _LISTING:
            waiting.extend(list(found["data"]["children"])[::-1])
            continue
        thing, replies = _apart(found.value)
        yield thing
        if replies is not None:
            waiting.append(Json(replies, f"{found.path}.data.replies"))


def _apart(value: object) -> tuple[object, object]:
    """A comment without its replies, and the listing of these, if there are any (else Reddit gives an empty text)."""
    data = value.get("data") if isinstance(value, dict) else None
    replies = data.get("replies") if isinstance(data, dict) else None
    if not isinstance(value, dict) or not isinstance(data, dict) or not isinstance(replies, dict):
        return value, None
    return {**value, "data": {**data, "replies": ""}}, replies


MAPPING: Final = PlatformMapping(
    name="reddit", platform="reddit", label="Reddit", covers=_COVERS, read=_read, split=_split
)

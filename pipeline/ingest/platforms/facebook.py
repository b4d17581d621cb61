"""Facebook Pages: webhooks of the fields `feed` and `mention`, and posts polled from the Graph API.

Who shared a Page's post is never pushed: a `feed` item `share` is the Page itself, or a visitor on its wall, that posts
a link. The Graph API tells some of the shares (`sharedposts`) and the total (`shares.count`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pipeline.ingest.platforms import meta, times
from pipeline.ingest.platforms.reading import Json, id_of, text_of
from pipeline.ingest.platforms.seam import Coverage, Ignored, Made, PlatformMapping, Scene, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from schemas.wire import WireEvent

_COVERS: Final = Coverage(
    payloads="Page webhooks (`feed`, `mention`); Graph API posts with `shares`, `sharedposts`, `reactions`, `comments`",
    kinds=frozenset({"post", "share", "like", "comment", "mention", "retract", "counter"}),
    parent="shares: the original only; comments: the post or comment answered",
    audience="looked up: the Page's followers; people's never",
    undo="post, reaction, comment and mention taken back",
    authentication=meta.AUTHENTICATION,
    time="seconds",
    untold="who shares a Page's post, but for `sharedposts`; the person, without the permission for it",
)

_POSTS: Final = frozenset({"post", "status", "photo", "video", "album", "event", "share", "link", "note"})
_EDITS: Final = frozenset(
    {"edit", "edited", "update", "hide", "unhide", "block", "unblock", "mute", "follow", "unfollow", "tagged"}
)
_GONE: Final = frozenset({"remove", "delete"})
_OTHER_FIELDS: Final = frozenset(
    {"ratings", "conversations", "leadgen", "videos", "live_videos", "messages", "standby", "group_feed"}
)


class _Change(NamedTuple):
    """One change of a Page's feed, as the webhook tells it."""

    page: str
    value: Json
    item: str
    verb: str
    at: datetime
    scene: Scene

    def own(self, name: str) -> str:
        """The event id of what the field names."""
        return self.scene.own(self.value[name].id())

    @property
    def post(self) -> str:
        """The post that the change is about: comments and reactions name it too."""
        return self.own("post_id")

    @property
    def person(self) -> str | None:
        """Who did it; None where Facebook keeps that from the Page."""
        return id_of(self.value.get("from", "id")) or id_of(self.value.first_of("sender_id", "reviewer_id"))

    def actor_of(self, act: str) -> str:
        """The person, or somebody who did this one act."""
        return self.person or meta.ANONYMOUS + act

    def gone(self, act: str) -> WireEvent:
        # By its author or by the Page: Facebook itself says that it no longer stands.
        return self.scene.retract(act, content=self.post, actor=self.actor_of(act), at=self.at, verified=True)


def _read(payload: Json, scene: Scene) -> Iterable[Made]:
    if payload.get("object") is None:
        return _polled(payload, scene)
    return (made for entry in payload["entry"] for made in _entry(entry, scene))


def _entry(entry: Json, scene: Scene) -> Iterator[Made]:
    if entry.first_of("messaging", "standby"):
        yield Ignored("a private message")
        return
    for change in entry["changes"]:
        field = change["field"]
        if field.text() in _OTHER_FIELDS:
            yield Ignored("not about a post of the Page")
        elif field.text() in _FIELDS:
            value = change["value"]
            at = times.seconds(value.get("created_time") or entry["time"])
            found = _Change(entry["id"].id(), value, value["item"].text(), value["verb"].text(), at, scene)
            yield _FIELDS[field.text()](found)
        else:
            raise field.unknown()


def _feed(change: _Change) -> Made:
    if change.item in _POSTS:
        return _post(change)
    if change.item in {"like", "reaction"}:
        return _reaction(change)
    if change.item == "comment":
        return _comment(change)
    raise change.value["item"].unknown()


def _post(change: _Change) -> Made:
    if (made := _edit(change)) is not None:
        return made
    if change.value.get("post_id") is None and change.item in {"album", "photo", "video"}:
        return Ignored("a picture or album without a post")
    if change.verb in _GONE:
        return change.gone(change.post)
    published = change.value.get("published")
    if published is not None and published.value in (0, "0"):
        return Ignored("a post that is not published")
    return change.scene.event(
        "post",
        change.post,
        content=change.post,
        actor=change.actor_of(change.post),
        at=change.at,
        attributes={"url": text_of(change.value.get("link")), "type": change.item},
    )


def _reaction(change: _Change) -> Made:
    if change.value.get("comment_id") is not None:
        return Ignored("a reaction to a comment")
    if (made := _edit(change)) is not None:
        return made
    person = change.person
    if person is None and change.verb in _GONE:
        return Ignored("a reaction taken back by nobody knows whom")
    who = person or digest(change.post, change.item, str(change.at))
    act = change.scene.own("like", change.value["post_id"].id(), who)
    if change.verb in _GONE:
        return change.scene.retract(act, content=change.post, actor=who, at=change.at)
    return change.scene.event(
        "like",
        act,
        content=change.post,
        actor=person or meta.ANONYMOUS + act,
        at=change.at,
        parent_event_id=change.post,
        parent_basis="exact",
        attributes={"reaction": text_of(change.value.get("reaction_type"))},
    )


def _comment(change: _Change) -> Made:
    if (made := _edit(change)) is not None:
        return made
    act = change.own("comment_id")
    if change.verb in _GONE:
        return change.gone(act)
    parent = id_of(change.value.get("parent_id"))
    return change.scene.event(
        "comment",
        act,
        content=change.post,
        actor=change.actor_of(act),
        at=change.at,
        parent_event_id=change.scene.own(parent) if parent else change.post,
        parent_basis="exact",
    )


def _mention(change: _Change) -> Made:
    if (made := _edit(change)) is not None:
        return made
    where = change.value.first_of("comment_id", "post_id") or change.value["post_id"]
    act = change.scene.own("mention", where.id(), change.page)
    if change.verb in _GONE:
        return change.gone(act)
    return change.scene.event(
        "mention", act, content=change.post, actor=change.actor_of(act), at=change.at, parent_actor_id=change.page
    )


def _edit(change: _Change) -> Ignored | None:
    if change.verb in _EDITS:
        return Ignored("an edit, or hidden from view")
    if change.verb != "add" and change.verb not in _GONE:
        raise change.value["verb"].unknown()
    return None


def _polled(post: Json, scene: Scene) -> Iterator[Made]:
    content = scene.own(post["id"].id())
    totals = (("share", ("shares", "count")), ("like", ("reactions", "summary", "total_count")))
    for kind, path in (*totals, ("comment", ("comments", "summary", "total_count"))):
        if (total := post.get(*path)) is not None:
            yield scene.counter(kind, total.count(), content=content, at=scene.received_at)
    if (shared := post.get("sharedposts")) is not None:
        for share in shared["data"]:
            yield _shared(share, content, scene)
    if not post.first_of("shares", "reactions", "comments", "sharedposts"):
        raise post.refusal("should tell shares, sharedposts, reactions or comments of a post")


def _shared(share: Json, content: str, scene: Scene) -> WireEvent:
    act = scene.own(share["id"].id())
    return scene.event(
        "share",
        act,
        content=content,
        actor=id_of(share.get("from", "id")) or meta.ANONYMOUS + act,
        at=times.iso(share["created_time"]),
        parent_event_id=content,
        parent_basis="root_only",
    )


def _split(payload: Json) -> Iterable[object]:
    if payload.get("object") is not None:
        return meta.parts(payload, "page")
    posts = payload.get("data")
    return [payload.value] if posts is None else [post.value for post in posts]


_FIELDS: Final[dict[str, Callable[[_Change], Made]]] = {"feed": _feed, "mention": _mention}

MAPPING: Final = PlatformMapping(
    name="facebook", platform="facebook", label="Facebook", covers=_COVERS, read=_read, split=_split
)

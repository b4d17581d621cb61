"""Tumblr: notes of a post, posts in the new format (NPF) or with `reblog_info`, and notifications. All polled.

The notes of a post are its whole cascade with parents, but name neither the post nor the parents' posts: the poller puts
`"post": {"id", "blog_name"}`, which it asked for, beside the answer's `response`; a parent is a blog, and the core finds
that blog's latest reblog before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.reading import id_of, text_of
from pipeline.ingest.platforms.seam import Coverage, Ignored, PlatformMapping, digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene
    from schemas.wire import Basis, Kind

_COVERS: Final = Coverage(
    payloads="`/notes` (with the post asked for) and their totals, posts, `/notifications`",
    kinds=frozenset({"post", "share", "like", "comment", "mention", "counter"}),
    parent="exact: the blog (notes) or the post (posts) that was reblogged",
    audience="looked up: one's own blogs only",
    undo="none: a note is no longer in the list",
    authentication="polled with an API key",
    time="seconds",
    untold="unlikes and deletions; the root, where the trail is broken",
)

_TOTALS: Final = (("like", "total_likes"), ("share", "total_reblogs"))
_OTHER_NOTIFICATIONS: Final = frozenset(
    {"follow", "ask", "answered_ask", "conversational_note", "post_flagged", "post_attribution", "what_you_missed"}
    | {"new_group_blog_member"}
)


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    post = found.get("post")
    if post is not None and found.get("response") is not None:
        notes = [_note(note, post, scene) for note in found["response"]["notes"]]
        return [*notes, *_totals(found["response"], scene.own(post["id"].id()), scene)]
    if found.get("from_tumblelog_name") is not None:
        return [_notification(found, scene)]
    return [_post(found, scene)]


def _totals(response: Json, asked: str, scene: Scene) -> Iterator[Made]:
    for kind, name in _TOTALS:
        # Of a reblog: Tumblr counts the notes of all its reblogs together, under each of them.
        if (total := response.get(name)) is not None:
            yield scene.counter(kind, total.count(), content=scene.root(asked), at=scene.received_at)


def _note(note: Json, post: Json, scene: Scene) -> Made:
    kind, blog = note["type"], note["blog_name"].text()
    asked = scene.own(post["id"].id())
    content = scene.root(asked)
    at = times.seconds(note["timestamp"])
    if kind.text() == "posted":
        return scene.event("post", asked, content=content, actor=blog, at=at)
    if kind.text() == "attribution":
        return Ignored("a note that spreads nothing")
    if kind.text() == "reblog":
        parent = text_of(note.get("reblog_parent_blog_name"))
        # The author is known by the post itself; of anyone else only the blog is told.
        first_hand = parent is not None and parent == text_of(post.get("blog_name"))
        return scene.event(
            "share",
            scene.own(note["post_id"].id()),
            content=content,
            actor=blog,
            at=at,
            parent_event_id=asked if first_hand else None,
            parent_actor_id=parent,
            parent_basis="exact" if parent else "none",
        )
    if kind.text() == "like":
        return _on(asked, "like", scene.own("like", post["id"].id(), blog), blog, note, scene)
    if kind.text() == "reply":
        act = scene.own("reply", digest(asked, blog, str(at)))
        return _on(asked, "comment", act, blog, note, scene)
    raise kind.unknown()


def _notification(found: Json, scene: Scene) -> Made:
    kind, blog = found["type"], found["from_tumblelog_name"].text()
    if kind.text() in _OTHER_NOTIFICATIONS:
        return Ignored("not about a post")
    if kind.text().startswith("mention_in_"):
        act = scene.own(found["post_id"].id())
        return _on(act, "mention", f"{act}#mention", blog, found, scene)
    target = scene.own(found["target_post_id"].id())
    if kind.text() in {"reblog_naked", "reblog_with_content"}:
        return _on(target, "share", scene.own(found["post_id"].id()), blog, found, scene)
    if kind.text() == "like":
        return _on(target, "like", scene.own("like", found["target_post_id"].id(), blog), blog, found, scene)
    if kind.text() == "reply":
        act = scene.own("reply", digest(target, blog, str(times.seconds(found["timestamp"]))))
        return _on(target, "comment", act, blog, found, scene)
    raise kind.unknown()


def _on(target: str, kind: Kind, act: str, blog: str, found: Json, scene: Scene) -> Made:
    basis: Basis = "none" if kind == "mention" else "exact"
    return scene.event(
        kind,
        act,
        content=scene.root(target),
        actor=blog,
        at=times.seconds(found["timestamp"]),
        parent_event_id=None if kind == "mention" else target,
        parent_basis=basis,
    )


def _post(found: Json, scene: Scene) -> Made:
    act, at = scene.own((found.get("id_string") or found["id"]).id()), times.seconds(found["timestamp"])
    actor = (found.get("blog_name") or found["blog"]["name"]).text()
    trail = [id_of(item.get("post", "id")) for item in found.entries("trail")]  # a broken item has no post
    parent = id_of(found.first_of("parent_post_id", "reblogged_from_id")) or (trail[-1] if trail else None)
    if parent is None:
        if trail:
            raise found["trail"].refusal("should name the post that was reblogged")
        return scene.event("post", act, content=act, actor=actor, at=at, attributes=_address(found))
    root = id_of(found.get("reblogged_root_id")) or (trail[0] if trail else None) or parent
    return scene.event(
        "share",
        act,
        content=scene.root(scene.own(root)),
        actor=actor,
        at=at,
        parent_event_id=scene.own(parent),
        parent_basis="exact",
        attributes=_address(found),
    )


def _address(found: Json) -> dict[str, str | None]:
    return {"url": text_of(found.get("post_url"))}


def _split(payload: Json) -> Iterable[object]:
    response = payload.get("response")
    if response is None:
        return [payload.value]
    if response.get("notes") is not None:
        post = payload["post"].value
        notes = [{"post": post, "response": {"notes": [note.value]}} for note in response["notes"]]
        totals = {name: total.value for _, name in _TOTALS if (total := response.get(name)) is not None}
        return [*notes, {"post": post, "response": {"notes": [], **totals}}] if totals else notes
    return [one.value for one in (response.get("posts") or response["notifications"])]


MAPPING: Final = PlatformMapping(
    name="tumblr", platform="tumblr", label="Tumblr", covers=_COVERS, read=_read, split=_split
)

"""What Mastodon's API and ActivityPub's inbox have in common: one act has the same id whichever way it is heard of.

A boost is named by the post and the account: a stream, a notification, an inbox and a second server all tell of the same
one, and an undo can name it. Content is named by its global `uri`, never by a server's own number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from schemas.undo import ALIAS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pipeline.ingest.platforms.seam import Made, Scene
    from schemas.wire import Kind, WireEvent


class Note(NamedTuple):
    """A post, in global ids. `answered` and `quoted` are event ids."""

    uri: str
    actor: str
    at: datetime
    audience: int | None = None
    answered: str | None = None
    quoted: str | None = None
    mentions: tuple[str, ...] = ()
    language: str | None = None
    alias: str | None = None


def acts(note: Note, scene: Scene) -> Iterator[Made]:
    """A post is what it quotes or answers, or a content of its own, with its mentions."""
    act = scene.own(note.uri)
    facts: dict[str, Any] = {"actor": note.actor, "at": note.at, "audience_size": note.audience}
    facts["attributes"] = {"language": note.language, ALIAS: note.alias}
    made = _related(note, act, facts, scene) or [scene.event("post", act, content=act, **facts)]
    yield from made
    facts["attributes"] = {"language": note.language}
    for person in dict.fromkeys(note.mentions):
        content = made[-1].content_id
        yield scene.event("mention", f"{act}#mention:{person}", content=content, parent_actor_id=person, **facts)


def _related(note: Note, act: str, facts: dict[str, Any], scene: Scene) -> list[WireEvent]:
    made: list[WireEvent] = []
    related: tuple[tuple[Kind, str | None], ...] = (("quote", note.quoted), ("comment", note.answered))
    for kind, parent in related:
        if parent and scene.root(parent) not in {one.content_id for one in made}:
            content = scene.root(parent)
            made.append(scene.event(kind, act, content=content, parent_event_id=parent, parent_basis="exact", **facts))
    return made


def boost_id(post: str, actor: str, scene: Scene) -> str:
    """The event id of a boost."""
    return scene.own("boost", actor, post)


def boost(
    post: str, actor: str, at: datetime, scene: Scene, *, audience: int | None = None, alias: str | None = None
) -> WireEvent:
    """One account boosts a post. Who showed it the post is never told: a boost of a boost names the original."""
    facts = _facts(post, actor, at, scene, audience, alias)
    return scene.event("share", boost_id(post, actor, scene), parent_basis="root_only", **facts)


def like_id(post: str, actor: str, scene: Scene) -> str:
    """The event id of a like."""
    return scene.own("like", actor, post)


def like(
    post: str, actor: str, at: datetime, scene: Scene, *, audience: int | None = None, alias: str | None = None
) -> WireEvent:
    """One account likes a post."""
    facts = _facts(post, actor, at, scene, audience, alias)
    return scene.event("like", like_id(post, actor, scene), parent_basis="exact", **facts)


def _facts(
    post: str, actor: str, at: datetime, scene: Scene, audience: int | None, alias: str | None
) -> dict[str, Any]:
    """What a boost and a like of a post have in common."""
    act = scene.own(post)
    about = {"content": scene.root(act), "parent_event_id": act}
    return about | {"actor": actor, "at": at, "audience_size": audience, "attributes": {ALIAS: alias}}


def follow_id(actor: str, account: str, scene: Scene) -> str:
    """The event id of a follow."""
    return scene.own("follow", actor, account)


def follow(actor: str, account: str, at: datetime, scene: Scene, *, audience: int | None = None) -> WireEvent:
    """One account follows another."""
    content = account_content(account, scene)
    return scene.event(
        "follow", follow_id(actor, account, scene), content=content, actor=actor, at=at, audience_size=audience
    )


def account_content(account: str, scene: Scene) -> str:
    """The content that stands for an account."""
    return f"account:{scene.platform}:{account}"

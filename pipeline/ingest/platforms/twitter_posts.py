"""What a post on X means, however it was written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pipeline.ingest.platforms.seam import Made, Scene
    from schemas.wire import WireEvent

_RETWEETS: Final = re.compile(r"(?:RT @\w{1,15}:? ?){1,10}")
_NAME: Final = re.compile(r"@(\w+)")


class Post(NamedTuple):
    """The facts of one post, v1.1 or v2. Ids are X's own."""

    id: str
    actor: str
    name: str | None
    """The author's public handle, where the payload has it."""
    at: datetime
    audience: int | None
    text: str
    language: str | None
    retweeted: str | None
    quoted: str | None
    answered: str | None
    answered_actor: str | None
    conversation: str | None
    mentions: tuple[str, ...]
    roots: dict[str, str]
    """Of a post that is named here and is itself a quote, as far as the payload tells: what it quotes."""


def acts(post: Post, scene: Scene) -> Iterator[Made]:
    """A repost is one share. Any other post is what it answers and quotes, or a content of its own, with its mentions."""
    if post.retweeted:
        yield _spread("share", post, post.retweeted, scene)
        return
    made = []
    if post.quoted:
        made.append(_spread("quote", post, post.quoted, scene))
    if post.answered and (comment := _comment(post, post.answered, scene)).content_id not in {
        one.content_id for one in made
    }:
        made.append(comment)
    made = made or [scene.event("post", scene.own(post.id), content=scene.own(post.id), **_named_facts(post))]
    yield from made
    for person in post.mentions:
        yield scene.event(
            "mention",
            scene.own(post.id, "mention", person),
            content=made[-1].content_id,
            parent_actor_id=person,
            **_facts(post),
        )


def follow(source: str, target: str, audience: int | None, at: datetime, scene: Scene, *, undone: bool) -> WireEvent:
    """One account follows another, or no longer does: one act for each pair, so that its undo can name it."""
    act, content = scene.own("follow", source, target), f"account:{scene.platform}:{target}"
    if undone:
        return scene.retract(act, content=content, actor=source, at=at)
    return scene.event("follow", act, content=content, actor=source, at=at, audience_size=audience)


def like(act: str, post: str, root: str, actor: str, at: datetime, audience: int | None, scene: Scene) -> WireEvent:
    """One account likes a post; a quote is liked within the content that it quotes."""
    return scene.event(
        "like",
        scene.own("like", act),
        content=scene.root(scene.own(root)),
        actor=actor,
        at=at,
        parent_event_id=scene.own(post),
        parent_basis="exact",
        audience_size=audience,
    )


def _spread(kind: str, post: Post, named: str, scene: Scene) -> WireEvent:
    return scene.event(
        "quote" if kind == "quote" else "share",
        scene.own(post.id),
        content=scene.root(scene.own(post.roots.get(named, named))),
        parent_event_id=scene.own(named),
        parent_basis="exact" if kind == "quote" else "root_only",
        **_named_facts(post),
    )


def _comment(post: Post, answered: str, scene: Scene) -> WireEvent:
    return scene.event(
        "comment",
        scene.own(post.id),
        content=scene.root(scene.own(post.conversation or answered)),
        parent_event_id=scene.own(answered),
        parent_actor_id=post.answered_actor,
        parent_basis="exact",
        **_facts(post),
    )


def _named_facts(post: Post) -> dict[str, Any]:
    """Those of an act that others may come through: texts name its author by the handle, and X numbers people."""
    facts = _facts(post)
    return {**facts, "attributes": {**facts["attributes"], "actor_name": post.name}}


def _facts(post: Post) -> dict[str, Any]:
    chain = _RETWEETS.match(post.text)
    names = _NAME.findall(chain[0]) if chain else []
    hint = ",".join(names) if len(names) > bool(post.retweeted) else None
    attributes = {"language": post.language, "rt_chain": hint}
    return {"actor": post.actor, "at": post.at, "audience_size": post.audience, "attributes": attributes}

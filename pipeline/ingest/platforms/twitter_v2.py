"""X's API v2: posts with their includes, and the events of the Activity API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.reading import count_of, id_of, text_of
from pipeline.ingest.platforms.seam import Ignored
from pipeline.ingest.platforms.twitter_posts import Post, acts, follow, like

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene

_POSTS: Final = frozenset(
    {"post.create", "post.mention.create", "post.reply.create", "post.quote.create", "post.repost.create"}
)
_OTHER: Final = frozenset({"profile", "chat", "dm", "spaces", "news", "mute", "block"})
_REFERENCES: Final = frozenset({"retweeted", "quoted", "replied_to"})


def split(payload: Json) -> Iterable[object]:
    """One payload for each post."""
    data = payload["data"]
    if not isinstance(data.value, list):
        return [payload.value]
    return [{**payload.object(), "data": [post.value]} for post in data]


def read(payload: Json, scene: Scene) -> Iterable[Made]:
    """One post, or one event of the Activity API."""
    data = payload["data"]
    if isinstance(data.value, list):
        return (made for post in data for made in acts(_post(post, payload.get("includes")), scene))
    kind = data.get("event_type")
    if kind is None:
        return acts(_post(data, payload.get("includes")), scene)
    return _activity(data, kind, scene)


def _activity(data: Json, kind: Json, scene: Scene) -> Iterable[Made]:
    name, found = kind.text(), data["payload"]
    if name in _POSTS:
        return acts(_post(found, data.get("includes")), scene)
    if name == "like.create":
        return [_like(data, found, scene)]
    if name in {"follow.follow", "follow.unfollow"}:
        return [_follow(found, scene, undone=name == "follow.unfollow")]
    if name == "post.delete":
        return [scene.undo(scene.own(found["id"].id()), actor=found["author_id"].id(), at=scene.received_at)]
    if name.partition(".")[0] in _OTHER:
        return [Ignored("not about a post")]
    raise kind.unknown()


def _follow(found: Json, scene: Scene, *, undone: bool) -> Made:
    source, target = (_user(found[name]) for name in ("source", "target"))
    return follow(source["id"].id(), target["id"].id(), _audience(source), scene.received_at, scene, undone=undone)


def _like(data: Json, found: Json, scene: Scene) -> Made:
    actor, post = _liker(data, found), found["liked_tweet_id"].id()
    includes = data.get("includes")
    root = _roots(includes).get(post, post)
    audience = _audience(_person(includes, actor))
    return like(found["id"].id(), post, root, actor, times.iso(found["created_at"]), audience, scene)


def _liker(data: Json, found: Json) -> str:
    # The included user of an outbound like is the author of the liked post, not the one who likes.
    if text_of(data.get("filter", "direction")) == "outbound":
        return data["filter"]["user_id"].id()
    author = id_of(found.get("liked_tweet_author_id"))
    includes = data.get("includes")
    others = {user["id"].id() for user in _users(includes)} - {author}
    if len(others) != 1:
        raise data.refusal("should tell who likes, by its filter's direction or its included user")
    return others.pop()


def _post(found: Json, includes: Json | None) -> Post:
    named = _references(found)
    actor = found["author_id"].id()
    author = _person(includes, actor)
    return Post(
        id=found["id"].id(),
        actor=actor,
        name=text_of(author.get("username")) if author else None,
        at=times.iso(found["created_at"]),
        audience=_audience(author),
        text=text_of(found.get("text")) or "",
        language=text_of(found.get("lang")),
        retweeted=named.get("retweeted"),
        quoted=named.get("quoted"),
        answered=named.get("replied_to") or id_of(found.get("in_reply_to_tweet_id")),
        answered_actor=id_of(found.get("in_reply_to_user_id")),
        conversation=id_of(found.get("conversation_id")),
        mentions=_mentions(found),
        roots=_roots(includes),
    )


def _references(found: Json) -> dict[str, str]:
    named = {}
    for one in found.entries("referenced_tweets"):
        kind = one["type"]
        if kind.text() not in _REFERENCES:
            raise kind.unknown()
        named[kind.text()] = one["id"].id()
    return named


def _roots(includes: Json | None) -> dict[str, str]:
    """Of the included posts that quote one: which. A chain of them is followed to its end."""
    posts = includes.entries("tweets") if includes else []
    quoted = {post["id"].id(): named for post in posts if (named := _references(post).get("quoted"))}
    roots = {}
    for post, named in quoted.items():
        seen, end = {post}, named
        while end in quoted and end not in seen:
            seen.add(end)
            end = quoted[end]
        roots[post] = end
    return roots


def _mentions(found: Json) -> tuple[str, ...]:
    entities = found.get("entities")
    people = [id_of(one.get("id")) for one in entities.entries("mentions")] if entities else []
    return tuple(dict.fromkeys(person for person in people if person))


def _user(found: Json) -> Json:
    return found.get("data") or found


def _users(includes: Json | None) -> Iterator[Json]:
    return (_user(one) for one in (includes.entries("users") if includes else []))


def _person(includes: Json | None, actor: str) -> Json | None:
    return next((user for user in _users(includes) if user["id"].id() == actor), None)


def _audience(user: Json | None) -> int | None:
    return count_of(user.get("public_metrics", "followers_count")) if user else None

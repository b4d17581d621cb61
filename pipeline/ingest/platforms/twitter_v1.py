"""Twitter's API v1.1: statuses, as in every archive, and the Account Activity webhooks that carry them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.reading import Json, count_of, id_of, text_of
from pipeline.ingest.platforms.seam import Ignored
from pipeline.ingest.platforms.twitter_posts import Post, acts, follow, like

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline.ingest.platforms.seam import Made, Scene

_OTHER_EVENTS: Final = frozenset(
    {"direct_message_events", "direct_message_mark_read_events", "direct_message_indicate_typing_events"}
    | {"block_events", "mute_events", "user_event", "users", "apps", "tweet_edit_events"}
)
_NOTICES: Final = frozenset(
    {"limit", "scrub_geo", "status_withheld", "user_withheld", "disconnect", "warning", "friends", "event"}
)


def split(payload: Json) -> Iterable[object]:
    """One payload for each event of a webhook, for each status of a list."""
    if isinstance(payload.value, list):
        return [status.value for status in payload]
    if payload.get("for_user_id") is None:
        return [payload.value]
    return _activities(payload)


def _activities(payload: Json) -> Iterator[object]:
    lists = {name: value for name, value in payload.object().items() if isinstance(value, list)}
    rest = {name: value for name, value in payload.object().items() if name not in lists}
    if not lists:
        yield payload.value
    for name, events in lists.items():
        for one in events:
            yield {**rest, name: [one]}


def read(payload: Json, scene: Scene) -> Iterable[Made]:
    """One status, one notice of a stream, or one event of a webhook."""
    if payload.get("for_user_id") is not None:
        return _webhook(payload, scene)
    if (deleted := payload.get("delete")) is not None:
        return [_deleted(deleted, scene)]
    if any(payload.get(name) is not None for name in _NOTICES):
        return [Ignored("a notice of the stream")]
    return acts(_post(payload), scene)


def _webhook(payload: Json, scene: Scene) -> Iterator[Made]:
    known = False
    for name, value in payload.object().items():
        if name in _OTHER_EVENTS:
            known = True
            yield Ignored("not about a post")
        elif name in _EVENTS:
            known = True
            for one in Json(value, f"{payload.path}.{name}"):
                yield from _EVENTS[name](one, scene)
        elif name not in {"for_user_id", "user_has_blocked"}:
            raise Json(name, f"{payload.path}'s event").unknown()
    if not known:
        raise payload.refusal("should have a list of events")


def _created(status: Json, scene: Scene) -> Iterable[Made]:
    return acts(_post(status), scene)


def _favorite(found: Json, scene: Scene) -> Iterable[Made]:
    status, user = found["favorited_status"], found["user"]
    post = _id(status)
    at = times.millis(found["timestamp_ms"])
    return [like(found["id"].id(), post, _quoted(status) or post, _id(user), at, _audience(user), scene)]


def _follow(found: Json, scene: Scene) -> Iterable[Made]:
    kind, source, target = found["type"], found["source"], found["target"]
    if kind.text() not in {"follow", "unfollow"}:
        raise kind.unknown()
    at = times.millis(found["created_timestamp"])
    return [follow(_id(source), _id(target), _audience(source), at, scene, undone=kind.text() == "unfollow")]


def _gone(found: Json, scene: Scene) -> Iterable[Made]:
    return [_deleted(found, scene)]


def _deleted(found: Json, scene: Scene) -> Made:
    status = found["status"]
    actor = (status.get("user_id_str") or status["user_id"]).id()
    told = found.get("timestamp_ms")
    return scene.undo(scene.own(_id(status)), actor=actor, at=times.millis(told) if told else scene.received_at)


def _post(status: Json) -> Post:
    user, original = status["user"], status.get("retweeted_status")
    quoted = _quoted(status)
    return Post(
        id=_id(status),
        actor=_id(user),
        name=text_of(user.get("screen_name")),
        at=times.twitter(status["created_at"]),
        audience=_audience(user),
        text=text_of(status.first_of("full_text", "text")) or "",
        language=text_of(status.get("lang")),
        # A repost of a quote repeats what the quote quotes: the repost is looked at first.
        retweeted=_id(original) if original else None,
        quoted=quoted,
        answered=id_of(status.first_of("in_reply_to_status_id_str", "in_reply_to_status_id")),
        answered_actor=id_of(status.first_of("in_reply_to_user_id_str", "in_reply_to_user_id")),
        conversation=None,
        mentions=_mentions(status),
        roots=_roots(original) | _roots(status.get("quoted_status")),
    )


def _id(found: Json) -> str:
    # The number loses its last digits in every program that reads JSON numbers as floats; the text does not.
    return (found.get("id_str") or found["id"]).id()


def _quoted(status: Json) -> str | None:
    return id_of(status.first_of("quoted_status_id_str", "quoted_status_id"))


def _roots(status: Json | None) -> dict[str, str]:
    quoted = _quoted(status) if status else None
    return {_id(status): quoted} if status and quoted else {}


def _mentions(status: Json) -> tuple[str, ...]:
    entities = status.get("extended_tweet", "entities") or status.get("entities")
    people = entities.entries("user_mentions") if entities else []
    return tuple(dict.fromkeys(_id(person) for person in people))


def _audience(user: Json) -> int | None:
    return count_of(user.get("followers_count"))


_EVENTS: Final[dict[str, Callable[[Json, Scene], Iterable[Made]]]] = {
    "tweet_create_events": _created,
    "favorite_events": _favorite,
    "follow_events": _follow,
    "tweet_delete_events": _gone,
}

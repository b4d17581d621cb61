"""Instagram: webhooks of comments, mentions and story insights; comments and media insights polled from the Graph API.

Nothing tells who shares or likes: their number comes with the insights of a medium, up to two days late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import instagram_download, meta, times
from pipeline.ingest.platforms.reading import id_of
from pipeline.ingest.platforms.seam import Coverage, Ignored, PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = Coverage(
    payloads="webhooks (`comments`, `live_comments`, `mentions`, `story_insights`); comments and media insights of the API; data downloads",
    kinds=frozenset({"post", "share", "like", "comment", "mention", "follow", "counter"}),
    parent="comments: the medium or comment answered; shares are only counted, but for the reposts of a download: the original only",
    audience="none: nobody who acts is a known account of ours; of the owner of a download: the followers in it",
    undo="none",
    authentication=meta.AUTHENTICATION,
    time="seconds (webhooks), ISO (API)",
    untold="who shares, likes, or mentions; deleted comments; the medium of old comment webhooks, and of comments in downloads",
)

_COUNTED: Final = {
    "shares": "share",
    "reposts": "share",
    "likes": "like",
    "comments": "comment",
    "replies": "comment",
    "views": "view",
    "impressions": "view",
}
_OTHER_METRICS: Final = frozenset(
    {
        "reach",
        "saved",
        "exits",
        "taps_forward",
        "taps_back",
        "total_interactions",
        "engagement",
        "follows",
        "navigation",
    }
    | {"profile_visits", "profile_activity", "plays", "video_views", "ig_reels_avg_watch_time"}
    | {"ig_reels_video_view_total_time", "swipe_forward", "link_clicks", "media_id"}
)
_OTHER_FIELDS: Final = frozenset({"messages", "message_reactions", "messaging_postbacks", "messaging_seen", "standby"})


def _read(payload: Json, scene: Scene) -> Iterable[Made]:
    if payload.get("download") is not None:
        return instagram_download.read(payload, scene)
    if payload.get("object") is not None:
        return (made for entry in payload["entry"] for made in _entry(entry, scene))
    if payload.get("data") is not None:
        return meta.insights(payload, _COUNTED, _OTHER_METRICS, scene)
    return [_comment(payload, times.iso(payload["timestamp"]), scene)]


def _entry(entry: Json, scene: Scene) -> Iterator[Made]:
    if entry.get("messaging"):
        yield Ignored("a private message")
        return
    # Instagram Login leaves the list out: the entry is its only change.
    for change in entry.entries("changes") or [entry]:
        field = change["field"]
        if field.text() in _OTHER_FIELDS:
            yield Ignored("a private message")
        elif field.text() in _FIELDS:
            yield from _FIELDS[field.text()](change["value"], entry, scene)
        else:
            raise field.unknown()


def _commented(value: Json, entry: Json, scene: Scene) -> Iterable[Made]:
    return [_comment(value, times.seconds(entry["time"]), scene)]


def _comment(value: Json, at: datetime, scene: Scene) -> Made:
    media = value.get("media")
    if media is None:
        return Ignored("a comment that does not tell its medium")
    # A comment on an advertisement made of a post belongs to the post.
    content = scene.own((media.get("original_media_id") or media["id"]).id())
    act, answered = scene.own(value["id"].id()), id_of(value.get("parent_id"))
    actor = id_of(value.get("from", "id")) or id_of(value.get("user", "id")) or id_of(value.get("username"))
    return scene.event(
        "comment",
        act,
        content=content,
        actor=actor or meta.ANONYMOUS + act,
        at=at,
        parent_event_id=scene.own(answered) if answered else content,
        parent_basis="exact",
    )


def _mentioned(value: Json, entry: Json, scene: Scene) -> Iterable[Made]:
    account = entry["id"].id()
    act = scene.own("mention", (value.get("comment_id") or value["media_id"]).id(), account)
    return [
        scene.event(
            "mention",
            act,
            content=scene.own(value["media_id"].id()),
            actor=meta.ANONYMOUS + act,
            at=times.seconds(entry["time"]),
            parent_actor_id=account,
        )
    ]


def _story(value: Json, entry: Json, scene: Scene) -> Iterable[Made]:
    metrics = [(name, value[name]) for name in value.object() if value.get(name) is not None]
    medium, at = value["media_id"].id(), times.seconds(entry["time"])
    return meta.counters(metrics, _COUNTED, _OTHER_METRICS, medium, at, scene)


def _split(payload: Json) -> Iterable[object]:
    if payload.get("object") is not None:
        return meta.parts(payload, "instagram")
    data = payload.get("data")
    if data is None or any(one.get("name") is not None for one in data):
        return [payload.value]
    return [comment.value for comment in data]


_FIELDS: Final[dict[str, Callable[[Json, Json, Scene], Iterable[Made]]]] = {
    "comments": _commented,
    "live_comments": _commented,
    "mentions": _mentioned,
    "story_insights": _story,
}

MAPPING: Final = PlatformMapping(
    name="instagram", platform="instagram", label="Instagram", covers=_COVERS, read=_read, split=_split
)

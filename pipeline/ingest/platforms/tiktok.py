"""TikTok: webhooks (which tell of nothing that spreads), and answers of the Research API, polled.

Reposts do not name who reposted: the poller puts the `username` it asked for beside the answer's `data`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.reading import id_of
from pipeline.ingest.platforms.seam import Coverage, Ignored, PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = Coverage(
    payloads="Research API: videos, comments, reposted videos (with the user asked for); webhooks are ignored",
    kinds=frozenset({"post", "share", "comment", "counter"}),
    parent="reposts: the original only; comments: the video or comment answered",
    audience="looked up (`follower_count`)",
    undo="none",
    authentication="`TikTok-Signature`: HMAC-SHA256 of time, a dot and the raw body, hex; OAuth 2 (polls)",
    time="seconds",
    untold="who comments; when a video was reposted (the time it was first seen stands); shares but for their number",
)

_WEBHOOKS: Final = ("authorization.", "video.upload.", "video.publish.", "post.publish.", "portability.")
_LISTS: Final = ("videos", "reposted_videos", "comments")
_TOTALS: Final = (
    ("share", "share_count"),
    ("like", "like_count"),
    ("comment", "comment_count"),
    ("view", "view_count"),
)


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    if (event := found.get("event")) is not None:
        if not event.text().startswith(_WEBHOOKS):
            raise event.unknown()
        return [Ignored("a notice about an upload or a permission")]
    return (made for name in _LISTS for one in found["data"].entries(name) for made in _one(name, one, found, scene))


def _one(name: str, one: Json, found: Json, scene: Scene) -> Iterable[Made]:
    if name == "videos":
        return _video(one, scene)
    return [_repost(one, found["username"].text(), scene) if name == "reposted_videos" else _comment(one, scene)]


def _video(found: Json, scene: Scene) -> Iterator[Made]:
    act = scene.own(found["id"].id())
    actor = found["username"].text()
    yield scene.event("post", act, content=act, actor=actor, at=times.seconds(found["create_time"]))
    for kind, name in _TOTALS:
        if (total := found.get(name)) is not None:
            yield scene.counter(kind, total.count(), content=act, at=scene.received_at)


def _repost(found: Json, actor: str, scene: Scene) -> Made:
    video = found["id"].id()
    return scene.event(
        "share",
        scene.own("repost", video, actor),
        content=scene.own(video),
        actor=actor,
        at=scene.received_at,
        parent_event_id=scene.own(video),
        parent_basis="root_only",
    )


def _comment(found: Json, scene: Scene) -> Made:
    act, content = scene.own("comment", found["id"].id()), scene.own(found["video_id"].id())
    parent = id_of(found.get("parent_comment_id"))
    answers_comment = parent is not None and parent != found["video_id"].id()
    return scene.event(
        "comment",
        act,
        content=content,
        actor=f"anonymous:{act}",
        at=times.seconds(found["create_time"]),
        parent_event_id=scene.own("comment", parent or "") if answers_comment else content,
        parent_basis="exact",
    )


def _split(payload: Json) -> Iterable[object]:
    data = payload.get("data")
    if data is None or payload.get("event") is not None:
        return [payload.value]
    rest = {"username": payload.object().get("username")}
    parts = [{**rest, "data": {name: [one.value]}} for name in _LISTS for one in data.entries(name)]
    if not parts and not any(data.get(name) is not None for name in _LISTS):
        raise data.refusal("should have videos, reposted_videos or comments")
    return parts


MAPPING: Final = PlatformMapping(
    name="tiktok", platform="tiktok", label="TikTok", covers=_COVERS, read=_read, split=_split
)

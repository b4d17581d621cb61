"""YouTube: push notifications of uploads (WebSub), and comments, subscriptions, videos and share reports of its APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.markup import ATOM, attribute, child, children, name, text
from pipeline.ingest.platforms.reading import Json, UnknownShapeError, text_of
from pipeline.ingest.platforms.seam import Coverage, PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = Coverage(
    payloads="WebSub (uploads, deletions); `commentThreads`, `comments`, `subscriptions`, `videos`, Analytics tables",
    kinds=frozenset({"post", "comment", "follow", "counter", "retract"}),
    parent="comments: the video or comment answered; shares are only counted",
    audience="looked up (`subscriberCount`)",
    undo="deleted videos",
    authentication="`X-Hub-Signature` if a secret was given; `hub.challenge`; OAuth 2 (polls)",
    time="ISO",
    untold="who shares, likes or views; deleted comments",
)

_YT: Final = "http://www.youtube.com/xml/schemas/2015"
_TOMBSTONE: Final = "http://purl.org/atompub/tombstones/1.0 deleted-entry"
_ENTRIES: Final = frozenset({f"{ATOM} entry", _TOMBSTONE})
_TOTALS: Final = (("view", "viewCount"), ("like", "likeCount"), ("comment", "commentCount"))


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    if found.get("kind") is None:
        return [_pushed(entry, scene) for entry in found.entries("children") if name(entry) in _ENTRIES]
    kind = found["kind"]
    if kind.text() not in _KINDS:
        raise kind.unknown()
    return _KINDS[kind.text()](found, scene)


def _pushed(entry: Json, scene: Scene) -> Made:
    if name(entry) == _TOMBSTONE:
        return _deleted(entry, scene)
    act = scene.own(_told(entry, f"{_YT} videoId").text())
    at = times.declared(text(child(entry, f"{ATOM} published")), times.iso, scene.received_at)
    return scene.event("post", act, content=act, actor=_told(entry, f"{_YT} channelId").text(), at=at)


def _deleted(entry: Json, scene: Scene) -> Made:
    ref = attribute(entry, "ref")
    video = ref.text().removeprefix("yt:video:") if ref else ""
    if not video:
        raise UnknownShapeError(f"{entry.path}: has no ref to a video")
    act = scene.own(video)
    return scene.retract(act, content=act, actor=scene.platform, at=scene.received_at, verified=True)


def _told(entry: Json, wanted: str) -> Json:
    found = text(child(entry, wanted))
    if found is None:
        raise UnknownShapeError(f"{entry.path}: has no {wanted.rpartition(' ')[2]}")
    return found


def _thread(found: Json, scene: Scene) -> Iterator[Made]:
    video = found["snippet"]["videoId"]
    yield from _comment(found["snippet"]["topLevelComment"], scene, video)
    replies = found.get("replies", "comments")
    for reply in replies or ():
        yield from _comment(reply, scene, video)


def _comment(found: Json, scene: Scene, video: Json | None = None) -> Iterable[Made]:
    snippet = found["snippet"]
    content = scene.own((snippet.get("videoId") or video or snippet["videoId"]).text())
    act, parent = scene.own(found["id"].text()), text_of(snippet.get("parentId"))
    actor = text_of(snippet.get("authorChannelId", "value")) or f"anonymous:{act}"
    return [
        scene.event(
            "comment",
            act,
            content=scene.root(content),
            actor=actor,
            at=times.iso(snippet["publishedAt"]),
            parent_event_id=scene.own(parent) if parent else content,
            parent_basis="exact",
        )
    ]


def _subscription(found: Json, scene: Scene) -> Iterable[Made]:
    snippet = found["snippet"]
    channel, actor = snippet["resourceId"]["channelId"].text(), snippet["channelId"].text()
    content, act = f"account:{scene.platform}:{channel}", scene.own("follow", actor, channel)
    return [scene.event("follow", act, content=content, actor=actor, at=times.iso(snippet["publishedAt"]))]


def _video(found: Json, scene: Scene) -> Iterator[Made]:
    act, snippet, statistics = scene.own(found["id"].text()), found.get("snippet"), found.get("statistics")
    if snippet is not None:
        at = times.iso(snippet["publishedAt"])
        yield scene.event("post", act, content=act, actor=snippet["channelId"].text(), at=at)
    for kind, metric in _TOTALS:
        if statistics is not None and (total := statistics.get(metric)) is not None:
            yield scene.counter(kind, total.count(), content=act, at=scene.received_at)


def _report(found: Json, scene: Scene) -> Iterator[Made]:
    """Shares of each video: the services they went to are added up."""
    columns = [column["name"].text() for column in found["columnHeaders"]]
    if "video" not in columns or "shares" not in columns:
        raise found["columnHeaders"].refusal("should have the columns video and shares")
    totals: dict[str, int] = {}
    for row in found.entries("rows"):
        cells = list(row)
        if len(cells) != len(columns):
            raise row.refusal("should have a cell for each column")
        video = cells[columns.index("video")].text()
        totals[video] = totals.get(video, 0) + cells[columns.index("shares")].count()
    for video, total in totals.items():
        yield scene.counter("share", total, content=scene.own(video), at=scene.received_at)


def _split(payload: Json) -> Iterable[object]:
    if payload.get("name") is not None and payload.get("kind") is None:
        if name(payload) != f"{ATOM} feed":
            raise payload["name"].unknown()
        entries = [entry for wanted in sorted(_ENTRIES) for entry in children(payload, wanted)]
        return [{"name": name(payload), "children": [entry.value]} for entry in entries]
    items = payload.get("items")
    return [payload.value] if items is None else [item.value for item in items]


_KINDS: Final[dict[str, Callable[[Json, Scene], Iterable[Made]]]] = {
    "youtube#commentThread": _thread,
    "youtube#comment": _comment,
    "youtube#subscription": _subscription,
    "youtube#video": _video,
    "youtubeAnalytics#resultTable": _report,
}

MAPPING: Final = PlatformMapping(
    name="youtube", platform="youtube", label="YouTube", covers=_COVERS, read=_read, split=_split
)

"""News sites such as Upworthy: beacons of a page's own script, and the Upworthy Research Archive.

News sites publish no feed of their shares. A script on the page can: each visit has a token, and a visit that came from a
shared link has the sharer's token as its parent, so the chain of tokens is exact over every channel. The archive holds
totals of views and clicks for each package (headline and picture) of a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.reading import count_of, text_of
from pipeline.ingest.platforms.seam import Coverage, PlatformMapping, digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene
    from schemas.wire import Kind

_COVERS: Final = Coverage(
    payloads="beacons with `token` and `parent_token`; rows of the Upworthy Research Archive",
    kinds=frozenset({"post", "share", "view", "click", "counter"}),
    parent="exact: the token of the share that the visit came from",
    audience="none",
    undo="none",
    authentication="a token of the site (beacons), files (archive)",
    time="milliseconds (beacons), ISO in UTC (archive)",
    untold="who a visitor is; shares by those who copy the page's own address",
)

_ACTS: Final[dict[str, Kind]] = {"view": "view", "click": "click", "share": "share", "copy": "share"}
_CAMPAIGN_TAGS: Final = ("utm_source", "utm_medium", "utm_campaign")


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    return _arm(found, scene) if found.get("clickability_test_id") is not None else [_beacon(found, scene)]


def _beacon(found: Json, scene: Scene) -> Made:
    event = found["event"]
    if event.text() not in _ACTS:
        raise event.unknown()
    kind, token = _ACTS[event.text()], found["token"].text()
    parent = text_of(found.get("parent_token"))
    content = scene.page(found["content_url"])
    tags = {name: text_of(found.get(name)) for name in ("channel", *_CAMPAIGN_TAGS)}
    return scene.event(
        kind,
        # A share is named by its token alone: that is what its children know of it.
        scene.own("token", token) if kind == "share" else scene.own(kind, token),
        content=content,
        actor=f"visitor:{token}",
        at=times.declared(found.get("ts"), times.millis, scene.received_at),
        parent_event_id=scene.own("token", parent) if parent else content,
        parent_basis="exact",
        attributes=tags,
    )


def _arm(found: Json, scene: Scene) -> Iterator[Made]:
    test, package = (
        found["clickability_test_id"].text(),
        digest(found["headline"].text(), text_of(found.get("eyecatcher_id")) or ""),
    )
    content, at = scene.own("upworthy", test, package), times.iso_utc(found["created_at"])
    slug = text_of(found.get("slug"))
    yield scene.event(
        "post", content, content=content, actor="upworthy.com", at=at, attributes={"test": test, "slug": slug}
    )
    for kind, name in (("view", "impressions"), ("click", "clicks")):
        if (total := count_of(found.get(name))) is not None:
            yield scene.counter(kind, total, content=content, at=at)


def _split(payload: Json) -> Iterable[object]:
    return [one.value for one in payload] if isinstance(payload.value, list) else [payload.value]


MAPPING: Final = PlatformMapping(
    name="news", platform="web", label="News sites", covers=_COVERS, read=_read, split=_split
)

"""Blogs that link: Webmention, Pingback and Trackback after the front door has fetched the page that links.

None of the three is signed: the proof is the fetch. The front door asks `asked` which page to fetch, and maps
`{"source": …, "target": …, "status": 200, "linked": true, "mf2": {"items": […]}}`, where `linked` says whether the page
still links to the target and `mf2` are its microformats, if it has any. webmention.io's posts (jf2) are understood too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from pipeline.ingest.platforms import bodies, times
from pipeline.ingest.platforms.links import plain
from pipeline.ingest.platforms.markup import child, name, text
from pipeline.ingest.platforms.microformats import Entry, entry_about
from pipeline.ingest.platforms.reading import Json, UnknownShapeError, text_of
from pipeline.ingest.platforms.seam import Coverage, Ignored, PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipeline.ingest.platforms.seam import Made, Scene
    from schemas.wire import Basis, Kind

_COVERS: Final = Coverage(
    payloads="Webmention, Pingback, Trackback after the fetch; webmention.io (jf2)",
    kinds=frozenset({"share", "quote", "like", "comment", "mention", "retract"}),
    parent="reposts: the page reposted only; quotations, replies and likes: exact",
    audience="none",
    undo="the page is gone (404, 410) or links no more",
    authentication="the fetch of the page itself",
    time="ISO as the page says it, else when received",
    untold="readers; through whom a repost came",
)

GONE: Final = frozenset({404, 410})

_KINDS: Final[dict[str, tuple[Kind, Basis]]] = {
    "repost-of": ("share", "root_only"),
    "quotation-of": ("quote", "exact"),
    "in-reply-to": ("comment", "exact"),
    "like-of": ("like", "exact"),
    "bookmark-of": ("mention", "none"),
    "mention-of": ("mention", "none"),
}
_OTHER: Final = frozenset({"rsvp", "follow-of", "read-of", "listen-of", "watch-of"})


class Link(NamedTuple):
    """What a request asks to be looked at: does `source` link to `target`?"""

    source: str
    target: str
    protocol: str


def asked(payload: object, target: str = "") -> Link:
    """What to fetch. `target` is the page that a Trackback address stands for; the other two name it themselves.

    Raises `UnknownShapeError`, also when an address is not http.
    """
    found = Json(payload)
    if found.get("children") is not None:
        link = _pingback(found)
    elif found.get("source") is not None:
        link = Link(found["source"].text(), found["target"].text(), "webmention")
    else:
        link = Link(found["url"].text(), target, "trackback")
    for url in link[:2]:
        _checked(url)
    return link


def _pingback(call: Json) -> Link:
    method = text(child(call, "methodName"))
    if name(call) != "methodCall" or method is None or method.text() != "pingback.ping":
        raise UnknownShapeError("payload: should be a call of pingback.ping")
    params = child(call, "params")
    urls = [_parameter(param) for param in (params.entries("children") if params else [])]
    if len(urls) != len(("source", "target")):
        raise UnknownShapeError("payload: pingback.ping has two parameters")
    return Link(urls[0], urls[1], "pingback")


def _parameter(param: Json) -> str:
    value = child(param, "value")
    found = text(child(value, "string")) or text(value) if value else None
    if found is None:
        raise UnknownShapeError(f"{param.path}: should be a text")
    return found.text()


def _checked(url: str) -> None:
    try:
        plain(url)
    except ValueError:
        raise UnknownShapeError("payload: source and target should be http addresses") from None


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    if found.get("wm-property") is not None:
        return [_jf2(found, scene)]
    source, target = found["source"], found["target"]
    if _is_gone(found):
        return [_undone(source, target, scene)]
    mf2 = found.get("mf2")
    entry = entry_about(mf2, plain(_http(target))) if mf2 else None
    return [_linked(entry or Entry(), source, target, scene)]


def _is_gone(found: Json) -> bool:
    linked = found.get("linked")
    if linked is None or not isinstance(linked.value, bool):
        raise UnknownShapeError(f"{found.path}.linked: should be true or false")
    return found["status"].count() in GONE or not linked.value


def _linked(entry: Entry, source: Json, target: Json, scene: Scene) -> Made:
    kind, basis = _KINDS[entry.relation]
    at = times.written(Json(entry.published) if entry.published else None, scene.received_at)
    return _act(kind, basis, source, target, entry.author or _host(source), at, entry.relation, scene)


def _jf2(found: Json, scene: Scene) -> Made:
    relation = found["wm-property"]
    if relation.text() in _OTHER:
        return Ignored("a relation that spreads nothing")
    if relation.text() not in _KINDS:
        raise relation.unknown()
    source, target = found["wm-source"], found["wm-target"]
    kind, basis = _KINDS[relation.text()]
    author = text_of(found.get("author", "url"))
    at = times.written(found.first_of("published", "wm-received"), scene.received_at)
    return _act(kind, basis, source, target, author or _host(source), at, relation.text(), scene)


def _act(
    kind: Kind, basis: Basis, source: Json, target: Json, actor: str, at: datetime, relation: str, scene: Scene
) -> Made:
    page = scene.page(target)
    return scene.event(
        kind,
        scene.page(source),
        content=scene.root(page),
        actor=actor,
        at=at,
        parent_event_id=page if basis != "none" else None,
        parent_basis=basis,
        attributes={"relation": relation},
    )


def _undone(source: Json, target: Json, scene: Scene) -> Made:
    content = scene.root(scene.page(target))
    return scene.retract(scene.page(source), content=content, actor=_host(source), at=scene.received_at, verified=True)


def _http(url: Json) -> str:
    _checked(url.text())
    return url.text()


def _host(url: Json) -> str:
    return urlsplit(plain(_http(url))).hostname or ""


def _split(payload: Json) -> Iterable[object]:
    posts = payload.get("children")
    return [payload.value] if posts is None else [post.value for post in posts]


MAPPING: Final = PlatformMapping(
    name="webmention",
    platform="web",
    label="Blogs: Webmention, Pingback, Trackback",
    covers=_COVERS,
    read=_read,
    split=_split,
    decode=bodies.decode,
)

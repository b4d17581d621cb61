"""Blogs that publish: Atom and RSS feeds, delivered by a WebSub hub or polled.

An entry is a content of its own, named by its address, so that links and reposts from elsewhere find it. Feeds are read
again and again: the same entry gives the same event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.markup import ATOM, attribute, child, link, name, text
from pipeline.ingest.platforms.reading import UnknownShapeError
from pipeline.ingest.platforms.seam import Coverage, PlatformMapping
from schemas.undo import ALIAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pipeline.ingest.platforms.markup import Tree
    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = Coverage(
    payloads="Atom, RSS 2.0, RSS 1.0 (WebSub deliveries, polls)",
    kinds=frozenset({"post", "share", "comment", "counter"}),
    parent="exact, where an entry names what it came from (`via`) or answers (`thr:in-reply-to`)",
    audience="none",
    undo="`at:deleted-entry` (content not told)",
    authentication="`X-Hub-Signature`: HMAC of the raw body, method in the header; `hub.challenge`",
    time="ISO (Atom), RFC 822 (RSS)",
    untold="readers; who passes a feed's entry on",
)

_RSS1: Final = "http://purl.org/rss/1.0/"
_DC_DATE: Final = "http://purl.org/dc/elements/1.1/ date"
_THREAD: Final = "http://purl.org/syndication/thread/1.0 in-reply-to"
_COMMENTS: Final = ("http://purl.org/rss/1.0/modules/slash/ comments", "http://purl.org/syndication/thread/1.0 total")
_TOMBSTONE: Final = "http://purl.org/atompub/tombstones/1.0 deleted-entry"
_ATOM_FEED: Final = f"{ATOM} feed"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns# RDF"
_ENTRIES: Final = frozenset({f"{ATOM} entry", "item", f"{_RSS1} item", _TOMBSTONE})


def _read(feed: Json, scene: Scene) -> Iterable[Made]:
    return (made for entry in _items(feed) for made in _entry(entry, scene))


def _entry(entry: Json, scene: Scene) -> Iterator[Made]:
    if name(entry) == _TOMBSTONE:
        yield _deleted(entry, scene)
        return
    at = _time(entry, scene)
    address, named = _address(entry), _id(entry)
    act, actor = scene.page(address), _host(address)
    facts: dict[str, Any] = {
        "actor": actor,
        "at": at,
        "attributes": {ALIAS: scene.own("entry", named) if named else None},
    }
    origin = link(entry, "via")
    answered = child(entry, _THREAD)
    if answered is not None:
        page = scene.page(_answered(answered))
        yield scene.event("comment", act, content=scene.root(page), parent_event_id=page, parent_basis="exact", **facts)
    elif origin is not None:
        page = scene.page(origin)
        yield scene.event("share", act, content=scene.root(page), parent_event_id=page, parent_basis="exact", **facts)
    else:
        yield scene.event("post", act, content=act, **facts)
        if (total := text(child(entry, *_COMMENTS))) is not None:
            yield scene.counter("comment", total.count(), content=act, at=scene.received_at)


def _deleted(entry: Json, scene: Scene) -> Made:
    named, when = attribute(entry, "ref"), attribute(entry, "when")
    if named is None:
        raise UnknownShapeError(f"{entry.path}: has no ref")
    at = times.written(when, scene.received_at)
    return scene.undo(scene.own("entry", named.text()), actor=None, at=at)


def _time(entry: Json, scene: Scene) -> datetime:
    if (iso := text(child(entry, f"{ATOM} published", f"{ATOM} updated", _DC_DATE))) is not None:
        return times.written(iso, scene.received_at)
    try:
        return times.declared(text(child(entry, "pubDate")), times.rfc_822, scene.received_at)
    except UnknownShapeError:  # people write these too
        return scene.received_at


def _address(entry: Json) -> Json:
    found = link(entry, "alternate") or text(child(entry, "link", f"{_RSS1} link")) or _permalink(entry)
    if found is None:
        raise UnknownShapeError(f"{entry.path}: has no address")
    return found


def _permalink(entry: Json) -> Json | None:
    """RSS: a guid is the address, unless it says that it is not."""
    guid = child(entry, "guid")
    told = attribute(guid, "isPermaLink") if guid else None
    return None if guid is None or (told and told.text() == "false") else text(guid)


def _answered(element: Json) -> Json:
    found = attribute(element, "href") or attribute(element, "ref")
    if found is None:
        raise UnknownShapeError(f"{element.path}: has neither href nor ref")
    return found


def _id(entry: Json) -> str | None:
    found = text(child(entry, f"{ATOM} id", "guid"))
    return found.text() if found else None


def _host(address: Json) -> str:
    return urlsplit(address.text().strip()).hostname or "web"


def _items(feed: Json) -> Iterator[Json]:
    channel = child(feed, "channel") if name(feed) == "rss" else feed
    if channel is None:
        raise UnknownShapeError(f"{feed.path}: has no channel")
    return (one for one in channel.entries("children") if name(one) in _ENTRIES)


def _split(feed: Json) -> Iterable[object]:
    if name(feed) not in {_ATOM_FEED, _RDF, "rss"}:
        raise feed["name"].unknown()
    return [_alone(feed, item) for item in _items(feed)]


def _alone(feed: Json, item: Json) -> Tree:
    """The feed with one entry only."""
    if name(feed) == "rss":
        return {"name": "rss", "children": [{"name": "channel", "children": [item.value]}]}
    return {"name": name(feed), "children": [item.value]}


MAPPING: Final = PlatformMapping(
    name="feeds", platform="web", label="Blogs: Atom and RSS", covers=_COVERS, read=_read, split=_split
)

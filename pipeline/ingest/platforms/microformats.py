"""What a page's microformats (mf2) say about its relation to another page.

People and their templates write these: what is not of the expected form is passed over, never an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms.links import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline.ingest.platforms.reading import Json

RELATIONS: Final = ("repost-of", "quotation-of", "in-reply-to", "like-of", "bookmark-of")
"""In this order: a repost that also replies is a repost."""
MAX_DEPTH: Final = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """What one post says. Without microformats, a link is a mention."""

    relation: str = "mention-of"
    author: str | None = None
    published: str | None = None


def entry_about(mf2: Json, target: str) -> Entry | None:
    """The first `h-entry` that is about `target` (as `links.plain` writes it), or the page's first one; None without any."""
    entries = list(_entries(mf2.get("items"), MAX_DEPTH))
    found = [_read(entry, target) for entry in entries]
    about = [entry for entry in found if entry.relation != "mention-of"]
    return next(iter(about or found), None)


def _entries(items: Json | None, depth: int) -> Iterator[Mapping[str, object]]:
    for item in items.value if items and isinstance(items.value, list) else []:
        yield from _inner(item, depth)


def _inner(item: object, depth: int) -> Iterator[Mapping[str, object]]:
    if not isinstance(item, dict) or depth == 0:
        return
    properties = item.get("properties")
    if isinstance(properties, dict) and "h-entry" in _listed(item.get("type")):
        yield properties
    for child in _listed(item.get("children")):
        yield from _inner(child, depth - 1)


def _read(properties: Mapping[str, object], target: str) -> Entry:
    relation = next((name for name in RELATIONS if target in set(_urls(properties.get(name)))), "mention-of")
    author = next(_urls(properties.get("author")), None)
    published = next((one for one in _listed(properties.get("published")) if isinstance(one, str) and one), None)
    return Entry(relation, author, published)


def _urls(values: object) -> Iterator[str]:
    """The addresses in a property: bare, or of an embedded `h-cite` or `h-card`."""
    for value in _listed(values):
        inner = value.get("properties") if isinstance(value, dict) else None
        named = _listed(inner.get("url")) if isinstance(inner, dict) else [value]
        yield from (url for one in named if isinstance(one, str) and (url := _plain(one)))


def _plain(url: str) -> str | None:
    try:
        return plain(url) if url.isprintable() else None
    except ValueError:
        return None


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []

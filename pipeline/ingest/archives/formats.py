"""What `--format` can be: how the parts of an archive become payloads, and payloads become events."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import UsageError
from pipeline.ingest.archives import documents, feeds
from pipeline.ingest.archives.downloads import LAYOUTS, Download
from pipeline.ingest.archives.items import Found, Item
from pipeline.ingest.archives.rows import Dialect, rows
from pipeline.ingest.platforms import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from pipeline.ingest.archives.mapping_file import MappingFile
    from pipeline.ingest.archives.opening import Archive, Part
    from pipeline.ingest.platforms import Context, Mapped

CSV: Final = "csv"
FORMATS: Final = (*REGISTRY, CSV)
_TABLES: Final = {".csv": ",", ".tsv": "\t"}
_POSTS: Final = re.compile(r"(^|/)Google\+ Stream/Posts/[^/]+\.json$", re.IGNORECASE)
_PAGES: Final = re.compile(r"\.html?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """How one archive is read. `parts` are those that are; `read` gives a part's items, `map` what a payload means."""

    parts: list[Part]
    read: Callable[[Part], Iterator[Item]]
    map: Callable[[object], Mapped]
    is_explicit: bool = False
    """Whether each entry names its content as the operator wants it."""


def needs_key(name: str, mapping: MappingFile | None) -> bool:
    """Whether people are known by their e-mail address, which is hashed with CASCADES_ACTOR_KEY."""
    return mapping.needs_key if mapping else REGISTRY[name].platform == "email"


def reading(
    archive: Archive, name: str, context: Context, as_of: datetime, *, owner: str | None, mapping: MappingFile | None
) -> Reading:
    """How to read an archive of this format. Raises UsageError when there is nothing in it that could be read."""
    if mapping:
        dialect, columns = mapping.dialect, mapping.columns
        read = partial(_table, archive, dialect, columns)
        made = Reading(archive.data_parts(), read, lambda row: mapping.events(row, as_of, context), is_explicit=True)
    else:
        parts, entries = _platform(archive, name, owner)
        platform = REGISTRY[name]
        made = Reading(parts, entries, lambda payload: platform.events(payload, as_of, context))
    if not made.parts:
        raise _nothing(archive, name)
    return made


def _platform(archive: Archive, name: str, owner: str | None) -> tuple[list[Part], Callable[[Part], Iterator[Item]]]:
    if name in LAYOUTS:
        download = Download(archive, name, owner)
        if download.parts or (archive.zipped and not _has_json_lines(archive)):
            return download.parts, download.read
    parts = archive.data_parts()
    if name == "googleplus":
        parts = [part for part in parts if _POSTS.search(part.name)] or parts
    return parts, partial(_entries, archive, name)


def _has_json_lines(archive: Archive) -> bool:
    return any(part.name.endswith((".jsonl", ".ndjson")) for part in archive.parts)


def _entries(archive: Archive, name: str, part: Part) -> Iterator[Item]:
    suffix = f".{part.name.rpartition('.')[2].lower()}" if part.name else archive.suffix
    if suffix in _TABLES:
        return _adapted(name, _table(archive, Dialect(delimiter=_TABLES[suffix]), (), part))
    if name == "myspace":
        return _feed(archive, part)
    return _adapted(name, _documents(archive, part))


def _documents(archive: Archive, part: Part) -> Iterator[Item]:
    with archive.open(part) as stream:
        yield from documents.entries(stream)


def _feed(archive: Archive, part: Part) -> Iterator[Item]:
    with archive.open(part) as stream:
        head = feeds.head_of(stream)
    with archive.open(part) as stream:
        yield from feeds.entries(stream, head)


def _table(archive: Archive, dialect: Dialect, columns: Any, part: Part) -> Iterator[Item]:
    with archive.open(part) as stream:
        yield from rows(stream, dialect, columns)


def _adapted(name: str, items: Iterator[Item]) -> Iterator[Item]:
    """Mailgun's export and events API leave out the envelope that its webhooks have."""
    if name != "mailgun":
        return items
    return (Found(item.number, _enveloped(item.payload)) if isinstance(item, Found) else item for item in items)


def _enveloped(payload: object) -> object:
    if isinstance(payload, dict) and "event" in payload and "event-data" not in payload:
        return {"event-data": payload}
    return payload


def _nothing(archive: Archive, name: str) -> UsageError:
    if any(_PAGES.search(part.name) for part in archive.parts):
        return UsageError(
            f"{archive.label} holds HTML pages, which name too little: ask the platform for the download again, in the format JSON"
        )
    return UsageError(f"{archive.label} holds nothing that is read of {name}: see docs/archives.md for what is")

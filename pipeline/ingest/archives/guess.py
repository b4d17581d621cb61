"""The format of a file whose format was not told: by what only one of them has, or not at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import UsageError
from pipeline.ingest.archives import documents
from pipeline.ingest.archives.items import Found
from pipeline.ingest.archives.stream import buffered

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.ingest.archives.opening import Archive, Part

_NAMES: Final = (
    ("googleplus", re.compile(r"(^|/)Google\+ Stream/", re.IGNORECASE)),
    ("instagram", re.compile(r"(^|/)(your_instagram_activity/|liked_posts\.json$|personal_information\.json$)")),
    ("facebook", re.compile(r"(^|/)(your_facebook_activity/|your_posts\w*\.json$|profile_information\.json$)")),
)
_LISTS: Final = re.compile(r"(^|/)(liked_posts|your_posts\w*)\.json$")
_LOOK: Final = 1 << 16
_PARTS: Final = 5
"""Members of a zip file that are looked into: a readme may come first."""


def _has(*names: str) -> Callable[[dict[str, Any]], bool]:
    return lambda payload: all(name in payload for name in names)


def _is(name: str, *values: str) -> Callable[[dict[str, Any]], bool]:
    return lambda payload: payload.get(name) in values


_SHAPES: Final[tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...]] = (
    ("googleplus", lambda payload: str(payload.get("kind")).startswith("plus#")),
    ("googleplus", _has("creationTime", "author", "url")),
    ("twitter", _has("created_at", "id_str", "user")),
    ("twitter", _has("delete")),
    ("twitter", _has("for_user_id")),
    ("sendgrid", _has("sg_event_id", "event")),
    ("mailgun", _has("event-data")),
    ("mailgun", _has("event", "recipient", "timestamp")),
    ("postmark", _has("RecordType", "MessageID")),
    ("ses", _has("eventType", "mail")),
    ("ses", _has("Type", "TopicArn")),
    ("activecampaign", _has("type", "contact[email]")),
    ("facebook", _is("object", "page")),
    ("instagram", _is("object", "instagram")),
    ("bluesky", _has("did", "commit")),
)
_OURS: Final = _has("event_id", "kind", "content_id")


def guess(archive: Archive) -> str:
    """The format. Raises UsageError that says what to do when it cannot be told."""
    found = _by_name(archive) or _by_content(archive)
    if not found:
        raise UsageError(
            f"what {archive.label} holds cannot be told from it: name its format with --format (docs/archives.md has all), "
            "or give a mapping file for CSV with --mapping"
        )
    return found


def _by_name(archive: Archive) -> str | None:
    if archive.zipped is None:
        found = _LISTS.search(archive.label)
        return None if found is None else "instagram" if found[2] == "liked_posts" else "facebook"
    return next((name for name, path in _NAMES if any(path.search(part.name) for part in archive.parts)), None)


def _by_content(archive: Archive) -> str | None:
    try:
        shapes = (_by_shape(archive, part) for part in archive.data_parts()[:_PARTS])
        return next(filter(None, shapes), None)
    except OSError:  # it is spoiled
        return None


def _by_shape(archive: Archive, part: Part) -> str | None:
    with archive.open(part) as stream:
        head = buffered(stream).peek(_LOOK)[:_LOOK].lstrip()
    if head[:1] == b"<":
        return "myspace" if b"activitystrea.ms" in head and b"Atom" in head else None
    if head[:1] not in {b"{", b"["}:
        return None
    with archive.open(part) as stream:
        item = next(documents.entries(stream), None)
    payload = item.payload if isinstance(item, Found) else None
    payload = payload[0] if isinstance(payload, list) and payload else payload
    if not isinstance(payload, dict):
        return None
    if _OURS(payload):
        raise UsageError(f"{archive.label} holds events of ours: cascades replay {archive.path}")
    return next((name for name, fits in _SHAPES if fits(payload)), None)

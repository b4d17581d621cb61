"""What every front door and collector sends: events, undos and dead letters as Kafka records under their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline.ingest.http.sender import Entry
from schemas import undo, wire
from schemas.dead_letter import door_headers

if TYPE_CHECKING:
    from pipeline.config import Settings
    from schemas.dead_letter import RefusedError
    from schemas.undo import Undo
    from schemas.wire import WireEvent


def of_event(settings: Settings, event: WireEvent, value: bytes | None = None) -> Entry:
    """The record of an event; `value` are its bytes where they are known already."""
    return Entry(settings.events_topic, event.content_id.encode(), value or wire.encode(event))


def of_undo(settings: Settings, found: Undo) -> Entry:
    """The record of an undo whose content is not known."""
    return Entry(settings.undo_topic, found.target_event_id.encode(), undo.encode(found))


def of_letter(settings: Settings, door: str, error: RefusedError, value: bytes, received_at_ms: int) -> Entry:
    """The dead letter of something that came by a door."""
    headers = door_headers(error, door=door, value=value, received_at_ms=received_at_ms)
    return Entry(settings.dead_letter_topic, None, value, headers)


def part(payload: object, body: bytes) -> bytes:
    """A part that was refused, as JSON; where JSON cannot write it, or it came as a whole, the bytes as they came."""
    if payload is None:
        return body
    try:
        return msgspec.json.encode(payload)
    except (msgspec.MsgspecError, UnicodeError, TypeError, RecursionError):
        return body

"""One undo on its way: what it says, where it stood first, and on which rung it waits."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline.ingest.undo.ladder import FRESH
from schemas.dead_letter import REPLAY_HEADER, Identity, RefusedError, replayed
from schemas.undo import Undo, decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.ingest.undo.ruling import Act

ORIGIN_HEADER = "cascades-undo"
"""Header of a waiting record: the identity of the undo in the topic where it was told."""
FOUND_HEADER = "cascades-undo-found"
"""Header of a waiting record whose act was found before: it only waits for further copies, and never is a dead letter. JSON: the marks of the acts whose
retractions were told (`mark`).
"""
MOST_TOLD = 500
"""Marks that are kept: what is beyond may be told again. An act stands in one or two contents, as a rule."""

Headers = list[tuple[str, bytes]]
_marks = msgspec.json.Decoder(frozenset[str]).decode


@dataclass(frozen=True, slots=True)
class Case:
    """An undo, with its bytes as they came."""

    undo: Undo
    origin: Identity
    key: bytes | None
    value: bytes
    rung: int = FRESH
    put_ms: int = 0
    """When Kafka took the record that waits."""
    told: frozenset[str] | None = None
    """Marks of the acts whose retractions were told; None: no act was found yet."""
    replay_of: Identity | None = None

    def waiting(self, told: frozenset[str] | None) -> Headers:
        """The headers of the record that waits on the next rung."""
        headers = [(ORIGIN_HEADER, str(self.origin).encode())]
        headers += [] if told is None else [(FOUND_HEADER, msgspec.json.encode(sorted(told)[:MOST_TOLD]))]
        return headers + ([(REPLAY_HEADER, str(self.replay_of).encode())] if self.replay_of else [])


def read(record: Any, told_in: str) -> Case:
    """The undo in a record of the topic `told_in`, or of the topic of waiting ones. Raises RefusedError when it is none."""
    here = Identity(record.topic, record.partition, record.offset, record.timestamp)
    waits = record.topic != told_in
    origin = _header(record.headers, ORIGIN_HEADER) if waits else here
    if origin is None:
        raise RefusedError("not_an_undo", f"the record waits, and its header {ORIGIN_HEADER} does not say for what")
    return Case(
        _decoded(record.value or b""),
        origin,
        record.key,
        record.value,
        record.partition if waits else FRESH,
        record.timestamp,
        _told(record.headers) if waits else None,
        replayed(record.headers),
    )


def _header(headers: Sequence[tuple[str, bytes]], wanted: str) -> Identity | None:
    return next((Identity.read(value) for name, value in headers if name == wanted), None)


def mark(act: Act) -> str:
    """A short name for an act in a content: headers have little room."""
    return sha256(f"{act.content_id}\0{act.event_id}".encode()).hexdigest()[:16]


def _told(headers: Sequence[tuple[str, bytes]]) -> frozenset[str] | None:
    for name, value in headers:
        if name == FOUND_HEADER:
            with suppress(msgspec.MsgspecError, UnicodeDecodeError):
                return _marks(value)
            return frozenset()  # as older versions wrote it
    return None


def _decoded(value: bytes) -> Undo:
    try:
        undo = decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RefusedError("not_an_undo", str(error)) from None
    if "\0" in f"{undo.target_event_id}{undo.actor_id}":
        raise RefusedError("not_an_undo", "an id holds a NUL character, which no event may")
    return undo

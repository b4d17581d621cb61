"""One undo on its way: what it says, where it stood first, and on which rung it waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline.ingest.undo.ladder import FRESH
from schemas.dead_letter import REPLAY_HEADER, Identity, RefusedError, replayed
from schemas.undo import Undo, decode

if TYPE_CHECKING:
    from collections.abc import Sequence

ORIGIN_HEADER = "cascades-undo"
"""Header of a waiting record: the identity of the undo in the topic where it was told."""
FOUND_HEADER = "cascades-undo-found"
"""Header of a waiting record whose act was found before: it only waits for further copies, and never is a dead letter."""

Headers = list[tuple[str, bytes]]


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
    found: bool = False
    replay_of: Identity | None = None

    def waiting(self, *, found: bool) -> Headers:
        """The headers of the record that waits on the next rung."""
        headers = [(ORIGIN_HEADER, str(self.origin).encode())]
        headers += [(FOUND_HEADER, b"1")] if found else []
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
        waits and any(name == FOUND_HEADER for name, _ in record.headers),
        replayed(record.headers),
    )


def _header(headers: Sequence[tuple[str, bytes]], wanted: str) -> Identity | None:
    return next((Identity.read(value) for name, value in headers if name == wanted), None)


def _decoded(value: bytes) -> Undo:
    try:
        undo = decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RefusedError("not_an_undo", str(error)) from None
    if "\0" in f"{undo.target_event_id}{undo.actor_id}":
        raise RefusedError("not_an_undo", "an id holds a NUL character, which no event may")
    return undo

"""The row of a dead letter in `dead_letters`, whoever writes it: the worker what it refused, `cascades resolve` what others did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from schemas.dead_letter import one_line
from schemas.rows import DeadLetterRow

if TYPE_CHECKING:
    from schemas.dead_letter import Identity

TABLE: Final = "dead_letters"
WITHOUT_BYTES: Final = "(ClickHouse refuses its bytes: they stand in the dead-letter topic)"
_NAMES: Final = tuple(DeadLetterRow.model_fields)
_DETAIL: Final = 200

Row = tuple[object, ...]


def row(identity: Identity, reason: str, detail: str, key: bytes | None, payload: bytes | None) -> Row:
    """A missing key or value is empty there; the Kafka record keeps the difference."""
    topic, partition, offset, received_at_ms = identity
    return (topic, partition, offset, reason, detail, received_at_ms * 1000, key or b"", payload or b"")


def bare(refused: Row) -> Row:
    """The row reduced to what we wrote ourselves, for when ClickHouse refuses the whole."""
    named = dict(zip(_NAMES, refused, strict=True))
    detail = f"{one_line(str(named['detail']), _DETAIL)} {WITHOUT_BYTES}"
    return tuple((named | {"detail": detail, "key": b"", "payload": b""}).values())


def is_bare(refused: Row) -> bool:
    """Whether `bare` has made it."""
    return str(refused[_NAMES.index("detail")]).endswith(WITHOUT_BYTES)

"""Short ways to write events of one content in tests, and to read the rows that the core made of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from schemas.rows import TABLES
from schemas.wire import WireEvent

if TYPE_CHECKING:
    from schemas.rows import Blocks

CONTENT = "c"
START = datetime(2024, 3, 1, 23, 58, tzinfo=UTC)
"""Just before midnight, so that a few minutes cross a day."""

START_US = 1_709_337_480_000_000

KEYS = {
    "contents": ("content_id",),
    "edges": ("event_id",),
    "content_minutes": ("platform", "minute"),
    "amplifiers": ("platform", "actor_id"),
}
VOID_WHEN_ZERO = {"content_minutes": "acts", "amplifiers": "spreads"}
PLACE_IN_KAFKA = ("kafka_partition", "kafka_offset", "version")

Tables = dict[str, dict[Any, dict[str, Any]]]


def act(
    event_id: str, kind: str = "share", *, by: str = "", at: float = 0.0, on: str = "x", **fields: Any
) -> WireEvent:
    """An event of `CONTENT` at `at` seconds after `START`; without `by`, by an actor of its own."""
    occurred_at = START + timedelta(microseconds=round(at * 1_000_000))
    return WireEvent(
        event_id=event_id,
        kind=kind,
        platform=on,
        content_id=CONTENT,
        actor_id=by or f"actor of {event_id}",
        occurred_at=occurred_at,
        **fields,
    )


def child(event_id: str, parent: str | None, **fields: Any) -> WireEvent:
    """A share that names its parent, on an exact basis unless told otherwise."""
    return act(event_id, **{"parent_event_id": parent, "parent_basis": "exact"} | fields)


def retract(event_id: str, target: str, **fields: Any) -> WireEvent:
    return act(event_id, "retract", target_event_id=target, **fields)


def read_tables(blocks: Blocks, *, keep_place: bool = False) -> Tables:
    """What the views would show of these blocks: the row with the greatest version per key, void rows hidden."""
    return {table: _current_rows(blocks, table, keep_place=keep_place) for table in KEYS}


def written_keys(blocks: Blocks) -> dict[str, list[Any]]:
    """The key of each row written, in order, void rows and repetitions included."""
    return {table: [_key(table, row) for row in _rows(blocks, table)] for table in KEYS}


def _rows(blocks: Blocks, table: str) -> list[dict[str, Any]]:
    rows = blocks[table].rows if table in blocks else []
    return [dict(zip(TABLES[table].model_fields, row, strict=True)) for row in rows]


def _key(table: str, row: dict[str, Any]) -> Any:
    key = tuple(row[column] for column in KEYS[table])
    return key if len(key) > 1 else key[0]


def _current_rows(blocks: Blocks, table: str, *, keep_place: bool) -> dict[Any, dict[str, Any]]:
    current: dict[Any, dict[str, Any]] = {}
    for row in _rows(blocks, table):
        key = _key(table, row)
        if key not in current or row["version"] >= current[key]["version"]:
            current[key] = row
    void = VOID_WHEN_ZERO.get(table)
    hidden = () if keep_place else PLACE_IN_KAFKA
    return {
        key: {column: value for column, value in row.items() if column not in hidden}
        for key, row in current.items()
        if void is None or row[void] > 0
    }

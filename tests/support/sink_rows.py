"""Rows written by hand, and the standing rows of a ClickHouse table read back in the same form."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from schemas.rows import KEYS, TABLES, Blocks

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

SECOND = 1_000_000
MINUTE = 60 * SECOND
NOON = 1_709_380_800_000_000
"""2024-03-02 12:00 UTC in microseconds."""

_SHOWN = {("contents", "size"): 1, ("edges", "depth"): 1}
"""With 0 the row is void."""
_DEFAULTS: dict[Any, Any] = {str: "", int: 0, float: 0.0, bool: False, bytes: b"", datetime: NOON}


def row(table: str, **values: Any) -> tuple[Any, ...]:
    """A row of `table`: `values`, and something neutral for every other column."""
    fields = TABLES[table].model_fields
    unknown = values.keys() - fields.keys()
    assert not unknown, f"{table} has no {unknown}"
    return tuple(
        values.get(name, _SHOWN.get((table, name), _neutral(field.annotation))) for name, field in fields.items()
    )


def _neutral(annotation: Any) -> Any:
    if annotation in _DEFAULTS:
        return _DEFAULTS[annotation]
    return {} if "dict" in str(annotation) else []


def blocks(**rows: list[dict[str, Any]]) -> Blocks:
    """`blocks(edges=[{"event_id": "a"}, …])`"""
    made = Blocks()
    for table, values in rows.items():
        made[table].rows.extend(row(table, **one) for one in values)
    return made


def standing(client: Client, database: str, table: str) -> list[dict[str, Any]]:
    """The rows of `table` that stand, sorted by key, times in microseconds, byte columns as bytes."""
    fields = TABLES[table].model_fields
    columns = ", ".join(_read(name, field.annotation) for name, field in fields.items())
    found = client.query(f"SELECT {columns} FROM {database}.{table} FINAL ORDER BY {', '.join(KEYS[table])}")
    return [
        {name: _back(value, fields[name].annotation) for name, value in zip(fields, values, strict=True)}
        for values in found.result_rows
    ]


def _read(name: str, annotation: Any) -> str:
    if annotation is datetime:
        return f"toUnixTimestamp64Micro(toDateTime64({name}, 6, 'UTC'))"
    return f"hex({name})" if annotation is bytes else name


def _back(value: Any, annotation: Any) -> Any:
    return bytes.fromhex(value) if annotation is bytes else value


def view(client: Client, sql: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a query, by column name."""
    return list(client.query(sql, parameters or None).named_results())

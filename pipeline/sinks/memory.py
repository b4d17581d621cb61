"""Rows in dictionaries, replaced by key and version as ClickHouse does: tests compare whole tables with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.rows import KEYS, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.rows import AnyBlock, Blocks

Row = dict[str, object]


class MemorySink:
    """A `Sink` that keeps the standing rows of each table in this process."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[tuple[object, ...], Row]] = {table: {} for table in TABLES}

    def write(self, blocks: Blocks) -> None:
        """Keep the rows. Never fails on values: types are not checked."""
        for block in blocks.values():
            self._keep(block.table, _named(block))

    def close(self) -> None:
        """Nothing to let go of."""

    def rows(self, table: str) -> list[Row]:
        """The standing rows of `table`, sorted by key. Times are int microseconds since 1970 (UTC)."""
        standing = self._tables[table]
        return [standing[key] for key in sorted(standing)]

    def _keep(self, table: str, rows: Iterable[Row]) -> None:
        standing = self._tables[table]
        for row in rows:
            key = tuple(row[name] for name in KEYS[table])
            known = standing.get(key)
            if known is None or _version(known) <= _version(row):
                standing[key] = row


def _named(block: AnyBlock) -> Iterable[Row]:
    names = block.names
    return (dict(zip(names, row, strict=True)) for row in block.rows)


def _version(row: Row) -> int:
    version = row.get("version", 0)
    return version if isinstance(version, int) else 0

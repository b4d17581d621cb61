"""ClickHouse refuses a block as a whole because of one value in it: store all the other rows, and tell which it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import SinkRowError, SinkSchemaError
from schemas.rows import Block, Blocks

if TYPE_CHECKING:
    from pipeline.sinks.base import Sink

MOST_REFUSED = 100
"""Guilty rows of one block. Where there are more, it is the table that is wrong, not the rows."""
TELLING = 10
"""A block of so many rows, none of which is taken, is no accident of its values either."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that ClickHouse does not take, and what it says."""

    row: tuple[object, ...]
    error: SinkRowError


def store_the_rest(sink: Sink, block: Block) -> list[Refusal]:
    """Write every row of `block` that ClickHouse takes; return the others in their order. At most about 2·k·log2(n) writes for k of n.

    Idempotent, as `Sink.write` is: after any error call it again with the whole block. Raises SinkTransientError as `write` does, and
    SinkSchemaError when so many rows are refused that the table must be another than we think: no table's worth of good events
    becomes dead letters.
    """
    refused: list[Refusal] = []
    parts = [block.rows]
    while parts:
        rows = parts.pop()
        error = _refusal(sink, block.table, rows)
        if error is None:
            continue
        if len(rows) > 1:
            half = len(rows) // 2
            parts += [rows[half:], rows[:half]]
            continue
        refused.append(Refusal(rows[0], error))
        if len(refused) > MOST_REFUSED or len(refused) == len(block) >= TELLING:
            raise SinkSchemaError(
                f"ClickHouse refuses {len(refused)} rows of table {block.table}, so the table is not what we think. Nothing of them is committed: "
                f"compare it with `cascades migrate --dry-run` and its constraints. The last one: {error}",
                error.code,
                block.table,
            )
    return refused


def _refusal(sink: Sink, table: str, rows: list[tuple[object, ...]]) -> SinkRowError | None:
    try:
        sink.write(Blocks({table: Block(table, rows)}))
    except SinkRowError as error:
        return error
    return None

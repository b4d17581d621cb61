"""Blocks in ClickHouse's Native format: row count, then each column with its name, its type and its values.

The compiled core packs the plain types (`pipeline.cascade.packed`). All others, and every type where the core is not compiled, are
written by clickhouse-connect, whose bytes are the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver.common import write_leb128
from clickhouse_connect.driver.insert import InsertContext

from pipeline.cascade.packed import ANY, CODED, FRACTION, NUMBER, TEXT, Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickhouse_connect.datatypes.base import ClickHouseType

    from schemas.rows import Block

PIECE = 1 << 16
"""Rows in one block of the format. ClickHouse holds a block as a whole."""
_CACHED = 1000
"""Rows that stay in the processor's cache while their columns are filled one after the other."""
_NUMBER = re.compile(r"(U?)Int(8|16|32|64)")
_TIME = re.compile(r"DateTime(?:64\(([0-6]))?\b.*")
_KINDS = {"String": TEXT, "LowCardinality(String)": CODED, "Float64": FRACTION}


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the values of one column go over the wire."""

    head: bytes
    type: ClickHouseType
    kind: int
    width: int = 0
    signed: bool = False
    tick: int = 1  # microseconds in one tick of a time


class Encoder:
    """For the rows of one table. `types` are ClickHouse's, of all columns in the order of the row model."""

    def __init__(self, names: Sequence[str], types: Sequence[str]) -> None:
        self.names = list(names)
        self._plans = [_plan(name, type_) for name, type_ in zip(names, types, strict=True)]

    def encode(self, block: Block) -> bytes:
        """All rows. Raises what `errors.UNWRITABLE` names for a value that does not fit its column's type."""
        out = bytearray()
        for start in range(0, len(block), PIECE):
            self._piece(block.rows, start, min(start + PIECE, len(block)), out)
        return bytes(out)

    def _piece(self, rows: list[tuple[object, ...]], start: int, stop: int, out: bytearray) -> None:
        write_leb128(len(self._plans), out)
        write_leb128(stop - start, out)
        for plan, column in zip(self._plans, self._columns(rows, start, stop), strict=True):
            out += plan.head
            packed = column.wire(plan.width, plan.signed, plan.tick)
            if packed is None:
                self._borrow(plan, column.values(), out)
            else:
                out += packed

    def _columns(self, rows: list[tuple[object, ...]], start: int, stop: int) -> list[Column]:
        columns = [Column(plan.kind) for plan in self._plans]
        for at in range(start, stop, _CACHED):
            for place, column in enumerate(columns):
                column.take(rows, place, at, min(at + _CACHED, stop))
        return columns

    def _borrow(self, plan: _Plan, values: list[object], out: bytearray) -> None:
        if plan.tick > 1:
            values = [time // plan.tick for time in values]  # type: ignore[operator]  # times are int
        context = InsertContext("", self.names, [each.type for each in self._plans])
        plan.type.write_column(values, out, context)


def _plan(name: str, type_: str) -> _Plan:
    written = get_from_name(type_)
    head = bytearray()
    for text in (name, written.insert_name):
        write_leb128(len(text.encode()), head)
        head += text.encode()
    return _Plan(bytes(head), written, *_packing(type_))


def _packing(type_: str) -> tuple[int, int, bool, int]:
    """(kind, width in bytes, signed, tick in microseconds)."""
    if number := _NUMBER.fullmatch(type_):
        return NUMBER, int(number[2]) // 8, not number[1], 1
    if time := _TIME.fullmatch(type_):
        long = type_.startswith("DateTime64")
        return NUMBER, 8 if long else 4, long, 10 ** (6 - int(time[1] or 0))
    if type_ == "Bool":
        return NUMBER, 1, False, 1
    return _KINDS.get(type_, ANY), 0, False, 1

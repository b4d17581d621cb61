"""Blocks in ClickHouse's Native format: row count, then each column with its name, its type and its values.

The compiled core packs the plain types (`pipeline.cascade.packed`). All others, and every type where the core is not compiled, are
written by clickhouse-connect, whose bytes are the same.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any

from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver.common import write_leb128
from clickhouse_connect.driver.insert import InsertContext

from pipeline.cascade.blocks import Packed
from pipeline.cascade.packed import ANY, CODED, FLAG, FRACTION, NUMBER, TEXT, Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickhouse_connect.datatypes.base import ClickHouseType

    from schemas.rows import AnyBlock

PIECE = 1 << 16
"""Loose rows in one block of the format; packed ones are a block as they are. ClickHouse holds a block as a whole."""
_CACHED = 1000
"""Rows that stay in the processor's cache while their columns are filled one after the other."""
_NUMBER = re.compile(r"(U?)Int(8|16|32|64)")
_TIME = re.compile(r"DateTime(?:64\(([0-6]))?\b.*")
_LIST = re.compile(r"Array\((.*)\)")
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
    item: _Plan | None = None  # of a list of numbers


class Encoder:
    """For the rows of one table. `types` are ClickHouse's, of all columns in the order of the row model."""

    def __init__(self, names: Sequence[str], types: Sequence[str]) -> None:
        self.names = list(names)
        self._plans = [_plan(name, type_) for name, type_ in zip(names, types, strict=True)]

    def encode(self, block: AnyBlock) -> bytes:
        """All rows. Raises what `errors.UNWRITABLE` names for a value that does not fit its column's type."""
        out = bytearray()
        if isinstance(block, Packed):
            self._write(block.columns, out)
        else:
            rows = list(block.rows)
            for start in range(0, len(rows), PIECE):
                self._write(self._columns(rows, start, min(start + PIECE, len(rows))), out)
        return bytes(out)

    def _write(self, columns: list[Column], out: bytearray) -> None:
        write_leb128(len(self._plans), out)
        write_leb128(len(columns[0]), out)
        for plan, column in zip(self._plans, columns, strict=True):
            out += plan.head
            out += _packed(plan, column) or self._borrowed(plan, column.values())

    def _columns(self, rows: list[tuple[object, ...]], start: int, stop: int) -> list[Column]:
        columns = [Column(plan.kind) for plan in self._plans]
        for at in range(start, stop, _CACHED):
            for place, column in enumerate(columns):
                column.take(rows, place, at, min(at + _CACHED, stop))
        return columns

    def _borrowed(self, plan: _Plan, values: list[Any]) -> bytearray:
        if plan.tick > 1:
            values = [time // plan.tick for time in values]
        out = bytearray()
        plan.type.write_column(values, out, InsertContext("", self.names, [each.type for each in self._plans]))
        return out


def _packed(plan: _Plan, column: Column) -> bytes | None:
    """None where the core does not pack: another type than it knows, or a column that ClickHouse has otherwise than we ask for."""
    if plan.item is not None and column.kind == ANY:
        return _packed_lists(plan.item, column.values())
    if column.kind == plan.kind:
        return column.wire(plan.width, plan.signed, plan.tick)
    return None


def _packed_lists(item: _Plan, lists: list[Any]) -> bytes | None:
    """Where each list ends, then the items of all. None also for what fits no number with a sign: there are types for that."""
    items = Column(item.kind)
    try:
        items.take_all(list(chain.from_iterable(lists)))
    except OverflowError:
        return None
    packed = _packed(item, items)
    return None if packed is None else array("Q", accumulate(map(len, lists))).tobytes() + packed


def _plan(name: str, type_: str) -> _Plan:
    written = get_from_name(type_)
    head = bytearray()
    for text in (name, written.insert_name):
        write_leb128(len(text.encode()), head)
        head += text.encode()
    return _Plan(bytes(head), written, *_packing(type_), _item(type_))


def _item(type_: str) -> _Plan | None:
    """How the items of a list of numbers go."""
    inner = _LIST.fullmatch(type_)
    return _plan("", inner[1]) if inner and _packing(inner[1])[0] in {NUMBER, FRACTION} else None


def _packing(type_: str) -> tuple[int, int, bool, int]:
    """(kind, width in bytes, signed, tick in microseconds)."""
    if number := _NUMBER.fullmatch(type_):
        return NUMBER, int(number[2]) // 8, not number[1], 1
    if time := _TIME.fullmatch(type_):
        long = type_.startswith("DateTime64")
        return NUMBER, 8 if long else 4, long, 10 ** (6 - int(time[1] or 0))
    if type_ == "Bool":
        return FLAG, 1, False, 1
    return _KINDS.get(type_, ANY), 0, False, 1

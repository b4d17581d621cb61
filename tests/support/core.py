"""Drives the core as the worker does, and compares what it wrote with the oracle."""

from __future__ import annotations

import math
from itertools import cycle
from typing import TYPE_CHECKING, Any

from support.events import CONTENT, Tables, read_tables
from support.strategies import POPULATION

from pipeline.cascade import Content, discard, fold, freeze
from schemas.rows import Blocks
from schemas.wire import micros

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.wire import WireEvent

PARTITION = 5
EPOCH = 3
FIRST_OFFSET = 1_000

RELATIVE_ERROR = {"structural_virality": 1e-12, "r": 1e-12, "estimated_reach": 1e-9}


class CoreRun:
    """One content folded by the core, with all rows written so far."""

    def __init__(self, events: Iterable[WireEvent] = ()) -> None:
        self.content = Content(CONTENT, POPULATION)
        self.blocks = Blocks()
        self.offset = FIRST_OFFSET - 1
        for event in events:
            self.fold(event)

    def fold(self, event: WireEvent) -> str:
        """The name of the outcome."""
        self.offset += 1
        return fold(self.content, event, micros(event.occurred_at)).name

    def freeze(self, **options: int) -> bool:
        version = EPOCH << 48 | self.offset
        return freeze(
            self.content, partition=PARTITION, offset=self.offset, version=version, out=self.blocks, **options
        )

    def discard(self) -> None:
        discard(self.content)

    def tables(self, **options: bool) -> Tables:
        return read_tables(self.blocks, **options)


def fold_and_freeze(events: list[WireEvent], cuts: Iterable[bool] = (False,)) -> CoreRun:
    """All events folded, frozen after those that `cuts` tells (in turn) and after the last."""
    run = CoreRun()
    for event, cut in zip(events, cycle(cuts), strict=False):
        run.fold(event)
        if cut:
            run.freeze()
    run.freeze()
    return run


def differences(got: Tables, wanted: Tables) -> list[str]:
    """One line for each row or value that is not as wanted."""
    lines = []
    for table, rows in wanted.items():
        for key in sorted(got[table].keys() | rows.keys(), key=str):
            if key not in rows:
                lines.append(f"{table} {key}: not expected: {got[table][key]}")
            elif key not in got[table]:
                lines.append(f"{table} {key}: missing: {rows[key]}")
            else:
                lines += differing_columns(f"{table} {key}", got[table][key], rows[key])
    return lines


def differing_columns(where: str, got: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    columns = [f"{where}: columns {got.keys() ^ wanted.keys()}"] if got.keys() != wanted.keys() else []
    return columns + [
        f"{where}.{column}: core {got[column]!r}, oracle {value!r}"
        for column, value in wanted.items()
        if column in got and not equal(column, got[column], value)
    ]


def equal(column: str, got: Any, wanted: Any) -> bool:
    """Equal in value and, since ClickHouse's columns are typed, in type; floats within the rounding of another order of sums."""
    if column in RELATIVE_ERROR:
        return type(got) is float and math.isclose(got, wanted, rel_tol=RELATIVE_ERROR[column], abs_tol=0.0)
    if isinstance(wanted, list):
        return list(got) == wanted
    return type(got) is type(wanted) and bool(got == wanted)

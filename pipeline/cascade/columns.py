"""Growable columns of numbers: a table whose rows are numbered from 0, each column one block of memory.

This is the plain form, on `array`. `columns.pyx` is the compiled one, with the same methods on C pointers; `columns.pxd` says what C sees.
Code that uses columns is one source for both: it must never index with a negative number or past `room`.
"""

from __future__ import annotations

from array import array
from typing import TypeVar

_Number = TypeVar("_Number", int, float)


class Columns:
    """Base of a table. `rows` are in use, `room` are allocated. Whoever adds a row writes all its columns: spare memory holds anything,
    and costs nothing until it is written.
    """

    __slots__ = ("room", "rows")

    def __init__(self) -> None:
        self.rows = 0
        self.room = 0

    def more_room(self) -> int:
        """The room to grow to: a quarter more, so that a row is copied four times on average and a ninth of the room is spare."""
        return self.room + self.room // 4 + 4

    def no_bytes(self) -> array[int]:
        """An empty column of 8-bit numbers."""
        return array("b")

    def no_ints(self) -> array[int]:
        """An empty column of 32-bit numbers."""
        return array("i")

    def no_longs(self) -> array[int]:
        """An empty column of 64-bit numbers."""
        return array("q")

    def no_doubles(self) -> array[float]:
        """An empty column of floating-point numbers."""
        return array("d")

    def longer_bytes(self, column: array[int], room: int) -> array[int]:
        """The column with space for `room` numbers."""
        return _longer(column, room)

    def longer_ints(self, column: array[int], room: int, width: int = 1) -> array[int]:
        """The column with space for `room` rows of `width` numbers."""
        return _longer(column, room * width)

    def longer_longs(self, column: array[int], room: int) -> array[int]:
        """The column with space for `room` numbers."""
        return _longer(column, room)

    def longer_doubles(self, column: array[float], room: int, width: int = 1) -> array[float]:
        """The column with space for `room` rows of `width` numbers."""
        return _longer(column, room * width)


def _longer(column: array[_Number], room: int) -> array[_Number]:
    column.frombytes(bytes((room - len(column)) * column.itemsize))
    return column

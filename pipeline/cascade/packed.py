"""Values of one column, packed as ClickHouse's Native format wants them.

This is the plain form: it keeps the values and packs nothing (`wire` gives None), so the sink has clickhouse-connect write them.
`packed.pyx` is the compiled one: it writes the bytes as the values come.
"""

from __future__ import annotations

from typing import Any

ANY, NUMBER, FLAG, FRACTION, TEXT, CODED = range(6)
"""Kinds of column. ANY keeps the values; NUMBER is integers that fit 64 bits with a sign; FLAG is bool; TEXT is str or bytes; CODED is str with few values."""


class Column:
    """A column of one kind, filled from the front."""

    __slots__ = ("_values", "kind")

    def __init__(self, kind: int) -> None:
        self.kind = kind
        self._values: list[object] = []

    def __len__(self) -> int:
        return len(self._values)

    def take(self, rows: list[tuple[object, ...]], place: int, start: int, stop: int) -> None:
        """Append the values at `place` of `rows[start:stop]`.

        The compiled form raises TypeError or OverflowError for a value that is not of the column's kind, UnicodeEncodeError for half a surrogate pair.
        """
        self._values += [row[place] for row in rows[start:stop]]

    def take_all(self, values: list[object]) -> None:
        """Append all of them; raises as `take`."""
        self._values += values

    def extend(self, other: Column) -> None:
        """Append the values of another column of this kind."""
        self._values += other.values()

    def add_any(self, value: object) -> None:
        """Append to a column of kind ANY."""
        self._values.append(value)

    def add_number(self, value: int) -> None:
        """Append to a column of kind NUMBER."""
        self._values.append(value)

    def add_flag(self, value: bool) -> None:
        """Append to a column of kind FLAG."""
        self._values.append(value)

    def add_text(self, value: str | bytes) -> None:
        """Append to a column of kind TEXT."""
        self._values.append(value)

    def add_coded(self, value: str) -> None:
        """Append to a column of kind CODED."""
        self._values.append(value)

    def values(self) -> list[Any]:
        """What was appended, in order. Text that came as bytes comes back as str."""
        return self._values

    def wire(self, width: int, signed: bool, tick: int) -> bytes | None:  # noqa: ARG002 - the compiled form packs
        """The bytes of the column's values in Native format; None where somebody else must write `values()`.

        A NUMBER is divided by `tick` (rounded down) and takes `width` bytes, 1, 2, 4 or 8; raises OverflowError where it does not fit.
        """
        return None

"""A list of 32-bit numbers. Python's garbage collector does not visit it, as it would visit every list of a large state again and again.

This is the plain form; `stack.pyx` is the compiled one, with the same methods on a C pointer.
"""

from __future__ import annotations

from array import array


class Stack:
    """`number[0]` to `number[rows - 1]`."""

    __slots__ = ("number", "rows")

    def __init__(self) -> None:
        self.rows = 0
        self.number = array("i")

    def push(self, number: int) -> None:
        """Append a number."""
        self.number.append(number)
        self.rows += 1

    def insert(self, place: int, number: int) -> None:
        """Put a number in front of the one at `place`."""
        self.number.insert(place, number)
        self.rows += 1

    def drop(self, place: int) -> None:
        """Take out the number at `place`."""
        del self.number[place]
        self.rows -= 1

    def listed(self, start: int, end: int) -> list[int]:
        """A copy of some of it."""
        return list(self.number[start:end])

    def shorten(self, rows: int) -> None:
        """Forget all but the first ones."""
        del self.number[rows:]
        self.rows = rows

    def clear(self) -> None:
        """Forget all numbers, and give back their memory."""
        self.number = array("i")
        self.rows = 0

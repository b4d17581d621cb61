"""A list of 32-bit numbers that is filled and then forgotten as a whole.

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

    def shorten(self, rows: int) -> None:
        """Forget all but the first ones."""
        del self.number[rows:]
        self.rows = rows

    def clear(self) -> None:
        """Forget all numbers, and give back their memory."""
        self.number = array("i")
        self.rows = 0

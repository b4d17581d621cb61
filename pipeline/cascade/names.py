"""Texts as numbers: each text of a group gets the next number at first sight, and is found again by it.

This is the plain form, on `dict`. `names.pyx` is the compiled one: all texts in one block of memory and a table of hashes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.cascade.packed import Column


class Names:
    """Numbers from 0 for (group, text), in the order of their arrival; a text is never forgotten."""

    __slots__ = ("_numbers", "_texts")

    def __init__(self) -> None:
        self._numbers: dict[int, dict[str, int]] = {}
        self._texts: list[str] = []

    def count(self) -> int:
        """Numbers given so far."""
        return len(self._texts)

    def find(self, text: str, group: int) -> int:
        """The number of a text, or −1."""
        numbers = self._numbers.get(group)
        return -1 if numbers is None else numbers.get(text, -1)

    def add(self, text: str, group: int) -> int:
        """The number of a text, the next one when it is new."""
        numbers = self._numbers.get(group)
        if numbers is None:
            numbers = self._numbers[group] = {}
        number = numbers.get(text)
        if number is None:
            number = numbers[text] = len(self._texts)
            self._texts.append(text)
        return number

    def text(self, number: int) -> str:
        """The text of a number that was given."""
        return self._texts[number]

    def pack(self, number: int, out: Column) -> None:
        """Append the text of a number that was given to a column of texts."""
        out.add_text(self._texts[number])

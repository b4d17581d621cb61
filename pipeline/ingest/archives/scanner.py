"""JSON values cut out of a stream of any length, as the bytes that stand there. What is inside them is not looked at.

ijson was tried: it cannot read integers of more than 64 bits, or takes the process down with very long ones (docs/decisions/0191).
"""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE: Final = 1 << 18
_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_text: Final = re.compile(_STRING, re.DOTALL).match
_to_bracket: Final = re.compile(rb'(?:[^"\[\]{}]++|' + _STRING + rb")*+[\[\]{}]", re.DOTALL).match
"""Over texts and everything else up to and with the next bracket."""
_scalar: Final = re.compile(rb'[^\s,:"\[\]{}]++').match
_space: Final = re.compile(rb"[ \t\r\n]*+").match
_OPENING: Final = b"[{"


class BrokenError(ValueError):
    """Here the text is no JSON any more, and nothing after it can be told apart."""


class Scanner:
    """A place in the stream. Holds the value that is being read and one piece more."""

    def __init__(self, source: IO[bytes], piece: int = PIECE) -> None:
        self._source, self._piece = source, piece
        self._data, self._at = b"", 0

    def array(self) -> Iterator[bytes]:
        """The entries of the array that begins here. Raises BrokenError where it breaks off."""
        self.take(b"[")
        if self.next() == b"]":
            self.take(b"]")
            return
        while True:
            yield self.value()
            if self.next() == b"]":
                self.take(b"]")
                return
            self.take(b",")

    def documents(self) -> Iterator[bytes]:
        """Every value up to the end."""
        while self.next():
            yield self.value()

    def lists(self) -> Iterator[bytes]:
        """The entries of the array that begins here, or of all arrays of the object that does."""
        if self.next() != b"{":
            yield from self.array()
            return
        self.take(b"{")
        while self.next() != b"}":
            self.value()
            self.take(b":")
            if self.next() == b"[":
                yield from self.array()
            else:
                self.value()
            if self.next() != b"}":
                self.take(b",")
        self.take(b"}")

    def end(self) -> None:
        """Raise BrokenError unless nothing more comes."""
        if self.next():
            raise BrokenError("something follows where the end should be")

    def next(self) -> bytes:
        """The next byte that is no white space; b"" at the end."""
        while True:
            found = _space(self._data, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._data):
                return self._data[self._at : self._at + 1]
            if not self._more():
                return b""

    def take(self, wanted: bytes) -> None:
        """Pass over this byte."""
        if self.next() != wanted:
            raise BrokenError(f"{wanted.decode()!r} should stand here")
        self._at += 1

    def value(self) -> bytes:
        """The value that begins here, whole."""
        first = self.next()
        end = self._end_of_brackets() if first and first in _OPENING else self._end_of_simple(first)
        found = self._data[self._at : end]
        self._at = end
        return found

    def _end_of_brackets(self) -> int:
        depth, passed = 0, 0
        while True:
            found = _to_bracket(self._data, self._at + passed)
            if found is None:
                self._need_more()
                continue
            passed = found.end() - self._at
            depth += 1 if self._data[found.end() - 1] in _OPENING else -1
            if not depth:
                return found.end()

    def _end_of_simple(self, first: bytes) -> int:
        match = _text if first == b'"' else _scalar
        while True:
            found = match(self._data, self._at)
            # A number may go on in the next piece.
            if found and (first == b'"' or found.end() < len(self._data)):
                return found.end()
            if found is None and first != b'"':
                raise BrokenError("a value should begin here")
            if not self._more():
                if found:
                    return found.end()
                raise BrokenError("it ends in the middle")

    def _need_more(self) -> None:
        if not self._more():
            raise BrokenError("it ends in the middle")

    def _more(self) -> bool:
        read = self._source.read(self._piece)
        self._data, self._at = self._data[self._at :] + read, 0
        return bool(read)

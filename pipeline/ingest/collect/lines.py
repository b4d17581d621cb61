"""Streams over HTTP as their parts: lines (NDJSON) and server-sent events. Pure: bytes in, parts out, however the bytes are cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES: Final = 1024 * 1024
"""Of one line or one event. What is longer is left out, and told as None."""


class Lines:
    """Cuts a stream into lines at LF, CRLF or CR, as server-sent events have it."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._rest = b""
        self._is_long, self._after_cr = False, False

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """The lines that are whole now, without their ends; None for one that is too long."""
        if self._after_cr and data:
            data, self._after_cr = data.removeprefix(b"\n"), False
        *whole, self._rest = (self._rest + data).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._after_cr = data.endswith(b"\r")
        for line in whole:
            yield None if self._is_long or len(line) > self._most else line
            self._is_long = False
        if len(self._rest) > self._most:
            self._rest, self._is_long = b"", True


class Told(NamedTuple):
    """One server-sent event."""

    event: str
    data: bytes
    id: str
    """The last id that the stream has named; empty: none yet."""


class Events:
    """Reads server-sent events (HTML standard, 9.2.6). Comments are signs of life only."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._lines, self._most = Lines(most), most
        self._id = ""
        self._begin()

    def _begin(self) -> None:
        self._event, self._size, self._is_long = "", 0, False
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[Told | None]:
        """The events that are whole now; None for one that is too long. An event that the end of the stream cuts is none."""
        for line in self._lines.feed(data):
            if line is None:
                self._is_long = True
            elif line:
                self._field(*_parted(line))
            else:
                yield from self._ended()

    def _field(self, name: bytes, value: bytes) -> None:
        if name == b"data":
            self._size += len(value)
            self._is_long |= self._size > self._most
            if not self._is_long:
                self._data.append(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")

    def _ended(self) -> Iterator[Told | None]:
        if self._is_long:
            yield None
        elif self._data:
            yield Told(self._event or "message", b"\n".join(self._data), self._id)
        self._begin()


def _parted(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value.removeprefix(b" ")

"""Lines of JSONL files, plain or gzip, and how far the file is read. Memory is bounded whatever the file is."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

STDIN = "-"
MAX_LINE = 1_040_000
"""Bytes of the longest line that is handed out: what fits into a Kafka record at the broker's default of 1 MiB."""
_BLOCK = 1 << 18


class LineFile:
    """One input. `blocks` gives its lines, without line ends, some hundred at a time; a line above `MAX_LINE` comes as None.

    `position` and `total` count bytes as they lie on disk, compressed if the file is; `total` is None for a pipe.
    """

    def __init__(self, name: str, raw: IO[bytes], total: int | None) -> None:
        self.name, self.total, self.number = name, total, 0
        self._raw = _Counted(raw)
        buffered = io.BufferedReader(self._raw, _BLOCK)
        zipped = buffered.peek(2)[:2] == b"\x1f\x8b"
        self._source = gzip.GzipFile(fileobj=buffered) if zipped else buffered
        self.waitable = None if zipped or total is not None else _fileno(raw)
        """Descriptor to wait on before the next block, where waiting may be long: a pipe."""
        self._rest, self._skipping = b"", False

    @property
    def position(self) -> int:
        """Bytes read from the disk so far."""
        return self._raw.count

    def blocks(self) -> Iterator[list[bytes | None]]:
        """All lines. Raises UsageError when the file cannot be read to its end."""
        while data := self._read():
            yield self._split(data)
        if self._rest or self._skipping:
            yield self._split(b"\n")

    def _read(self) -> bytes:
        try:
            return self._source.read1(_BLOCK)
        except (EOFError, OSError, zlib.error) as error:  # BadGzipFile is an OSError
            raise UsageError(
                f"{self.name}: broken after line {self.number}: {error}. What stands before is sent."
            ) from error

    def _split(self, data: bytes) -> list[bytes | None]:
        lines: list[bytes | None] = list((self._rest + data).split(b"\n"))
        self._rest = lines.pop() or b""
        if self._skipping and lines:
            lines[0], self._skipping = None, False
        if self._skipping or len(self._rest) > MAX_LINE + 1:
            self._rest, self._skipping = b"", True
        self.number += len(lines)
        return [None if line is None else _whole(line.rstrip(b"\r")) for line in lines]


def _whole(line: bytes) -> bytes | None:
    return line if len(line) <= MAX_LINE else None


class _Counted(io.RawIOBase):
    """Counts the bytes that are read through it."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw, self.count = raw, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the base allows any buffer
        data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)


def _fileno(raw: IO[bytes]) -> int | None:
    try:
        return raw.fileno()
    except OSError:
        return None


async def has_more(descriptor: int, within_s: float) -> bool:
    """Whether a pipe has something to read, or has ended, within so many seconds. True at once for what cannot be waited on."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(descriptor, readable.set)
    except PermissionError:  # a regular file
        return True
    try:
        await asyncio.wait_for(readable.wait(), within_s)
    except TimeoutError:
        return False
    else:
        return True
    finally:
        loop.remove_reader(descriptor)


@contextmanager
def open_lines(path: str) -> Iterator[LineFile]:
    """Open one file, or standard input for '-'. Raises UsageError when it is not there or may not be read."""
    if path == STDIN:
        yield LineFile("standard input", getattr(sys.stdin.buffer, "raw", sys.stdin.buffer), None)
        return
    with _opened(path) as raw:
        yield LineFile(path, raw, os.fstat(raw.fileno()).st_size or None)


def _opened(path: str) -> IO[bytes]:
    try:
        return Path(path).open("rb", buffering=0)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error

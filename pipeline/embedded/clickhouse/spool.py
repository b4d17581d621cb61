"""The data of an INSERT, in a file without a name until all of it is there; then the engine reads it as FROM INFILE.

chDB's streamed insert answers success although its rows could not be written (a constraint, a full disk). FROM INFILE goes the way of any
other statement, so every error arrives, and data that breaks off before its end leaves nothing behind.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from pipeline.embedded.clickhouse import room
from pipeline.embedded.clickhouse.errors import CANNOT_WRITE_TO_FILE_DESCRIPTOR, ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.embedded.clickhouse.statement import Statement

# By its descriptor: the folder's own path may hold characters that the engine takes for a pattern.
_DESCRIPTORS = Path("/proc/self/fd") if Path("/proc/self/fd").exists() else Path("/dev/fd")
_PLACE = re.compile(r": \(in file/uri [^)]*\)|: While executing File: data for INSERT was parsed from file")


class Spool:
    """The data of one INSERT, on the disk that holds the tables; gone with `close`, or with the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with _writing():
            self._file = TemporaryFile(dir=folder)  # noqa: SIM115 (closed by `close`)

    def append(self, data: bytes) -> None:
        """Add a piece. Raises ServerError 243 when the disk is full, 75 when the piece cannot be written for another reason."""
        room.require(self._folder)
        with _writing():
            self._file.write(data)

    def insert(self, statement: Statement, input_format: str) -> bytes:
        """The SQL that inserts the data. Raises as `append`."""
        with _writing():
            self._file.flush()
        return from_file(statement, f"{_DESCRIPTORS}/{self._file.fileno()}", input_format)

    def close(self) -> None:
        """Give its room back. Safe to call again."""
        with suppress(OSError):  # what could not be written is tried once more
            self._file.close()


def from_file(statement: Statement, path: str, input_format: str) -> bytes:
    """The INSERT with its data in the file `path`: the engine wants that before its SETTINGS."""
    sql, at = statement.sql, statement.settings_start
    # On a line of its own: the statement may end in a comment.
    source = f"\nFROM INFILE '{path}' COMPRESSION 'none'\n"
    return sql[:at] + source.encode() + sql[at:] + f"\nFORMAT {input_format}".encode()


def hide_place(text: str) -> str:
    """An error's text without the file, which is nobody's business."""
    return _PLACE.sub("", text)


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        sentence = f"Cannot keep the data of the INSERT: {error.strerror or error}"
        raise ServerError(CANNOT_WRITE_TO_FILE_DESCRIPTOR, sentence) from error

"""Rows of a CSV file. A row that cannot be read is told, and the next one is read."""

from __future__ import annotations

import codecs
import csv
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pipeline.errors import UsageError
from pipeline.ingest.archives.items import Cut, Found, Item, Spoiled
from pipeline.ingest.archives.stream import buffered
from schemas.dead_letter import RefusedError

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Sequence

    from pipeline.ingest.archives.stream import Bounded

MAX_LINE: Final = 1_000_000
ODD: Final = "surrogateescape"
"""Bytes that are no text of the encoding stay in the row as half surrogates, which no event may have: that row is refused, and no other."""


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How the rows are written."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: tuple[str, ...] = ()
    """Names of the columns, where the first row does not tell them."""


def rows(stream: Bounded, dialect: Dialect, wanted: Sequence[str] = ()) -> Iterator[Item]:
    """Each row as an object of texts. Raises UsageError when a column that is wanted is not there."""
    lines = _Lines(stream, buffered(stream), dialect.encoding)
    reader = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote or None, strict=True)
    number = 0
    try:
        header = dialect.header or _header(next(reader, []), stream.name)
        if missing := [name for name in wanted if name not in header]:
            raise UsageError(f"{stream.name} has no column {missing[0]!r}; it has {', '.join(header)[:1000]}")
        while True:
            number += 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Spoiled(number, lines.last, RefusedError("unknown_shape", f"line {reader.line_num}: {error}"))
                continue
            if row:
                yield _item(number, header, row)
    except OSError as error:
        yield Cut(number - 1, RefusedError("unknown_shape", f"broken after row {number - 1}: {error}"))
    except csv.Error as error:
        raise UsageError(f"{stream.name}: the first row is no row of CSV: {error}") from error


def _header(row: list[str], name: str) -> tuple[str, ...]:
    if not row or len(set(row)) < len(row):
        raise UsageError(
            f"{name}: its first row should name the columns, each once; else name them in the mapping file (csv.header)"
        )
    return tuple(cell.strip() for cell in row)


def _item(number: int, header: Sequence[str], row: list[str]) -> Item:
    if len(row) != len(header):
        raw = msgspec.json.encode([cell.encode(errors="replace").decode() for cell in row])
        return Spoiled(number, raw, RefusedError("unknown_shape", f"{len(row)} cells under {len(header)} columns"))
    return Found(number, dict(zip(header, row, strict=True)))


class _Lines:
    """Lines as text, none longer than any row."""

    def __init__(self, stream: Bounded, source: io.BufferedReader[Any], encoding: str) -> None:
        self._stream, self._source = stream, source
        try:
            self._decode = codecs.lookup(encoding).decode
        except LookupError:
            raise UsageError(f"there is no encoding {encoding!r}") from None
        self.last = b""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        self.last = self._source.readline(MAX_LINE + 1)
        if not self.last:
            raise StopIteration
        if len(self.last) > MAX_LINE:
            raise UsageError(f"{self._stream.name}: a line of more than {MAX_LINE:,} bytes is no row of CSV")
        self._stream.fresh = 0
        return self._decode(self.last, ODD)[0].replace("\x00", "\ufffd")

"""JSON as archives hold it: a line each, one array of gigabytes, one document, or several after each other. Read as a stream, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from pipeline.errors import UsageError
from pipeline.ingest.archives.items import Cut, Found, Item, Spoiled, not_json
from pipeline.ingest.archives.scanner import BrokenError, Scanner
from pipeline.ingest.archives.stream import buffered
from pipeline.ingest.lines import LineFile

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from pipeline.ingest.archives.stream import Bounded

_LOOK: Final = 1 << 17
_decode = msgspec.json.Decoder().decode


def entries(stream: Bounded) -> Iterator[Item]:
    """The payloads of a part: each line, each entry of an array, or each document. Raises UsageError for what is no JSON at all."""
    source = buffered(stream)
    head = source.peek(_LOOK)[:_LOOK].lstrip()
    if head[:1] not in {b"[", b"{"}:
        return _nothing(stream, head)
    if head[:1] == b"{" and _is_lines(head):
        return _lines(stream, source)
    scanner = Scanner(source)
    return _read(stream, scanner, scanner.array() if head[:1] == b"[" else scanner.documents())


def listed(stream: Bounded) -> Iterator[Item]:
    """The entries of a document that is a list, or an object of lists."""
    scanner = Scanner(buffered(stream))
    return _read(stream, scanner, scanner.lists())


def _read(stream: Bounded, scanner: Scanner, values: Iterator[bytes]) -> Iterator[Item]:
    number = 0
    try:
        for value in values:
            stream.fresh = 0
            number += 1
            yield _entry(number, value)
        scanner.end()
    except (BrokenError, OSError) as error:
        yield Cut(number, not_json(f"broken after entry {number}: {error}"))


def _nothing(stream: Bounded, head: bytes) -> Iterator[Item]:
    if head.startswith(b"window.YTD"):
        raise UsageError(
            f"{stream.name} is of an X account's own archive, which names neither authors nor audiences: not read"
        )
    return iter([Cut(0, not_json("neither a JSON array nor a JSON object begins here"))] if head else [])


def _is_lines(head: bytes) -> bool:
    line, end, rest = head.partition(b"\n")
    try:
        _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Longer than what was looked at: nothing but lines has entries of that size in a file without a line end.
        return not end and len(head) >= _LOOK and b"}{" not in head
    return bool(end or not rest)


def _lines(stream: Bounded, source: io.BufferedReader[Any]) -> Iterator[Item]:
    number = 0
    try:
        for block in LineFile(stream.name, source, 1).blocks():
            stream.fresh = 0
            for line in block:
                number += 1
                if line is None:
                    yield Spoiled(number, b"", not_json("the line is longer than any entry"))
                elif line:
                    yield _entry(number, line)
    except UsageError as error:
        if isinstance(error.__cause__, OSError):
            yield Cut(number, not_json(f"broken after line {number}: {error.__cause__}"))
            return
        raise


def _entry(number: int, value: bytes) -> Item:
    try:
        return Found(number, _decode(value))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Spoiled(number, value, not_json(str(error)))

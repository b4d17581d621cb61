"""The Native format as clients of the native protocol expect it over HTTP (`client_protocol_version`): clickhouse-go, so Grafana.

From revision 51903 every block is led by its block info, from 54454 every column by a byte for its serialization. The engine writes
neither. The info is a constant that can be put before each block; the byte would need every column taken apart. So we answer
clickhouse-go's first question with a revision below 54454, and it reads all later answers without that byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.embedded.clickhouse.lexer import Token

WITH_BLOCK_INFO = 51903
WITH_SERIALIZATION_BYTE = 54454
BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"  # field 1: not overflows; field 2: bucket -1; end
_HELLO = ("displayName()", "version()", "revision()", "timezone()")


def is_framed(output_format: str, protocol: int) -> bool:
    """Whether each block needs its block info."""
    return output_format.casefold() == "native" and protocol >= WITH_BLOCK_INFO


def is_hello(found: Sequence[Token], protocol: int) -> bool:
    """Whether it is the question that clickhouse-go asks before it knows our revision."""
    return protocol >= WITH_SERIALIZATION_BYTE and "".join(token.text for token in found) == "SELECT" + ",".join(_HELLO)


def hello(display_name: str, version: str, timezone: str) -> bytes:
    """The answer to it: one row, with the serialization byte that is expected here and never again."""
    revision = (WITH_SERIALIZATION_BYTE - 1).to_bytes(4, "little")
    values = (_text(display_name), _text(version), revision, _text(timezone))
    types = ("String", "String", "UInt32", "String")
    columns = [
        _text(name) + _text(kind) + b"\0" + value for name, kind, value in zip(_HELLO, types, values, strict=True)
    ]
    return BLOCK_INFO + bytes([len(columns), 1]) + b"".join(columns)


def _text(value: str) -> bytes:
    """A length below 128 takes one byte; names of time zones and hosts stay below."""
    raw = value.encode()[:127]
    return bytes([len(raw)]) + raw

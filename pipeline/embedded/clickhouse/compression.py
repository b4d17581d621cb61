"""Content codings of bodies: gzip, deflate, zstd, lz4 (frames)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Protocol

import lz4.frame
import zstandard

from pipeline.embedded.clickhouse.errors import BAD_ARGUMENTS, UNSUPPORTED_MEDIA_TYPE, ServerError

if TYPE_CHECKING:
    from collections.abc import Callable

_GZIP_OR_ZLIB, _GZIP, _ZLIB = 47, 31, 15
_FAST = 1
ENCODINGS = ("lz4", "zstd", "gzip", "deflate")  # cheapest first


class Compressor(Protocol):
    """Turns pieces of an answer into pieces of a compressed one."""

    def compress(self, data: bytes) -> bytes:
        """Take a piece; may return nothing yet."""
        ...

    def flush(self) -> bytes:
        """The end of the compressed answer."""
        ...


class _Lz4:
    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor()
        self._head: bytes = self._frame.begin()

    def compress(self, data: bytes) -> bytes:
        head, self._head = self._head, b""
        return head + bytes(self._frame.compress(data))

    def flush(self) -> bytes:
        return self._head + bytes(self._frame.flush())


class _Identity:
    def compress(self, data: bytes) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


_COMPRESSORS: dict[str | None, Callable[[], Compressor]] = {
    None: _Identity,
    "lz4": _Lz4,
    "zstd": lambda: zstandard.ZstdCompressor(level=_FAST).compressobj(),
    "gzip": lambda: zlib.compressobj(_FAST, wbits=_GZIP),
    "deflate": lambda: zlib.compressobj(_FAST, wbits=_ZLIB),
}
_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    "lz4": lz4.frame.LZ4FrameDecompressor,
    "zstd": lambda: zstandard.ZstdDecompressor().decompressobj(),
    "gzip": lambda: zlib.decompressobj(_GZIP_OR_ZLIB),
    "deflate": lambda: zlib.decompressobj(_GZIP_OR_ZLIB),
}


def choose(accepted: str) -> str | None:
    """The coding for an answer out of an Accept-Encoding header; None for none."""
    offered = {
        part.partition(";")[0].strip().lower() for part in accepted.split(",") if "q=0" not in part.replace("q=0.", "")
    }
    return next((encoding for encoding in ENCODINGS if encoding in offered), None)


def compressor(encoding: str | None) -> Compressor:
    """A compressor for one answer."""
    return _COMPRESSORS[encoding]()


class Decompressor:
    """Takes the pieces of one body. Several frames may follow one another."""

    def __init__(self, encoding: str) -> None:
        encoding = encoding.strip().lower().removeprefix("x-")
        if encoding not in _DECOMPRESSORS:
            raise ServerError(
                UNSUPPORTED_MEDIA_TYPE, f"Content-Encoding {encoding} is not offered; {', '.join(ENCODINGS)} are"
            )
        self._encoding = encoding
        self._frame: Any = None

    def decompress(self, data: bytes) -> bytes:
        """Raises ServerError 36 for what is not of this coding."""
        out = []
        try:
            while data:
                self._frame = self._frame or _DECOMPRESSORS[self._encoding]()
                out.append(self._frame.decompress(data))
                data = self._frame.unused_data or b"" if self._frame.eof else b""
                self._frame = None if self._frame.eof else self._frame
        except (zlib.error, zstandard.ZstdError, RuntimeError, EOFError) as error:
            raise ServerError(BAD_ARGUMENTS, f"The body is not {self._encoding}: {error}") from error
        return b"".join(out)

    def finish(self) -> None:
        """Raises ServerError 36 when the body ended inside a frame."""
        if self._frame is not None:
            raise ServerError(BAD_ARGUMENTS, f"The {self._encoding} body ends too early")

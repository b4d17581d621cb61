"""The bytes of one member as they are when unpacked, counted and bounded while they are read."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Any, Final, cast

import zstandard

from pipeline.errors import UsageError
from pipeline.ingest.archives.limits import MAX_ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.ingest.archives.limits import Limits

_BUFFER: Final = 1 << 18
_MAX_WINDOW: Final = 1 << 27
"""Memory that a zstd file may ask for (128 MiB, as `zstd -d` allows without --long)."""
_PACKED: Final = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "rar",
    b"\xfd7zXZ\x00": "xz",
}
_TAR: Final = slice(257, 262)
"""Where a tar file says that it is one."""
BROKEN: Final = (
    EOFError,
    OSError,
    ValueError,
    RuntimeError,  # zipfile, for a password or a way of packing that it does not know
    zlib.error,
    lzma.LZMAError,
    zstandard.ZstdError,
    zipfile.BadZipFile,
)
"""What readers of packed data raise when it is cut off or spoiled."""


def packing(head: bytes) -> str | None:
    """The name of the packing that these first bytes begin, if any."""
    return next((name for magic, name in _PACKED.items() if head.startswith(magic)), None)


def unpacked(raw: IO[bytes], how: str | None) -> IO[bytes]:
    """The plain bytes of a file that was packed as one stream."""
    if how == "gzip":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
    if how == "bzip2":
        return bz2.BZ2File(raw)
    if how == "zstd":
        reader = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW)
        return reader.stream_reader(raw, read_across_frames=True)
    return raw


class Bounded(io.RawIOBase):
    """Reads a member through to its end, unless it is larger than it may be.

    `count` is what was read. `fresh` is how much of it came since the last entry: readers set it to 0 with each, so that one that never ends is
    noticed. `packed` tells the member's packed bytes so far, `before` is what was unpacked of the members before; without `limits` nothing is packed.
    Raises UsageError for what is too large, and OSError for what is spoiled.
    """

    def __init__(
        self, source: IO[bytes], name: str, limits: Limits | None, packed: Callable[[], int], before: int = 0
    ) -> None:
        self._source, self.name, self._limits, self._packed, self._before = source, name, limits, packed, before
        self.count = self.fresh = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the base allows any buffer
        """Read what fits, and count it."""
        try:
            data = self._source.read(len(buffer))
        except BROKEN as error:
            raise OSError(f"{type(error).__name__}: {error}") from error
        buffer[: len(data)] = data
        self.count += len(data)
        self.fresh += len(data)
        if self._limits:
            self._limits.check(self.name, self._packed(), self._before + self.count, self.count)
        if self.fresh > MAX_ENTRY + 2 * _BUFFER:
            raise UsageError(f"{self.name}: an entry of more than {MAX_ENTRY:,} bytes is none that a platform writes")
        return len(data)


def buffered(stream: Bounded) -> io.BufferedReader[Any]:
    """The stream with a look ahead (`peek`), after a byte order mark. Raises UsageError when it is packed once more."""
    source: io.BufferedReader[Any] = io.BufferedReader(stream, _BUFFER)
    head = source.peek(_TAR.stop)[: _TAR.stop]
    if head[_TAR] == b"ustar":
        raise UsageError(f"{stream.name} is a tar file, which is not read: unpack it, and import the files in it")
    if inner := packing(head):
        raise UsageError(f"{stream.name} is refused: it is an archive itself ({inner}) within an archive")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UsageError(f"{stream.name} is UTF-16 text: convert it to UTF-8 first")
    if head.startswith(codecs.BOM_UTF8):
        source.read(len(codecs.BOM_UTF8))
    return source

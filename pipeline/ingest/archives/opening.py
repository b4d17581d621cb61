"""One file as a list of parts that can be read one after the other: the members of a zip file, or the file itself, packed or not."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from pipeline.errors import UsageError
from pipeline.ingest.archives.stream import BROKEN, Bounded, packing, unpacked
from pipeline.ingest.archives.zips import opened

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator

    from pipeline.ingest.archives.limits import Limits

_ENDS: Final = 1 << 16
_DATA: Final = re.compile(r"\.(json|jsonl|ndjson|json_lines|csv|tsv|txt|xml|atom|js)$", re.IGNORECASE)
_PACKED_AS: Final = re.compile(r"\.(gz|bz2|zst|zstd)$", re.IGNORECASE)


class Part(NamedTuple):
    """A member, or the file itself. `name` is '' for the latter; `size` counts the bytes that `Archive.position` counts."""

    name: str
    size: int


@dataclass
class Archive:
    """One open file. `parts` are all that may hold entries, in the file's order."""

    path: Path
    limits: Limits
    raw: IO[bytes]
    zipped: zipfile.ZipFile | None
    how: str | None
    """How the file itself is packed, when it is no zip file."""
    parts: list[Part] = field(default_factory=list)
    _stream: Bounded | None = None
    _read_before: int = 0

    def __post_init__(self) -> None:
        if self.zipped is None:
            self.parts = [Part("", os.fstat(self.raw.fileno()).st_size)]
        else:
            self.parts = [Part(one.filename, one.file_size) for one in self.zipped.infolist() if not one.is_dir()]

    @property
    def label(self) -> str:
        """The file's name, for people."""
        return self.path.name

    @property
    def suffix(self) -> str:
        """What the name ends with, apart from the packing: `.csv` of `clicks.csv.gz`."""
        return Path(_PACKED_AS.sub("", self.path.name)).suffix.lower()

    def place(self, part: Part) -> str:
        """The part's name, for people."""
        return f"{self.label}/{part.name}" if part.name else self.label

    def data_parts(self) -> list[Part]:
        """Parts that may hold text: of a zip file those with such a name."""
        return [part for part in self.parts if not part.name or _DATA.search(part.name)]

    @property
    def position(self) -> int:
        """Bytes read: of a zip file unpacked ones, else those of the file."""
        if self.zipped is None:
            return self.raw.tell()
        return self._read_before + (self._stream.count if self._stream else 0)

    @contextmanager
    def open(self, part: Part) -> Iterator[Bounded]:
        """The unpacked bytes of a part, from its beginning. Raises UsageError when it is an archive itself."""
        if self.zipped is None:
            self.raw.seek(0)
            limits = self.limits if self.how else None
            yield self._reading(Bounded(unpacked(self.raw, self.how), self.label, limits, self.raw.tell))
            return
        member = self.zipped.getinfo(part.name)
        try:
            source = self.zipped.open(member)
        except BROKEN as error:
            raise UsageError(f"{self.place(part)} cannot be read: {error}") from error
        with source:
            packed, before = member.compress_size, self._read_before
            yield self._reading(Bounded(source, self.place(part), self.limits, lambda: packed, before))

    def _reading(self, stream: Bounded) -> Bounded:
        self._stream = stream
        return stream

    def leave(self, part: Part) -> None:
        """A part is read, or passed over: `position` counts it whole."""
        self._stream = None
        self._read_before += part.size

    def fingerprint(self) -> str:
        """Names what the file holds: its size, when it was written, its beginning and its end (the directory of a zip file, with checksums)."""
        facts = os.fstat(self.raw.fileno())
        self.raw.seek(0)
        found = hashlib.sha256(f"{facts.st_size}:{facts.st_mtime_ns}:".encode() + self.raw.read(_ENDS))
        self.raw.seek(max(0, facts.st_size - _ENDS))
        found.update(self.raw.read(_ENDS))
        self.raw.seek(0)
        return found.hexdigest()


@contextmanager
def open_archive(path: str, limits: Limits) -> Iterator[Archive]:
    """Open a file and look through it. Raises UsageError when it cannot be read, or must not be."""
    where = Path(path)
    with _raw(where) as raw:
        head = raw.read(8)
        raw.seek(0)
        how = packing(head)
        if how in {"7z", "rar", "xz"}:
            raise UsageError(f"{path} is packed as {how}, which is not read: unpack it first")
        if how != "zip":
            yield Archive(where, limits, raw, None, how)
            return
        with opened(raw, where.name, limits) as zipped:
            yield Archive(where, limits, raw, zipped, None)


def _raw(path: Path) -> IO[bytes]:
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name a file, or pack it (zip -r {path.name}.zip {path})")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no regular file: an import that can be resumed needs one. Save it to a file first")
    try:
        return path.open("rb")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error

"""Zip files of strangers: looked through before anything in them is read, and refused as a whole when something is wrong.

Members are only ever read as streams. Names are looked at all the same: an archive with a name that leads out of it was made to harm somebody.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from typing import IO, TYPE_CHECKING, Final

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.ingest.archives.limits import Limits

_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_LOCATOR_BYTES: Final = 20
_COMMENT_BYTES: Final = 0xFFFF
_BYTES_PER_MEMBER: Final = 256
"""Room in the directory for a member: 46 bytes, its name, and what programs add."""
_NESTED: Final = re.compile(r"\.(zip|tar|tgz|gz|bz2|xz|zst|7z|rar|jar|cab|lz4)$", re.IGNORECASE)
_DRIVE: Final = re.compile(r"^[A-Za-z]:")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def opened(raw: IO[bytes], name: str, limits: Limits) -> zipfile.ZipFile:
    """The archive, looked through. Raises UsageError when it is none, or must not be read; the text names the member."""
    _check_directory(raw, name, limits)
    try:
        found = zipfile.ZipFile(raw)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise UsageError(f"{name} is not a whole zip file ({error}): load it down again") from error
    try:
        _check_members(found.infolist(), name, limits)
    except UsageError:
        found.close()
        raise
    return found


def _check_directory(raw: IO[bytes], name: str, limits: Limits) -> None:
    """The directory is read into memory at once: its size is asked first."""
    size = raw.seek(0, 2)
    raw.seek(max(0, size - _END_BYTES - _COMMENT_BYTES - _LOCATOR_BYTES))
    tail = raw.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise UsageError(f"{name} is not a whole zip file (its end is missing): load it down again")
    directory: int = struct.unpack_from("<I", tail, at + 12)[0]
    directory = max(directory, _directory_64(raw, tail[max(0, at - _LOCATOR_BYTES) : at], size))
    raw.seek(0)
    if directory < size and directory > limits.members * _BYTES_PER_MEMBER:
        raise _too_many(name, limits)


def _directory_64(raw: IO[bytes], locator: bytes, size: int) -> int:
    if locator[:4] != b"PK\x06\x07":
        return 0
    (at,) = struct.unpack_from("<Q", locator, 8)
    raw.seek(min(at, size))
    record = raw.read(56)
    if len(record) < 56 or record[:4] != b"PK\x06\x06":  # noqa: PLR2004 - the record's length by the format's definition
        return 0
    directory: int = struct.unpack_from("<Q", record, 40)[0]
    return directory


def _check_members(members: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    if len(members) > limits.members:
        raise _too_many(name, limits)
    seen: set[str] = set()
    unpacked = 0
    for member in members:
        if why := _wrong(member, seen):
            raise UsageError(f"{name} is refused: its member {member.filename[:200]!r} {why}")
        seen.add(member.filename)
        unpacked += member.file_size
        limits.check(f"{name}/{member.filename[:200]}", member.compress_size, unpacked, member.file_size)


def _wrong(member: zipfile.ZipInfo, seen: set[str]) -> str | None:
    """What is wrong with a member; None when nothing is."""
    path = member.orig_filename.replace("\\", "/")
    mode = stat.S_IFMT(member.external_attr >> 16)
    faults = {
        "has an absolute path": path.startswith("/") or _DRIVE.match(path),
        "has a path that leads out of the archive": ".." in path.split("/"),
        "has a control character in its name": _CONTROL.search(path),
        "is there twice": member.filename in seen,
        "is a symbolic link": mode == stat.S_IFLNK,
        "is no regular file": mode not in {0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK},
        "is an archive itself: take it out (zip -d), and import it by itself if it is wanted": _NESTED.search(path),
        "is encrypted: unpack it with its password and pack it anew": member.flag_bits & 0x1,
    }
    return next((why for why, fault in faults.items() if fault), None)


def _too_many(name: str, limits: Limits) -> UsageError:
    return UsageError(
        f"{name} has more than {limits.members:,} members: refused. If you trust it, raise CASCADES_IMPORT_MAX_MEMBERS"
    )

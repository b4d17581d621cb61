"""The data folder: one owner at a time, and only data that this engine can read."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from typing import TYPE_CHECKING, Self

from pipeline.embedded.clickhouse import room
from pipeline.embedded.clickhouse.version import ENGINE_VERSION
from pipeline.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class Folder:
    """Holds the folder while it is entered. The lock goes with the process, so a killed owner leaves nothing behind.

    Raises UnavailableError when another process has it or the disk is full, UsageError when a newer engine wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock = -1

    def __enter__(self) -> Self:
        if any(mark in str(self.path) for mark in "?&#\n"):
            raise UsageError(f"The data folder {self.path} has one of ? & # in its name: choose another name.")
        try:
            self._enter()
        except OSError as error:
            raise _explained(self.path, error) from error
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def temporary(self) -> Path:
        """An empty folder for temporary files."""
        path = self.path / "tmp"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def _enter(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(self._lock, 32, 0).decode(errors="replace").strip() or "unknown"
            raise UnavailableError(
                f"The data folder {self.path} is in use by process {owner}: stop that one, or choose another folder."
            ) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)
        self._check_space()
        self._check_version()

    def _check_space(self) -> None:
        free = room.left(self.path)
        if free < room.KEEP_FREE_BYTES:
            raise UnavailableError(
                f"The disk of {self.path} is full ({free >> 20} MiB left): free at least {room.KEEP_FREE_BYTES >> 20} MiB."
            )

    def _check_version(self) -> None:
        """An older engine may misread what a newer one wrote; the other way round is supported by ClickHouse."""
        mark = self.path / "engine_version"
        wrote = mark.read_text(encoding="utf-8").strip() if mark.exists() else ""
        if _order(wrote) > _order(ENGINE_VERSION):
            raise UsageError(
                f"The data folder {self.path} was written by engine {wrote}, newer than {ENGINE_VERSION} here: "
                "install that version again (chdb-core), or choose another folder."
            )
        mark.write_text(f"{ENGINE_VERSION}\n", encoding="utf-8")


def _order(version: str) -> tuple[int, ...]:
    """Year and month of a release: within them the format of data does not change."""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())


def _explained(path: Path, error: OSError) -> UnavailableError:
    if error.errno in _NO_SPACE:
        return UnavailableError(f"The disk of {path} is full: free some space.")
    return UnavailableError(f"The data folder {path} cannot be used: {error.strerror or error}.")

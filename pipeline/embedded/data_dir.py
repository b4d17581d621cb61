"""The folder that an embedded stack keeps its data in: used by one stack at a time, made by us, readable by this version, with room to write."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import psutil

from pipeline.embedded import jar_lock
from pipeline.embedded.files import write_whole
from pipeline.embedded.guard import GRACE_S
from pipeline.embedded.progress import Progress, Waiting, silent
from pipeline.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

LAYOUT = 1
"""Of the folder; raised when what lies in it changes its place or meaning."""
STAMP, LOCK = "stack.json", "stack.lock"
NEEDED_BYTES = 500_000_000
LINGER_S = GRACE_S + 5.0
"""How long the children of a killed stack may take to end; they hold the lock until then."""


class DataDir:
    """A locked data folder. The lock is the kernel's: it goes when the last process that has it is gone, kill -9 included."""

    def __init__(self, path: Path, progress: Progress = silent) -> None:
        self.path = path.absolute()
        self._progress = progress
        self._lock: int | None = None

    @property
    def lock_fd(self) -> int:
        """To be kept open by every child that writes in the folder."""
        assert self._lock is not None
        return self._lock

    def __enter__(self) -> Self:
        """Take the folder, making it if needed.

        Raises UsageError for a folder that is not ours or that this version cannot read, UnavailableError when another stack has it or the disk is full.
        """
        self._refuse_foreign()
        require_space(self.path)
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = self._take()
        try:
            self._check_stamp()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def stamp(self) -> None:
        """Note which Kafka wrote here (ClickHouse notes its own version), and which Kafka cluster ClickHouse's rows belong to. Called once everything runs."""
        write_whole(
            self.path / STAMP,
            json.dumps({"layout": LAYOUT, "kafka": jar_lock.read().kafka, "kafka_cluster": self._cluster()}) + "\n",
        )

    def _refuse_foreign(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(f"{self.path} is a file: name a folder with --data")
        if self.path.is_dir() and not (self.path / LOCK).exists() and any(self.path.iterdir()):
            raise UsageError(f"{self.path} holds files that are not ours: name a new or empty folder with --data")

    def _take(self) -> int:
        lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        wait = Waiting(f"waiting for the stack that was killed in {self.path.name} to end", self._progress)
        while not _locked(lock):
            owner = _owner(lock)
            if owner or wait.seconds > LINGER_S:
                os.close(lock)
                who = f"process {owner.pid} ({_command(owner)})" if owner else "another process"
                raise UnavailableError(f"{self.path} is in use by {who}: stop it, or name another folder with --data")
            wait.tick()
            time.sleep(0.1)
        _write_owner(lock)
        return lock

    def _check_stamp(self) -> None:
        stated = self._read_stamp()
        if stated.get("layout", LAYOUT) > LAYOUT:
            raise UsageError(
                f"{self.path} was written by a newer release of share-cascades: use that release, or name another folder with --data"
            )
        ours, theirs = jar_lock.read().kafka, stated.get("kafka", "")
        if _ordered(theirs) > _ordered(ours):
            raise UsageError(
                f"{self.path} was written by Kafka {theirs}, which Kafka {ours} cannot read: install the newer release of share-cascades, "
                f"or name another folder with --data"
            )
        if (known := stated.get("kafka_cluster")) and known != self._cluster():
            raise UsageError(
                f"Kafka's data in {self.path} is gone or is another cluster's, so its offsets do not fit ClickHouse's rows: put the folder back as it was, "
                f"or remove it to begin anew"
            )

    def _read_stamp(self) -> dict[str, Any]:
        try:
            stated: dict[str, Any] = json.loads((self.path / STAMP).read_text())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise UsageError(
                f"{self.path / STAMP} cannot be read ({error}): remove {self.path} to begin anew, or name another folder with --data"
            ) from error
        return stated

    def _cluster(self) -> str:
        with suppress(OSError):
            for line in (self.path / "kafka" / "log" / "meta.properties").read_text().splitlines():
                name, _, value = line.partition("=")
                if name == "cluster.id":
                    return value
        return ""


def clear_abandoned(parent: Path, prefix: str) -> list[Path]:
    """Remove the data folders of this user in `parent` whose stack was killed and has ended; returns them. Those in use stay."""
    return [path for path in parent.glob(f"{prefix}*") if _clear(path)]


def _clear(path: Path) -> bool:
    try:
        # Anybody may put a name into a common folder: a link would lead elsewhere.
        if path.is_symlink() or path.lstat().st_uid != os.getuid():
            return False
        lock = os.open(path / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return False  # not ours, gone meanwhile, or a stack that only begins
    try:
        abandoned = _locked(lock) and os.fstat(lock).st_size > 0 and _owner(lock) is None
        if abandoned:
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)
    return abandoned


def require_space(path: Path, needed: int = NEEDED_BYTES) -> None:
    """Raise UnavailableError when the disk that `path` is, or would be, on has less than `needed` bytes free."""
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise UnavailableError(
            f"only {free / 1e6:.0f} MB are free where {path} lies, and {needed / 1e6:.0f} MB are needed: make room, or name a folder on another disk with --data"
        )


def _ordered(stated: str) -> list[int]:
    return [int(part) for part in stated.split(".") if part.isdigit()]


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_owner(lock: int) -> None:
    os.ftruncate(lock, 0)
    os.pwrite(lock, json.dumps([os.getpid(), psutil.Process().create_time()]).encode(), 0)


def _owner(lock: int) -> psutil.Process | None:
    """The process that took the lock, if it still lives; its process id may be somebody else's by now, its start time not."""
    with suppress(ValueError, psutil.Error):
        pid, born = json.loads(os.pread(lock, 200, 0))
        process = psutil.Process(pid)
        return process if process.create_time() == born and process.status() != psutil.STATUS_ZOMBIE else None
    return None


def _command(process: psutil.Process) -> str:
    return " ".join(" ".join(process.cmdline()).split())[:80]

"""The folder of one worker's local stores. Workers of one machine share `CASCADES_STATE_DIR`: each takes a numbered folder that is free.

The number means nothing: whatever an earlier worker left in a folder is a checkpoint of some partitions, checked before use.
"""

from __future__ import annotations

import fcntl
import re
import shutil
from typing import TYPE_CHECKING

from pipeline.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

    from pipeline.config import Settings

_LOCK = "lock"


class StateDir:
    """One worker's folder. The lock goes with the process, whatever ends it. Raises UnavailableError when the disk refuses."""

    def __init__(self, settings: Settings) -> None:
        self.path, self._lock = _claim(group_dir(settings))

    def store(self, partition: int) -> Path:
        """Where the store of a partition goes."""
        return self.path / str(partition)

    def close(self) -> None:
        """Let another worker have it."""
        self._lock.close()


def group_dir(settings: Settings) -> Path:
    """The folder of all workers of one group and topic."""
    return settings.state_dir / re.sub(r"[^\w.-]", "_", f"{settings.events_topic}.{settings.group}")


def throw_away(settings: Settings) -> bool:
    """Remove the stores of all workers of the group on this machine; tells whether there were any. Raises UsageError while one of them runs."""
    folder = group_dir(settings)
    if not folder.is_dir():
        return False
    locks = [_try(path) for path in sorted(folder.iterdir())]
    try:
        if None in locks:
            raise UsageError(f"a worker of group {settings.group} runs on this machine: stop it first")
        shutil.rmtree(folder)
    finally:
        for lock in locks:
            if lock:
                lock.close()
    return True


def _claim(folder: Path) -> tuple[Path, IO[bytes]]:
    number = 0
    while True:
        path = folder / f"worker-{number}"
        try:
            path.mkdir(parents=True, exist_ok=True)
            lock = _try(path)
        except OSError as error:
            raise UnavailableError(f"cannot write to {path} ({error.strerror}): set CASCADES_STATE_DIR") from error
        if lock:
            return path, lock
        number += 1


def _try(path: Path) -> IO[bytes] | None:
    lock = (path / _LOCK).open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock

"""Apache Kafka's jars in the cache.

What is locked is what runs: every jar is checked against `kafka.lock` when it arrives, and again whenever its size or time changed.
A jar appears in the cache only when it is whole and right, and two processes may do this at once.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pipeline.embedded import jar_lock
from pipeline.embedded.files import exclusive, write_whole
from pipeline.embedded.progress import Progress, silent

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.embedded.jar_lock import Jar, JarLock

SEAL = "checked.json"


def folder(cache_dir: Path, lock: JarLock) -> Path:
    """Where the jars of this lock are kept. Another lock has another folder, so no check-out spoils another's cache."""
    return cache_dir / f"kafka-{lock.kafka}-{lock.digest}"


def ensure(cache_dir: Path, progress: Progress = silent, lock: JarLock | None = None) -> list[Path]:
    """The jars, in class path order; brings what is missing or damaged.

    Raises UnavailableError when a jar cannot be downloaded or has other bytes than the lock says.
    """
    lock = lock or jar_lock.read()
    home = folder(cache_dir, lock)
    if not _sealed(home, lock):
        home.mkdir(parents=True, exist_ok=True)
        with exclusive(home / ".lock"):
            _complete(home, lock, progress)
    return [home / jar.name for jar in lock.jars]


def _complete(home: Path, lock: JarLock, progress: Progress) -> None:
    if wanting := [jar for jar in lock.jars if not jar.matches(home / jar.name)]:
        # jgo takes a third of a second to import, which every later start would pay.
        from pipeline.embedded import jar_source  # noqa: PLC0415

        jar_source.download(wanting, home, progress)
    write_whole(home / SEAL, json.dumps({jar.name: _stamp(home, jar) for jar in lock.jars}))


def _sealed(home: Path, lock: JarLock) -> bool:
    """Whether every jar has the size and time that it had when its checksum was right: cheap enough for every start."""
    try:
        seal = json.loads((home / SEAL).read_text())
        return all(seal[jar.name] == _stamp(home, jar) for jar in lock.jars)
    except (OSError, ValueError, KeyError):
        return False


def _stamp(home: Path, jar: Jar) -> list[int]:
    stat = (home / jar.name).stat()
    return [stat.st_size, stat.st_mtime_ns]

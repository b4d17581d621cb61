"""What a campaign has measured so far, in a file: one that is cut off goes on where it was, row by row.

A figure counts only as long as nothing changed that it depends on: the program that it is of, the harness, the size, and the machine since its
last start. Failed runs and runs with wrong sums are not kept.
"""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psutil

from benchmarks.report import Row
from benchmarks.runner import Report

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.contenders import Who

HERE = Path(__file__).parent
ROOT = HERE.parent
STORE = ROOT / ".cache" / "bench.jsonl"
HARNESS = ("contenders", "meter", "runner", "stage", "topic")
SOURCES = frozenset({".py", ".pyx", ".pxd", ".java", ".xml", ".lock", ".sql"})


def stamp_of(who: Who, events: int) -> str:
    """What a run of this contender depends on."""
    files = [HERE / f"{name}.py" for name in HARNESS] + _sources(HERE / "peers" / who.folder)
    files += [HERE / "peers" / f"{who.folder}.lock"]
    return _stamp(files + (_product() if who.ours else []), who.key, events)


def stamp_of_measure(name: str, part: float) -> str:
    """What a measurement depends on: everything of ours."""
    files = sorted(HERE.glob("*.py")) + _sources(HERE / "peers" / "worker")
    return _stamp(files + _product(), name, part)


def _product() -> list[Path]:
    return _sources(ROOT / "pipeline") + _sources(ROOT / "schemas")


def _sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in SOURCES)


def _stamp(files: Iterable[Path], *more: object) -> str:
    digest = sha256(repr((more, os.cpu_count(), platform.python_version(), round(psutil.boot_time(), -2))).encode())
    for path in files:
        if path.exists():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Kept:
    """One step of a campaign. `at`: seconds since 1970 at its end; `took`: seconds of wall time."""

    name: str
    stamp: str
    at: float
    took: float
    what: object


class Campaign:
    """The steps in the file. Without a path nothing is kept."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._steps: list[Kept] = []
        if path and path.exists():
            self._steps = [Kept(**json.loads(line)) for line in path.read_text().splitlines()]

    @classmethod
    def fresh(cls, path: Path) -> Self:
        """Forget what is there."""
        path.unlink(missing_ok=True)
        return cls(path)

    def add(self, name: str, stamp: str, took: float, what: object) -> None:
        """One more step is done."""
        step = Kept(name, stamp, time.time(), took, what)
        self._steps.append(step)
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a") as out:
                out.write(json.dumps(asdict(step)) + "\n")

    def reports(self, who: Who, stamp: str) -> list[Report]:
        """The runs of a contender."""
        return [Report(**step.what) for step in self._of(who.key, stamp)]

    def rows(self, name: str, stamp: str) -> list[Row] | None:
        """The rows of a measurement; None when it was not made."""
        for step in self._of(name, stamp):
            return [Row(**row) for row in step.what]
        return None

    @property
    def times(self) -> tuple[float, float] | None:
        """When the first step began and the last one ended."""
        if not self._steps:
            return None
        return self._steps[0].at - self._steps[0].took, self._steps[-1].at

    def end(self) -> None:
        """Everything is measured and written: the next campaign starts anew. The file stays beside it, to look at."""
        if self._path and self._path.exists():
            self._path.replace(self._path.with_suffix(".last.jsonl"))

    def _of(self, name: str, stamp: str) -> list[Kept]:
        return [step for step in self._steps if (step.name, step.stamp) == (name, stamp)]

"""Many seeds over several processes."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulation.run import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.pool import Pool

CHUNK = 25
"""Seeds that a process runs at a stretch."""


@dataclass(frozen=True)
class Tally:
    """What a campaign came to."""

    seeds: int
    seconds: float
    records: int
    faults: Counter[str]
    """How many of each kind were drawn."""
    failed: dict[int, str]
    """The first failure of each seed that failed."""

    @property
    def text(self) -> str:
        return (
            f"{self.seeds} seeds in {self.seconds:.0f} s ({self.seeds / self.seconds:.1f} seeds/s), {self.faults.total()} faults, "
            f"{self.records} records: {len(self.failed)} failed\n"
            + ", ".join(f"{kind} {number}" for kind, number in sorted(self.faults.items()))
        )


def campaign(
    first: int,
    seeds: int,
    jobs: int | None = None,
    progress: Callable[[int, dict[int, str]], None] = lambda _done, _failed: None,
) -> Tally:
    """Run `seeds` seeds from `first` on, by default in as many processes as there are cores."""
    began = time.monotonic()
    done = records = 0
    faults = Counter[str]()
    failed: dict[int, str] = {}
    chunks = [range(start, min(start + CHUNK, first + seeds)) for start in range(first, first + seeds, CHUNK)]
    with processes(jobs) as pool:
        for chunk, outcome in zip(chunks, pool.imap(_chunk, chunks), strict=True):
            done += len(chunk)
            records += outcome[0]
            faults += outcome[1]
            failed.update(outcome[2])
            progress(done, failed)
    return Tally(seeds, time.monotonic() - began, records, faults, failed)


def processes(jobs: int | None = None) -> Pool:
    """Fresh interpreters: nothing of a test session's threads and event loops comes along, and the order of sets, part of a run, is the same.

    Not an executor: Python 3.11's stands still when its only process has had its `max_tasks_per_child`.
    """
    os.environ["PYTHONHASHSEED"] = "0"
    return multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=20)


def _chunk(seeds: range) -> tuple[int, Counter[str], dict[int, str]]:
    results = [run(seed) for seed in seeds]
    failed = {result.seed: result.failures[0] for result in results if result.failures}
    faults = Counter(fault.kind for result in results for fault in result.faults)
    return sum(result.records for result in results), faults, failed

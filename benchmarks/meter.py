"""What every contender in Python reports, on standard output as JSON lines: when it had the first and the last record, its CPU in between, its sums.

Only the standard library: peers import this in environments of their own. The Java peers write the same lines (`peers/*/…/Meter.java`).
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def cpu_seconds() -> float:
    """CPU of this process so far: user and system, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def say(mark: str, **values: object) -> None:
    """One line for the harness. It goes to the real standard output, whatever a framework has put in its place."""
    sys.__stdout__.write(json.dumps({"mark": mark, "at": time.time(), **values}) + "\n")
    sys.__stdout__.flush()


class Meter:
    """Counts records; the clock runs from the first to the last."""

    def __init__(self, expected: int | None = None) -> None:
        self.expected = int(os.environ["BENCH_EVENTS"]) if expected is None else expected
        self.count = 0
        self._before = 0
        self._wall = self._cpu = 0.0

    def first(self, already: int = 0) -> None:
        """The clock starts. `already`: records that were done before."""
        self._before = already
        self._wall, self._cpu = time.perf_counter(), cpu_seconds()
        say("first")

    def tick(self) -> bool:
        """One more record is done; True when it was the last."""
        if not self.count:
            self.first()
        self.count += 1
        if self.count == self.expected:
            self.last()
        return self.count == self.expected

    def last(self) -> None:
        """The clock stops."""
        wall, cpu = time.perf_counter() - self._wall, cpu_seconds() - self._cpu
        say("last", records=self.expected - self._before, seconds=wall, cpu=cpu)

    @staticmethod
    def sums(**figures: float) -> None:
        """What came out, summed over all contents: records, bytes, audience (of all records), contents, events (distinct acts), nodes (spreads),
        depth (greatest), depths (sum over nodes), direct and beyond (audience at depth 1 and deeper), secondary_reach (largest audience per
        sharer and content), virality (sum of ν). Leave out what is not known.
        """
        say("sums", figures=figures)

    def sums_of(self, aggregates: Iterable[Mapping[str, object]]) -> None:
        """The sums of the small job's aggregates, one per content: n, maxd, direct, reach, hist."""
        found = list(aggregates)
        levels = [(int(level), count) for one in found for level, count in one["hist"].items()]
        self.sums(
            contents=len(found),
            events=sum(one["n"] for one in found),
            nodes=sum(count for _, count in levels),
            depth=max(one["maxd"] for one in found),
            depths=sum(level * count for level, count in levels),
            direct=sum(one["direct"] for one in found),
            beyond=sum(one["reach"] for one in found),
        )

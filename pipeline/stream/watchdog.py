"""A watch on progress. Whatever hangs for good, hangs in a way that nobody thought of: so the worker leaves, and its next start goes on.

On a thread of its own, so that a blocked event loop is seen too. Nothing is lost by leaving: what was not committed is read again.

| for `patience_s` nothing of this moves              | unless                                                        |
|-----------------------------------------------------|---------------------------------------------------------------|
| the event loop                                      |                                                               |
| the look at how far the partitions are              | Kafka, producing or ClickHouse is known not to be well        |
| the committed offset, or the rebuild, of a partition in which records wait | the same                               |

A process that was stopped (SIGSTOP, a suspended machine) is not stuck: the time of its sleep does not count.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import sys
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.status import Status

log = logging.getLogger("cascades.watchdog")

LOOKS = 20
"""Looks within the patience."""
ASLEEP = 4
"""A look that comes so many times later than it should means that the whole process stood still."""
NEARLY = 0.7
"""What has stood still for this part of the patience is named too: of things that hang together one is seen first."""
EXCUSES = ("kafka", "produce", "clickhouse")
"""Parts without which nothing can move: while one of them is away, standing still is right."""
LOOP, LOOK = "the event loop", "the look at how far the partitions are"

Alarm = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """How far one partition is. `waits`: there are records in Kafka that are not committed, or not yet read for the state."""

    committed: int
    to_rebuild: int
    waits: bool


class Watchdog:
    """Calls `alarm` once when nothing has moved for `patience_s` seconds; 0 never does. `saw` may be called from any thread."""

    def __init__(self, status: Status, patience_s: float, *, clock: Callable[[], float] = monotonic) -> None:
        self.alarm: Alarm = leave
        self.every_s = max(0.05, patience_s / LOOKS)
        self._status = status
        self._patience_s = patience_s
        self._clock = clock
        self._places: Mapping[int, Place] = {}
        self._seen = 0
        self._marks: dict[str, tuple[Hashable, float]] = {}
        self._looked = clock()
        self._stop = Event()
        self._thread: Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Watch from now on. Called on the event loop."""
        if self._patience_s:
            self._loop = asyncio.get_running_loop()
            self._looked = self._clock()
            self._thread = Thread(target=self._watch, name="watchdog", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Watch no longer: stopping has deadlines of its own."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def saw(self, places: Mapping[int, Place]) -> None:
        """How far the partitions are that this worker owns."""
        self._places = dict(places)
        self._seen += 1

    def look(self) -> None:
        """Compare with what stood still before."""
        now = self._clock()
        slept, self._looked = now - self._looked, now
        if slept > ASLEEP * self.every_s:
            self._marks.clear()
        present = self._present()
        self._marks = {
            name: self._marks[name] if name in self._marks and self._marks[name][0] == mark else (mark, now)
            for name, mark in present.items()
        }
        if any(now - since > self._patience_s for _, since in self._marks.values()):
            nearly_s = self._patience_s * NEARLY
            stuck = sorted(name for name, (_, since) in self._marks.items() if now - since > nearly_s)
            self._stop.set()
            self._print_tasks()
            self.alarm(f"nothing has moved for {self._patience_s:.0f} s: {', '.join(stuck)}")

    def _present(self) -> dict[str, Hashable]:
        """What must change in time, by its name."""
        marks: dict[str, Hashable] = {LOOP: self._status.ticked_at}
        parts = self._status.parts()
        if all(parts[name].ok for name in EXCUSES):
            marks[LOOK] = self._seen
            marks |= {
                f"partition {number}": (place.committed, place.to_rebuild)
                for number, place in self._places.items()
                if place.waits
            }
        return marks

    def _print_tasks(self) -> None:
        """Where each task waits: stacks of threads do not tell that."""
        with suppress(RuntimeError):  # the loop may change its tasks meanwhile
            for task in asyncio.all_tasks(self._loop) if self._loop else ():
                task.print_stack(file=sys.stderr)

    def _watch(self) -> None:
        while not self._stop.wait(self.every_s):
            self.look()


def leave(text: str) -> None:
    """Write all stacks to the log and end the process with exit code 1."""
    log.critical(
        "%s, while Kafka and ClickHouse are well. The worker leaves; its next start reads again what was not committed. Stacks of all threads:",
        text,
    )
    logging.shutdown()
    sys.stderr.flush()
    faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
    sys.stderr.flush()
    os._exit(1)

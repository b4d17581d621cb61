"""One contender as a process of its own: its marks, its CPU and memory, and what the broker, ClickHouse and all others used meanwhile."""

from __future__ import annotations

import json
import math
import os
import queue
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Self

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


LOOK_EVERY_S = 0.2


class RunError(Exception):
    """A contender did not come to its end; the text has the end of its log."""


@dataclass
class Report:
    """One run. Times are seconds; `cpu`, `rate` and memory (resident, MB) count from the first record to the last."""

    records: int
    seconds: float
    cpu: float
    figures: dict[str, float]
    whole_cpu: float
    peak_mb: float
    typical_mb: float
    start_s: float
    parts_cpu: dict[str, float]
    others_cpu: float
    marks: dict[str, dict[str, object]] = field(default_factory=dict)
    input_bytes: float = 0.0
    events: int = 0
    """Of the whole topic; `records` are those between the two marks."""

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.records / self.seconds

    @property
    def cpu_per_million(self) -> float:
        return self.cpu / self.records * 1e6


class Resident:
    """Resident memory of a process and all under it, looked at while the `with` block runs.

    Not ru_maxrss: Linux hands the parent's peak down to a process that it starts.
    """

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.seen: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def peak_mb(self) -> float:
        return max(self.seen, default=0.0)

    @property
    def typical_mb(self) -> float:
        """The median over time."""
        return median(self.seen) if self.seen else 0.0

    def _look(self) -> None:
        with suppress(psutil.Error):
            while True:
                family = [self._process, *self._process.children(recursive=True)]
                self.seen.append(sum(one.memory_info().rss for one in family) / 1e6)
                if self._over.wait(LOOK_EVERY_S):
                    return


class Contender:
    """A running contender. Its marks are read line by line; everything else that it prints is in its log."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        self.started = time.time()
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                command,
                env=os.environ | environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=environment["BENCH_SCRATCH"],
            )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._passed: list[dict[str, object]] = []
        threading.Thread(target=self._pump, daemon=True).start()
        self.usage = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.usage is None:
            self._kill()
            self._reap()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                pipe.close()

    def tell(self, line: str) -> None:
        """A line to its standard input."""
        with suppress(BrokenPipeError):
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()

    def mark(self, *names: str, timeout_s: float) -> dict[str, object]:
        """The first mark of these names that was not asked for yet. Others that come before it are there for later."""
        for found in self._passed:
            if found["mark"] in names:
                self._passed.remove(found)
                return found
        end = time.monotonic() + timeout_s
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise RunError(f"no {' or '.join(names)} within {timeout_s:.0f} s. {self._why()}") from None
            if line is None:
                raise RunError(f"ended before {' or '.join(names)}. {self._why()}")
            found = self._parsed(line)
            if found.get("mark") == "failed":
                raise RunError(str(found["error"]))
            if found.get("mark") in names:
                return found
            if found:
                self._passed.append(found)

    def end(self, timeout_s: float = 60) -> None:
        """Let it end by itself; it is killed after the deadline."""
        with suppress(OSError):
            self.process.stdin.close()
        timer = threading.Timer(timeout_s, self._kill)
        timer.start()
        self._reap()
        timer.cancel()

    def _pump(self) -> None:
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _kill(self) -> None:
        # Not Popen.kill: it would collect a process that has ended, and its resource usage with it.
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)

    def _reap(self) -> None:
        _, status, self.usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)

    def _parsed(self, line: str) -> dict[str, object]:
        with suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict) and "mark" in found:
                return found
        with self._log.open("a") as log:
            log.write(line)
        return {}

    def _why(self) -> str:
        return "The end of its log: " + self._log.read_text(errors="replace")[-600:].strip()


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    parts: Mapping[str, int],
    timeout_s: float,
) -> Report:
    """From start to end. `parts`: process ids (of guards) whose CPU is told beside the contender's own."""
    with Contender(command, environment, log) as contender:
        first = last = contender.mark("first", timeout_s=180)
        before, all_before = cpu_of(parts), machine_cpu()
        started = first["at"] - contender.started
        with Resident(contender.process.pid) as resident:
            while last["mark"] == "first":  # a contender may start its clock again
                before, all_before = cpu_of(parts), machine_cpu()
                last = contender.mark("first", "last", timeout_s=timeout_s)
        used = {name: seconds - before[name] for name, seconds in cpu_of(parts).items()}
        others = machine_cpu() - all_before - last["cpu"] - sum(used.values())
        marks = {}
        while "sums" not in marks:
            mark = contender.mark("sums", "changelog", timeout_s=600)
            marks[mark["mark"]] = mark
        contender.end()
        usage = contender.usage
    return Report(
        records=last["records"],
        seconds=last["seconds"],
        cpu=last["cpu"],
        figures=marks["sums"]["figures"],
        whole_cpu=usage.ru_utime + usage.ru_stime,
        peak_mb=resident.peak_mb,
        typical_mb=resident.typical_mb,
        start_s=started,
        parts_cpu=used,
        others_cpu=max(0.0, others),
        marks=marks,
    )


def cpu_of(guards: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds so far of each guard with the process under it."""
    return {name: _cpu(psutil.Process(pid)) for name, pid in guards.items()}


def _cpu(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in family)


def machine_cpu() -> float:
    """CPU seconds of all processes of this machine so far."""
    times = psutil.cpu_times()
    return times.user + times.system


def differences(found: dict[str, float], wanted: dict[str, float]) -> str:
    """Figures that are not as computed; empty when all are."""
    wrong = [name for name, value in found.items() if not math.isclose(value, wanted[name], rel_tol=1e-9)]
    return ", ".join(f"{name} {found[name]:,} instead of {wanted[name]:,}" for name in wrong)

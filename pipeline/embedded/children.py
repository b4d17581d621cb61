"""Child processes that die with this process, whatever ends it. `guard.py` says how."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.embedded.progress import Progress, Waiting, silent
from pipeline.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

GUARD = Path(__file__).with_name("guard.py")
LOG_KEPT = 4 << 20


class Child:
    """A running command under its guard. Its output goes to a log file; nothing of it outlives this process.

    `keep_fds` stay open in guard and command, so that a lock held through them lasts until both have ended.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        keep_fds: Sequence[int] = (),
    ) -> None:
        self.name, self.log = name, log
        _roll(log)
        read, self._orders = os.pipe()
        arguments = [sys.executable, "-I", "-S", str(GUARD), str(read), str(log), *map(str, command)]
        try:
            with log.open("ab") as out:
                # A session of its own: Ctrl-C in the terminal is for this process, which then stops its children in order.
                self._guard = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                    arguments,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    env=env,
                    start_new_session=True,
                    pass_fds=(read, *keep_fds),
                )
        except BaseException:
            os.close(self._orders)
            raise
        finally:
            os.close(read)
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """Process id of the guard; the command is its only child."""
        return self._guard.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; then the command's exit code (128 + n when signal n ended it)."""
        return self._guard.poll()

    def stop(self, deadline_s: float = 10.0) -> int:
        """Ask it to end; kill what is left after `deadline_s` seconds. Returns its exit code. Safe to call again."""
        with self._lock:
            self._order(b"t")
            try:
                code = self._guard.wait(deadline_s)
            except subprocess.TimeoutExpired:
                self._order(b"k")
                code = self._guard.wait()
            self._close()
        return code

    def await_end(self, deadline_s: float) -> int:
        """Wait for a command that ends by itself; it is stopped after the deadline. Returns its exit code."""
        with suppress(subprocess.TimeoutExpired):
            self._guard.wait(deadline_s)
        return self.stop(1.0)

    def await_ready(self, probe: Callable[[], bool], deadline_s: float, progress: Progress = silent) -> float:
        """Wait until `probe` is true; returns the seconds it took.

        Raises UnavailableError, with the end of the log, when the command ends first or the deadline passes; it is then stopped.
        """
        wait = Waiting(f"{self.name}: starting", progress)
        while not probe():
            if self.exit_code is not None:
                raise UnavailableError(
                    f"{self.name} ended with exit code {self.exit_code} while it was starting. {self.why()}"
                )
            if wait.seconds > deadline_s:
                self.stop(1.0)
                raise UnavailableError(
                    f"{self.name} was not ready after {deadline_s:.0f} s and was stopped. {self.why()}"
                )
            wait.tick()
            time.sleep(0.03)
        return wait.seconds

    def why(self, lines: int = 12) -> str:
        """The end of the log as a part of an error text."""
        last = tail(self.log, lines)
        return f"The end of {self.log}:\n{last}" if last else f"{self.log} is empty."

    def _order(self, order: bytes) -> None:
        if self._orders >= 0:
            with suppress(BrokenPipeError):  # it ended already
                os.write(self._orders, order)

    def _close(self) -> None:
        if self._orders >= 0:
            os.close(self._orders)
            self._orders = -1


def tail(log: Path, lines: int) -> str:
    """The last lines of a log file, '' when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _roll(log: Path) -> None:
    """A log that has grown over many starts makes room; one older file is kept."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_KEPT:
        log.replace(log.with_name(f"{log.name}.1"))

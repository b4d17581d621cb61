"""Runs one command and ends it, with everything it started, when the process that asked for it is gone.

    python -I -S guard.py PIPE_FD LOG_PATH COMMAND…

A program of its own with the standard library only: it must start in milliseconds and outlive whatever goes wrong in its parent.
It holds the read end of a pipe whose write end only the parent has. The kernel closes that end however the parent dies, kill -9
included; the guard then asks the command's process group to end, waits GRACE_S, and kills it. Bytes on the pipe are orders: `t` asks, `k` kills.

If the guard itself is killed, Linux kills the command (PR_SET_PDEATHSIG). That signal is tied to the parent *thread*: right here,
where the guard has only one, and wrong one step up, where the parent may start the guard from a thread that ends early.

Exit code: the command's, or 128 + the signal that ended it; 127 when it could not be started.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

GRACE_S = 5.0
"""Between asking a command to end and killing it."""
ORPHANS_S = 1.0
LOG_LIMIT = 16 << 20
"""Bytes of a log, after which its end is kept in `….1` and it starts anew."""
LOG_CHECK_S = 10.0
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
ASK, KILL, GONE = b"t", b"k", b""


def main() -> int:
    """Start the command, watch it, and return its exit code."""
    pipe, log, command = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    os.set_inheritable(pipe, False)
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if libc:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1)  # orphans of the command come to us and are reaped, not left as zombies
    wake = _wake_on_signals()
    child = _spawn(command, log, libc)
    code = _watch(child, pipe, wake, log)
    _signal(child, signal.SIGKILL)  # what the command itself left behind
    _reap_orphans()
    return code


def _wake_on_signals() -> int:
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write)
    for number in (signal.SIGCHLD, *ENDING):
        signal.signal(number, lambda *_: None)
    return read


def _spawn(command: list[str], log: Path, libc: ctypes.CDLL | None) -> int:
    guard = os.getpid()
    if child := os.fork():
        with suppress(OSError):  # both processes do it, so that neither has to wait for the other
            os.setpgid(child, child)
        return child
    try:
        _become(command, log, libc, guard)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    os._exit(127)


def _become(command: list[str], log: Path, libc: ctypes.CDLL | None, guard: int) -> None:
    os.setpgid(0, 0)
    if libc:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guard:  # it died before the line above
        os._exit(127)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, *ENDING):
        signal.signal(number, signal.SIG_DFL)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.execvp(command[0], command)  # noqa: S606 - starting a command without a shell is what this program is for


def _watch(child: int, pipe: int, wake: int, log: Path) -> int:
    """The command's exit code. Until it ends: obey the pipe and the signals, and keep the log short."""
    sources, kill_at = [pipe, wake], float("inf")
    while (code := _exit_code(child)) is None:
        left = kill_at - time.monotonic()
        order = _order(select.select(sources, [], [], max(0.0, min(left, LOG_CHECK_S)))[0], pipe, wake)
        if order == KILL or left <= 0:
            _signal(child, signal.SIGKILL)
        elif order in {ASK, GONE}:
            _signal(child, signal.SIGTERM)
        if order == GONE:
            sources, kill_at = [wake], time.monotonic() + GRACE_S  # a closed pipe would be readable for ever
        _shorten(log)
    return code


def _order(ready: list[int], pipe: int, wake: int) -> bytes | None:
    asked = wake in ready and not set(os.read(wake, 4096)).isdisjoint(ENDING)
    if pipe in ready:
        return os.read(pipe, 1)
    return ASK if asked else None


def _exit_code(child: int) -> int | None:
    """Reaps everything that ended; the command's own code once it is among them."""
    while True:
        ended, status = os.waitpid(-1, os.WNOHANG)
        if not ended:
            return None
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _signal(child: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        os.killpg(child, number)


def _reap_orphans() -> None:
    until = time.monotonic() + ORPHANS_S
    with suppress(ChildProcessError):
        while time.monotonic() < until:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.01)


def _shorten(log: Path) -> None:
    """Keep the last LOG_LIMIT bytes in `….1` once the log is longer. The command appends, so it goes on at the new end."""
    with suppress(OSError):
        if log.stat().st_size > LOG_LIMIT:
            log.with_name(f"{log.name}.1").write_bytes(log.read_bytes()[-LOG_LIMIT:])
            os.truncate(log, 0)


if __name__ == "__main__":
    sys.exit(main())

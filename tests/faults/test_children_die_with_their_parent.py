"""Real processes: a parent starts a child that starts a grandchild; whatever ends the parent, nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from pathlib import Path

# The child ignores SIGTERM in some cases, writes its own and its child's process id, and sleeps.
CHILD = """
import os, signal, subprocess, sys, time
if sys.argv[2] == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
other = subprocess.Popen(["sleep", "300"])
with open(sys.argv[1] + ".part", "w") as file:
    file.write(f"{os.getpid()} {other.pid}")
os.rename(sys.argv[1] + ".part", sys.argv[1])
time.sleep(300)
"""

PARENT = """
import sys, threading, time
from pathlib import Path
from pipeline.embedded.children import Child
command = [sys.executable, "-c", sys.argv[1], sys.argv[2], sys.argv[3]]
def start():
    global child
    child = Child("sleeper", command, Path(sys.argv[2] + ".log"))
thread = threading.Thread(target=start)
thread.start()
thread.join()
print(child.pid, flush=True)
time.sleep(300)
"""


class Family:
    """A parent with its guard, child and grandchild."""

    def __init__(self, folder: Path, manner: str) -> None:
        told = folder / "pids"
        self.parent = subprocess.Popen([sys.executable, "-c", PARENT, CHILD, str(told), manner], stdout=subprocess.PIPE)
        guard = int(self.parent.stdout.readline())
        wait_for(told.exists)
        self.guard, self.child, self.grandchild = (
            psutil.Process(pid) for pid in (guard, *map(int, told.read_text().split()))
        )

    def end(self) -> None:
        self.parent.kill()
        self.parent.wait()
        self.parent.stdout.close()


def wait_for(condition, seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def gone(*processes: psutil.Process):
    return lambda: not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


@pytest.fixture
def family(tmp_path):
    made = []

    def make(manner: str = "polite") -> Family:
        made.append(Family(tmp_path, manner))
        return made[-1]

    yield make
    for one in made:
        one.end()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGSEGV])
def test_child_and_grandchild_are_gone_after_the_parent_was_killed(family, how):
    one = family()
    os.kill(one.parent.pid, how)
    wait_for(gone(one.guard, one.child, one.grandchild))


def test_a_child_that_ignores_sigterm_is_killed_after_the_grace(family):
    one = family("stubborn")
    one.parent.kill()
    wait_for(gone(one.guard, one.child, one.grandchild))


def test_the_child_lives_on_when_only_the_thread_that_started_it_has_ended(family):
    one = family()
    time.sleep(0.5)
    assert one.child.is_running()
    assert one.grandchild.is_running()


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_the_child_is_gone_after_the_guard_itself_was_killed(family):
    one = family()
    one.guard.kill()
    wait_for(gone(one.child))
    one.grandchild.kill()


def test_all_end_when_the_guard_is_asked_to_end_as_a_service_manager_does(family):
    one = family()
    one.guard.terminate()
    wait_for(gone(one.guard, one.child, one.grandchild))

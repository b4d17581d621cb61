from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pytest

from pipeline.embedded import guard
from pipeline.embedded.children import Child, tail
from pipeline.errors import UnavailableError


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.fixture
def start(tmp_path):
    children = []

    def make(command: list[str], **options) -> Child:
        children.append(Child("Sample", command, tmp_path / "logs" / "sample.log", **options))
        return children[-1]

    yield make
    for child in children:
        child.stop(0)


def open_descriptors() -> set[Path]:
    return set(Path("/dev/fd").iterdir())


def ended(child: Child) -> int:
    while child.exit_code is None:
        time.sleep(0.01)
    return child.exit_code


def test_the_exit_code_is_the_commands_own(start):
    assert ended(start(python("import sys; sys.exit(7)"))) == 7


def test_a_command_ended_by_a_signal_shows_it_in_its_exit_code(start):
    assert ended(start(python("import os; os.kill(os.getpid(), 9)"))) == 137


def test_a_command_that_does_not_exist_says_so(start):
    child = start(["/no/such/program"])
    assert ended(child) == 127
    assert "/no/such/program: No such file or directory" in child.why()


def test_output_and_errors_go_to_the_log(start):
    child = start(python("import sys; print('out'); print('err', file=sys.stderr)"))
    ended(child)
    assert sorted(child.log.read_text().split()) == ["err", "out"]


def test_stop_asks_first(start, tmp_path):
    code = (
        "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(3)); print('up', flush=True); time.sleep(60)"
    )
    child = start(python(code))
    child.await_ready(lambda: child.log.read_text() == "up\n", 20)
    assert child.stop(20) == 3


def test_stop_kills_after_the_deadline_and_leaves_nothing(start):
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    child = start(python(code))
    child.await_ready(lambda: child.log.read_text() == "up\n", 20)
    family = [psutil.Process(child.pid), *psutil.Process(child.pid).children(recursive=True)]
    assert child.stop(0.2) == 137
    assert not any(process.is_running() for process in family)


def test_stop_may_be_called_again(start):
    child = start(python("pass"))
    assert child.stop() == child.stop()


def test_a_descriptor_to_keep_stays_open_in_the_command(start, tmp_path):
    with (tmp_path / "held").open("w") as file:
        code = f"import os; os.write({file.fileno()}, b'here')"
        assert ended(start(python(code), keep_fds=[file.fileno()])) == 0
    assert (tmp_path / "held").read_text() == "here"


def test_a_command_that_ends_while_starting_is_an_error_that_shows_its_log(start):
    child = start(python("print('no room'); raise SystemExit(4)"))
    with pytest.raises(UnavailableError, match=r"Sample ended with exit code 4 while it was starting(?s:.*)no room"):
        child.await_ready(lambda: False, 20)


def test_a_command_that_is_never_ready_is_stopped_and_the_error_shows_its_log(start):
    child = start(python("import time; print('busy', flush=True); time.sleep(60)"))
    with pytest.raises(UnavailableError, match=r"Sample was not ready after 1 s and was stopped(?s:.*)busy"):
        child.await_ready(lambda: False, 1)
    assert child.exit_code is not None


def test_the_wait_is_reported_with_its_seconds(start):
    told = []
    child = start(python("import time; time.sleep(60)"))
    child.await_ready(lambda: len(told) == 2, 20, lambda text, done: told.append((text, done)))
    assert told == [("Sample: starting …", None), ("Sample: starting … 1 s", None)]


def test_no_descriptor_is_left_open_when_the_guard_cannot_be_started(tmp_path):
    before = open_descriptors()
    with pytest.raises(ValueError, match="null byte"):
        Child("Sample", ["bad\0name"], tmp_path / "sample.log")
    assert open_descriptors() == before


def test_tail_of_a_log_that_does_not_exist_is_empty(tmp_path):
    assert tail(tmp_path / "none", 3) == ""


def test_a_log_that_has_grown_too_long_goes_on_in_a_short_file(tmp_path, monkeypatch):
    monkeypatch.setattr(guard, "LOG_LIMIT", 10)
    log = tmp_path / "sample.log"
    log.write_text("0123456789abc")
    guard._shorten(log)
    assert log.read_text() == ""
    assert (tmp_path / "sample.log.1").read_text() == "3456789abc"


def test_a_new_start_puts_a_long_log_aside(start, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.embedded.children.LOG_KEPT", 10)
    ended(start(python("print('first, a long line')")))
    ended(start(python("print('second')")))
    assert (tmp_path / "logs" / "sample.log").read_text() == "second\n"
    assert "first" in (tmp_path / "logs" / "sample.log.1").read_text()

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from pipeline.embedded import data_dir
from pipeline.embedded.data_dir import LOCK, STAMP, DataDir, clear_abandoned, require_space
from pipeline.errors import UnavailableError, UsageError

HOLDER = """
import sys, time
from pathlib import Path
from pipeline.embedded.data_dir import DataDir
with DataDir(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(300)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that has the folder."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "data")], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def stamped(folder, **changes) -> DataDir:
    """A folder as a stack left it, with some entries of its stamp changed."""
    with DataDir(folder) as mine:
        mine.stamp()
    stamp = json.loads((folder / STAMP).read_text())
    (folder / STAMP).write_text(json.dumps(stamp | changes))
    return DataDir(folder)


def cluster(folder, name) -> None:
    log = folder / "kafka" / "log"
    log.mkdir(parents=True, exist_ok=True)
    (log / "meta.properties").write_text(f"#comment\ncluster.id={name}\nversion=1\n")


def test_a_new_folder_is_made_with_its_parents(tmp_path):
    with DataDir(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").is_dir()


def test_a_folder_can_be_taken_again_after_it_was_left(tmp_path):
    for _ in range(2):
        with stamped(tmp_path / "data"):
            pass


def test_a_folder_in_use_is_refused_and_the_error_names_the_process(tmp_path, holder):
    with (
        pytest.raises(
            UnavailableError,
            match=rf"data is in use by process {holder.pid} \(.*: stop it, or name another folder with --data",
        ),
        DataDir(tmp_path / "data"),
    ):
        pass


def test_a_lock_left_by_a_killed_process_is_taken_over(tmp_path, holder):
    holder.kill()
    holder.wait()
    with DataDir(tmp_path / "data"):
        assert str(os.getpid()) in (tmp_path / "data" / LOCK).read_text()


def test_while_children_of_a_killed_stack_still_end_the_next_one_waits(tmp_path):
    folder, told = tmp_path / "data", []
    first = DataDir(folder)
    first.__enter__()
    # The child keeps the lock a little longer than the stack that started it.
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1.5)"], pass_fds=[first.lock_fd])
    (folder / LOCK).write_text(json.dumps([child.pid, 0.0]))  # nobody with this process id was born then
    first.__exit__()
    began = time.monotonic()
    with DataDir(folder, lambda text, _done: told.append(text)):
        assert time.monotonic() - began > 0.5
    assert told[0] == "waiting for the stack that was killed in data to end …"
    child.wait()


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with (
        pytest.raises(UsageError, match="holds files that are not ours: name a new or empty folder with --data"),
        DataDir(tmp_path),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_place_of_a_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file: name a folder"), DataDir(tmp_path / "file"):
        pass


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"layout": 99}, "written by a newer release of share-cascades"),
        ({"kafka": "99.0.0"}, r"was written by Kafka 99\.0\.0, which Kafka 4\.\d+\.\d+ cannot read"),
    ],
)
def test_a_folder_of_a_newer_version_is_refused(tmp_path, change, text):
    with pytest.raises(UsageError, match=text), stamped(tmp_path / "data", **change):
        pass


def test_a_folder_of_an_older_version_is_taken(tmp_path):
    with stamped(tmp_path / "data", kafka="4.0.0"):
        pass


@pytest.mark.parametrize("now", ["another", None])
def test_kafka_data_that_does_not_belong_to_clickhouses_rows_is_refused(tmp_path, now):
    folder = tmp_path / "data"
    cluster(folder, "first")
    (folder / LOCK).touch()
    again = stamped(folder)
    if now:
        cluster(folder, now)
    else:
        (folder / "kafka" / "log" / "meta.properties").unlink()
    with (
        pytest.raises(UsageError, match="is gone or is another cluster's, so its offsets do not fit ClickHouse's rows"),
        again,
    ):
        pass


def test_a_stamp_that_cannot_be_read_is_refused(tmp_path):
    again = stamped(tmp_path / "data")
    (tmp_path / "data" / STAMP).write_text("{")
    with pytest.raises(UsageError, match=r"stack\.json cannot be read"), again:
        pass


def test_a_refused_folder_is_not_left_locked(tmp_path):
    refused = stamped(tmp_path / "data", layout=99)
    with pytest.raises(UsageError), refused:
        pass
    (tmp_path / "data" / STAMP).unlink()
    with refused:
        pass


def test_too_little_room_on_the_disk_is_an_error_that_says_how_much_is_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(data_dir.shutil, "disk_usage", lambda _path: SimpleNamespace(free=312_000_000))
    with pytest.raises(
        UnavailableError, match=r"only 312 MB are free where .*new/deep lies, and 500 MB are needed: make room"
    ):
        require_space(tmp_path / "new" / "deep")


def test_what_a_killed_stack_left_goes_and_what_is_in_use_or_not_ours_stays(tmp_path, holder):
    held = tmp_path / "data"
    elsewhere = tmp_path / "elsewhere"
    for name in ("data-killed", "elsewhere"):
        with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / name)], stdout=subprocess.PIPE) as killed:
            assert killed.stdout.readline() == b"held\n"
            killed.kill()
    (tmp_path / "data-begins").mkdir()
    (tmp_path / "data-link").symlink_to(elsewhere)
    assert clear_abandoned(tmp_path, "data") == [tmp_path / "data-killed"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "data-begins", "data-link", "elsewhere"]
    assert (held / LOCK).exists()
    assert (elsewhere / LOCK).exists()


def test_a_folder_of_another_user_stays(tmp_path, monkeypatch):
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "data")], stdout=subprocess.PIPE) as killed:
        assert killed.stdout.readline() == b"held\n"
        killed.kill()
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    assert clear_abandoned(tmp_path, "data") == []
    monkeypatch.undo()
    assert clear_abandoned(tmp_path, "data") == [tmp_path / "data"]

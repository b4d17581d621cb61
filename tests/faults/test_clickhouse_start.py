"""What stands in the way of a start is said in one clear sentence, and a stop is orderly."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time

import psutil
import pytest
from support.clickhouse_http import ask

from pipeline.embedded import ports
from pipeline.embedded.clickhouse import EmbeddedClickHouse
from pipeline.embedded.clickhouse.folder import Folder
from pipeline.errors import UnavailableError, UsageError


def run(folder, port):
    command = [sys.executable, "-m", "pipeline.embedded.clickhouse", "--data", str(folder), "--port", str(port)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def assert_one_sentence(done, *words):
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def test_a_folder_that_another_process_has_is_named_with_its_owner(tmp_path):
    with EmbeddedClickHouse(tmp_path) as first:
        (owner,) = psutil.Process(first.pid).children()
        assert_one_sentence(
            run(tmp_path, ports.choose()), str(tmp_path), f"process {owner.pid}", "choose another folder"
        )
        with pytest.raises(UnavailableError, match="in use by process"):
            EmbeddedClickHouse(tmp_path).start()
        assert ask(first.url, "SELECT 1").body == b"1\n"


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert_one_sentence(run(tmp_path, port), f"127.0.0.1:{port}", "choose another")
        with pytest.raises(UnavailableError, match=str(port)):
            EmbeddedClickHouse(tmp_path, port).start()


def test_data_of_a_newer_engine_is_refused_before_it_is_touched(tmp_path):
    (tmp_path / "engine_version").write_text("99.1.2\n")
    assert_one_sentence(run(tmp_path, ports.choose()), "written by engine 99.1.2", "install that version")
    assert not (tmp_path / "engine").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    file = tmp_path / "a file"
    file.touch()
    assert_one_sentence(run(file, ports.choose()), str(file))


def test_secrets_of_other_parts_are_not_handed_to_it(tmp_path, monkeypatch):
    monkeypatch.setenv("CASCADES_CLICKHOUSE_PASSWORD", "hunter2")
    with EmbeddedClickHouse(tmp_path) as server:
        (engine,) = psutil.Process(server.pid).children()
        assert "hunter2" not in str(engine.environ())
        assert "PATH" in engine.environ()


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    import os

    few = os.statvfs_result((4096, 4096, 100, 10, 10, 100, 10, 10, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _path: few)
    with pytest.raises(UnavailableError, match="is full"), Folder(tmp_path):
        pass


def test_a_name_that_the_engine_would_misread_is_refused(tmp_path):
    with pytest.raises(UsageError, match="choose another name"), Folder(tmp_path / "what?"):
        pass


def test_data_that_is_damaged_is_a_sentence_and_no_traceback(tmp_path):
    with EmbeddedClickHouse(tmp_path) as server:
        ask(server.url, "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a")
    for file in (tmp_path / "engine" / "metadata").rglob("*.sql"):
        file.write_text("this is not SQL")
    assert_one_sentence(run(tmp_path, ports.choose()), "cannot open", str(tmp_path))


def test_it_starts_again_after_a_kill_with_its_data(tmp_path):
    server = EmbeddedClickHouse(tmp_path).start()
    ask(server.url, "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a")
    ask(server.url, "INSERT INTO t VALUES (1)")
    (engine,) = psutil.Process(server.pid).children()
    engine.send_signal(signal.SIGKILL)
    server.stop()
    with EmbeddedClickHouse(tmp_path) as again:
        assert ask(again.url, "SELECT a FROM t").body == b"1\n"


def test_an_insert_that_runs_is_finished_before_it_stops(tmp_path):
    server = EmbeddedClickHouse(tmp_path).start()
    ask(server.url, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
    slow = "INSERT INTO t SELECT number FROM numbers(20) WHERE sleepEachRow(0.1) = 0"
    answers = []
    insert = threading.Thread(target=lambda: answers.append(ask(server.url, slow, max_block_size=1)))
    insert.start()
    time.sleep(0.7)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 15
    insert.join()
    assert answers[0].status == 200
    with EmbeddedClickHouse(tmp_path) as again:
        assert ask(again.url, "SELECT count() FROM t").body == b"20\n"


def test_a_query_that_never_ends_does_not_keep_it_from_stopping(tmp_path):
    server = EmbeddedClickHouse(tmp_path).start()
    (engine,) = psutil.Process(server.pid).children()
    endless = threading.Thread(target=lambda: _ignoring(server.url))
    endless.start()
    time.sleep(0.7)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 18
    assert not engine.is_running()
    endless.join()


def _ignoring(url):
    import http.client
    from contextlib import suppress

    with suppress(OSError, http.client.HTTPException):
        ask(url, "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1")

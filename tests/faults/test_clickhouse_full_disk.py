"""A disk that fills up while rows are inserted: what was acknowledged is there, what was not is an error, and it goes on when there is room."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from support.clickhouse_http import ask

from pipeline.embedded.clickhouse import EmbeddedClickHouse

ROWS = 1000
NOT_ENOUGH_SPACE = 243
TABLE = "CREATE TABLE kept.t (n UInt64, noise String MATERIALIZED randomString(4000)) ENGINE = MergeTree ORDER BY n"


def insert(server, first):
    rows = "".join(f"{first + i}\n" for i in range(ROWS))
    return ask(server.url, rows, query="INSERT INTO kept.t FORMAT TSV")


def rows_of(server):
    return int(ask(server.url, "SELECT count() FROM kept.t WHERE NOT ignore(noise)").text)


@pytest.fixture
def small_disk():
    """A disk of its own, 256 MB; not below pytest's own folder, which could never be cleaned up again if this process were killed."""
    if sys.platform != "linux" or os.geteuid():
        pytest.skip("only root on Linux may mount a small disk")
    folder = Path(tempfile.mkdtemp(prefix="small-disk-"))
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256m", "none", folder], capture_output=True, check=False
    )
    if mount.returncode:
        folder.rmdir()
        pytest.skip(f"no small disk may be mounted here: {mount.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()


def fill(disk, leave):
    """Another program takes the disk, up to `leave` bytes."""
    left = os.statvfs(disk)
    with (disk / "ballast").open("ab") as ballast:
        ballast.write(bytes(max(0, left.f_bavail * left.f_frsize - leave)))


@pytest.mark.timeout(180)
def test_a_disk_that_fills_up_is_an_error_and_every_acknowledged_row_is_there(small_disk):
    fill(small_disk, 200 << 20)
    with EmbeddedClickHouse(small_disk / "data") as server:
        ask(server.url, "CREATE DATABASE kept")
        assert ask(server.url, TABLE).status == 200
        answers = [insert(server, block * ROWS) for block in range(50)]
        acknowledged = [answer for answer in answers if answer.status == 200]
        refused = [answer for answer in answers if answer.status != 200]
        assert acknowledged
        assert refused, "200 MB of noise do not fit"
        assert {answer.code for answer in refused} == {NOT_ENOUGH_SPACE}, refused[0].text
        assert rows_of(server) == ROWS * len(acknowledged)
        (small_disk / "ballast").unlink()
        assert insert(server, 1 << 40).status == 200
        told = ROWS * (len(acknowledged) + 1)
        assert rows_of(server) == told
    with EmbeddedClickHouse(small_disk / "data") as server:
        assert rows_of(server) == told


@pytest.mark.timeout(180)
@pytest.mark.parametrize("leave", [0, 300 << 10, 5 << 20])
def test_a_disk_that_others_have_filled_takes_no_rows_and_goes_on_when_they_leave(small_disk, leave):
    with EmbeddedClickHouse(small_disk / "data") as server:
        ask(server.url, "CREATE DATABASE kept")
        ask(server.url, TABLE)
        assert insert(server, 0).status == 200
        fill(small_disk, leave)
        for body in (b"1\n", b"1\n" * ROWS, b"1\n" * (1 << 20)):
            refused = ask(server.url, body, query="INSERT INTO kept.t FORMAT TSV")
            assert (refused.status, refused.code) == (500, NOT_ENOUGH_SPACE)
        assert ask(server.url, "INSERT INTO kept.t SELECT number FROM numbers(10)").code == NOT_ENOUGH_SPACE
        assert rows_of(server) == ROWS
        (small_disk / "ballast").unlink()
        assert insert(server, ROWS).status == 200
        assert rows_of(server) == 2 * ROWS


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are Linux's")
def test_data_that_cannot_be_kept_is_an_error_and_leaves_no_row(tmp_path):
    """Needs no rights: the engine's process may write no file beyond 1 MiB."""
    with EmbeddedClickHouse(tmp_path) as server:
        ask(server.url, "CREATE DATABASE kept")
        ask(server.url, "CREATE TABLE kept.t (n UInt64) ENGINE = MergeTree ORDER BY n")
        (engine,) = psutil.Process(server.pid).children()
        before = resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
        refused = ask(server.url, b"1\n" * (1 << 20), query="INSERT INTO kept.t FORMAT TSV")
        resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, before)
        assert (refused.status, refused.code) == (500, 75), refused.text
        assert ask(server.url, "SELECT count() FROM kept.t").text == "0\n"
        assert ask(server.url, b"1\n" * (1 << 20), query="INSERT INTO kept.t FORMAT TSV").status == 200

"""How an INSERT is told to take its data from a file."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from pipeline.embedded.clickhouse import room
from pipeline.embedded.clickhouse.errors import ServerError
from pipeline.embedded.clickhouse.spool import Spool, from_file, hide_place
from pipeline.embedded.clickhouse.statement import parse

SOURCE = "\nFROM INFILE '/f' COMPRESSION 'none'\n"


@pytest.mark.parametrize(
    ("sql", "before", "after"),
    [
        ("INSERT INTO t FORMAT CSV\n1", "INSERT INTO t ", ""),
        ("INSERT INTO t (a, b) SETTINGS x = 1 FORMAT CSV\n1", "INSERT INTO t (a, b) ", "SETTINGS x = 1 "),
        ("INSERT INTO settings SETTINGS x = 1 FORMAT CSV\n1", "INSERT INTO settings ", "SETTINGS x = 1 "),
        ("INSERT INTO db.settings (settings) FORMAT CSV\n1", "INSERT INTO db.settings (settings) ", ""),
        ("insert into t settings a=1,settings=2 VALUES (1)", "insert into t ", "settings a=1,settings=2 "),
        ("INSERT INTO t", "INSERT INTO t", ""),
        ("INSERT INTO t SETTINGS x = 1 ;", "INSERT INTO t ", "SETTINGS x = 1"),
        ("INSERT INTO t -- not SETTINGS", "INSERT INTO t", ""),
        ("INSERT INTO t -- SETTINGS\nFORMAT CSV\n1", "INSERT INTO t -- SETTINGS\n", ""),
    ],
)
def test_the_file_stands_before_the_settings_and_after_the_columns(sql, before, after):
    assert from_file(parse(sql.encode()), "/f", "CSV").decode() == f"{before}{SOURCE}{after}\nFORMAT CSV"


def test_the_file_has_no_name_and_goes_with_the_process(tmp_path):
    spool = Spool(tmp_path)
    spool.append(b"data")
    assert list(tmp_path.iterdir()) == []
    place = spool.insert(parse(b"INSERT INTO t"), "CSV").decode().split("'")[1]
    assert Path(place).read_bytes() == b"data"
    spool.close()
    spool.close()


def test_a_disk_that_is_full_is_clickhouses_error_and_closing_says_nothing_more(tmp_path):
    spool = Spool(tmp_path)
    spool._file.close()
    spool._file = Path("/dev/full").open("wb")  # noqa: SIM115 (the spool closes it)
    spool.append(b"data")
    with pytest.raises(ServerError, match="No space left on device") as raised:
        spool.insert(parse(b"INSERT INTO t"), "CSV")
    assert raised.value.code == 75
    spool.close()


def test_a_disk_with_little_room_takes_no_data(tmp_path, monkeypatch):
    spool = Spool(tmp_path)
    monkeypatch.setattr(room, "left", lambda _folder: room.KEEP_FREE_BYTES - 1)
    with pytest.raises(ServerError, match="63 MiB left, 64 MiB must stay free") as raised:
        spool.append(b"data")
    assert raised.value.code == 243
    spool.close()


def test_a_folder_without_room_for_a_file_is_the_same_error(tmp_path, monkeypatch):
    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pipeline.embedded.clickhouse.spool.TemporaryFile", full)
    with pytest.raises(ServerError, match="No space left on device"):
        Spool(tmp_path)


def test_errors_do_not_name_the_file():
    text = "Cannot parse input: (at row 2): (in file/uri /proc/self/fd/29): While executing CSVRowInputFormat: While executing File: data for INSERT was parsed from file."
    assert hide_place(text) == "Cannot parse input: (at row 2): While executing CSVRowInputFormat."

"""SET, USE and temporary tables last within a named session, and nowhere else."""

from __future__ import annotations

import threading
import time
from uuid import uuid4

import pytest
from support.clickhouse_http import ask


@pytest.fixture
def session(clickhouse):
    name = uuid4().hex

    def run(sql, **params):
        return ask(clickhouse.url, sql, session_id=name, **params)

    return run


def test_settings_the_database_and_temporary_tables_last(session):
    session("SET max_block_size = 13")
    session("USE system")
    session("CREATE TEMPORARY TABLE mine (a Int8)")
    session("INSERT INTO mine VALUES (1), (2)")
    assert (
        session("SELECT getSetting('max_block_size'), currentDatabase(), (SELECT sum(a) FROM mine)").text
        == "13\tsystem\t3\n"
    )


def test_parameters_of_one_request_do_not_last(session):
    session("SET max_block_size = 13")
    assert (
        session("SELECT getSetting('max_block_size'), currentDatabase()", max_block_size=14, database="system").text
        == "14\tsystem\n"
    )
    assert session("SELECT getSetting('max_block_size'), currentDatabase()").text == "13\tdefault\n"


def test_another_session_sees_nothing_of_it(clickhouse, session):
    session("CREATE TEMPORARY TABLE mine (a Int8)")
    assert ask(clickhouse.url, "SELECT * FROM mine", session_id=uuid4().hex).code == 60
    assert ask(clickhouse.url, "SELECT * FROM mine").code == 60


def test_a_session_that_must_exist_and_does_not_is_refused(session):
    assert session("SELECT 1", session_check=1).code == 372
    assert session("SELECT 1").status == 200
    assert session("SELECT 1", session_check=1).status == 200


def test_a_session_ends_after_its_timeout_or_when_the_client_says_so(session):
    session("SELECT 1", session_timeout=1)
    time.sleep(1.2)
    assert session("SELECT 1", session_check=1).code == 372
    session("SELECT 1")
    session("SELECT 1", close_session=1)
    assert session("SELECT 1", session_check=1).code == 372


def test_two_requests_at_once_in_one_session_are_refused(session):
    slow = threading.Thread(target=session, args=("SELECT sleep(2)",))
    slow.start()
    time.sleep(0.7)
    assert session("SELECT 1").code == 373
    slow.join()
    assert session("SELECT 1").status == 200


def test_an_error_leaves_the_session_usable(session):
    session("CREATE TEMPORARY TABLE mine (a Int8)")
    assert session("SELECT nope", max_block_size=3).code == 47
    assert session("INSERT INTO mine FORMAT CSV\nx\n").code in {6, 27, 72, 117}
    assert session("INSERT INTO mine VALUES (1)").status == 200
    assert session("SELECT a FROM mine").text == "1\n"


@pytest.mark.parametrize("dropped_by", ["another", "itself"])
def test_a_session_outlives_its_current_database(clickhouse, session, dropped_by):
    mine, other = f"t{uuid4().hex}", f"t{uuid4().hex}"
    for name in (mine, other):
        ask(clickhouse.url, f"CREATE DATABASE {name}")
    session(f"USE {mine}")
    session("SET max_block_size = 13")
    drop = f"DROP DATABASE {mine}"
    dropped = ask(clickhouse.url, drop) if dropped_by == "another" else session(drop, database=other)
    assert dropped.status == 200
    asked = session("SELECT currentDatabase(), getSetting('max_block_size')", database=other)
    assert (asked.code, asked.text) == (0, f"{other}\t13\n")
    assert session("SELECT currentDatabase()", session_check=1).text == "default\n"
    assert session(f"USE {mine}").code == 81
    ask(clickhouse.url, f"DROP DATABASE {other}")

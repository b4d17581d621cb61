"""Who may only read cannot change anything, whatever settings are sent along."""

from __future__ import annotations

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from support.clickhouse_http import ask

from pipeline.embedded.clickhouse import EmbeddedClickHouse

CHANGES = [
    "INSERT INTO t VALUES (2)",
    "INSERT INTO t SELECT 2",
    "INSERT INTO t FORMAT CSV\n2\n",
    "CREATE TABLE u (a Int8) ENGINE = Memory",
    "CREATE DATABASE u",
    "ALTER TABLE t ADD COLUMN b Int8",
    "ALTER TABLE t DELETE WHERE 1",
    "DROP TABLE t",
    "TRUNCATE TABLE t",
    "OPTIMIZE TABLE t FINAL",
    "RENAME TABLE t TO u",
    "SET readonly = 0",
    "SELECT 1 SETTINGS readonly = 0",
    "INSERT INTO t SETTINGS readonly = 0 VALUES (2)",
]
WAYS = [
    {},
    {"params": {"readonly": 0}},
    {"params": {"readonly": 1}},
    {"params": {"session_id": "reader"}},
    {"params": {"session_id": "reader", "readonly": 0}},
    {"params": {"allow_ddl": 1}},
]


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """A server that was started read-only on data that is there."""
    folder = tmp_path_factory.mktemp("read-only")
    with EmbeddedClickHouse(folder) as open_one:
        ask(open_one.url, "CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a")
        ask(open_one.url, "INSERT INTO t VALUES (1)")
    with EmbeddedClickHouse(folder, read_only=True) as server:
        yield server.url


@pytest.fixture
def as_reader(clickhouse, database):
    database.command("CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a")
    database.command("INSERT INTO t VALUES (1)")
    return {"database": database.database, "user": "reader"}


@pytest.mark.parametrize("sql", CHANGES)
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_the_reader_changes_nothing(clickhouse, as_reader, sql, way):
    params = as_reader | way.get("params", {})
    if "session_id" in params:  # a session outlives the test, its database does not
        params["session_id"] = as_reader["database"]
    refused = ask(clickhouse.url, sql, **params)
    assert refused.code == 164, refused.text
    assert ask(clickhouse.url, "SELECT a FROM t", **as_reader).text == "1\n"


@pytest.mark.parametrize("sql", CHANGES)
@pytest.mark.parametrize("user", ["default", "reader"])
def test_a_read_only_server_changes_nothing_for_anybody(closed, sql, user):
    for params in ({}, {"readonly": 0}, {"session_id": user}):
        assert ask(closed, sql, user=user, **params).code == 164
    assert ask(closed, "SELECT a FROM t").text == "1\n"


def test_the_reader_reads_with_settings_and_sessions(clickhouse, as_reader):
    assert ask(clickhouse.url, "SELECT getSetting('max_block_size')", max_block_size=9, **as_reader).text == "9\n"
    for _ in range(2):
        assert ask(clickhouse.url, "SELECT a FROM t", session_id="again", **as_reader).text == "1\n"


def test_clickhouse_connect_reads_as_the_reader(clickhouse, as_reader):
    with clickhouse_connect.get_client(
        dsn=clickhouse.url, username="reader", password="x", database=as_reader["database"]
    ) as client:
        assert client.query("SELECT a FROM t").result_rows == [(1,)]
        with pytest.raises(DatabaseError) as refused:
            client.insert("t", [[2]], column_names=["a"])
        assert refused.value.code == 164


def test_sessions_of_two_users_are_two(clickhouse, as_reader):
    assert ask(clickhouse.url, "SET max_block_size = 11", session_id="same").status == 200
    assert ask(clickhouse.url, "SELECT getSetting('max_block_size')", session_id="same", **as_reader).text != "11\n"

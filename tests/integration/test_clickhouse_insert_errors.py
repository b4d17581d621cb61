"""An insert whose rows cannot be written is never acknowledged: every error of the writing itself reaches the client."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from support.clickhouse_http import ask

VIOLATED_CONSTRAINT, THROWN = 469, 395


@pytest.fixture
def table(database):
    database.command(
        "CREATE TABLE t (n UInt64, s String, CONSTRAINT small CHECK n < 5000000) ENGINE = MergeTree ORDER BY n"
    )
    return {"database": database.database}


def count(database, table="t"):
    return database.query(f"SELECT count() FROM {table}").result_rows[0][0]


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("INSERT INTO t FORMAT CSV", b"1,a\n5000000,b\n"),
        ("INSERT INTO t (s, n) FORMAT TSV", b"a\t1\nb\t5000000\n"),
        ("INSERT INTO t VALUES (1, 'a')", b", (5000000, 'b')"),
        ("INSERT INTO t (* EXCEPT(s)) SETTINGS max_threads = 1 FORMAT TSV", b"1\n5000000\n"),
        ("INSERT INTO t SETTINGS async_insert = 1, wait_for_async_insert = 1 FORMAT CSV", b"1,a\n5000000,b\n"),
        ("INSERT INTO t SELECT n, s FROM input('n UInt64, s String') FORMAT CSV", b"1,a\n5000000,b\n"),
    ],
)
def test_a_violated_constraint_answers_its_code_and_leaves_no_row(clickhouse, database, table, query, body):
    refused = ask(clickhouse.url, body, query=query, **table)
    assert (refused.status, refused.code) == (500, VIOLATED_CONSTRAINT)
    assert "is violated" in refused.text
    assert "/fd/" not in refused.text
    assert count(database) == 0


def test_a_client_library_hears_of_it_in_its_own_way(database, table):
    with pytest.raises(DatabaseError, match="small") as raised:
        database.insert("t", [[1, "a"], [5_000_000, "b"]], column_names=["n", "s"])
    assert raised.value.code == VIOLATED_CONSTRAINT
    database.insert("t", [[1, "a"]], column_names=["n", "s"])
    assert count(database) == 1


def test_a_session_is_as_good_as_before_after_such_an_error(clickhouse, table):
    session = {"session_id": uuid4().hex, **table}
    assert (
        ask(clickhouse.url, "CREATE TEMPORARY TABLE mine (a UInt8, CONSTRAINT one CHECK a = 1)", **session).status
        == 200
    )
    assert ask(clickhouse.url, "INSERT INTO mine FORMAT CSV\n1\n2\n", **session).code == VIOLATED_CONSTRAINT
    assert ask(clickhouse.url, "INSERT INTO mine FORMAT CSV\n1\n1\n", **session).status == 200
    assert ask(clickhouse.url, "SELECT count() FROM mine", **session).text == "2\n"


def test_an_error_in_the_last_of_many_blocks_is_an_error(clickhouse, database, table):
    rows = (b"".join(b"%d,x\n" % n for n in range(start, start + 100_000)) for start in range(0, 3_000_000, 100_000))
    with_a_bad_end = iter([*rows, b"5000000,x\n"])
    refused = ask(
        clickhouse.url, with_a_bad_end, query="INSERT INTO t FORMAT CSV", max_insert_block_size=500_000, **table
    )
    assert refused.code == VIOLATED_CONSTRAINT
    assert count(database) < 3_000_000, "the block with the bad row is not there"


def test_an_error_in_a_view_behind_the_table_is_an_error_of_the_insert(clickhouse, database, table):
    database.command("CREATE TABLE behind (n UInt64) ENGINE = MergeTree ORDER BY n")
    database.command("CREATE MATERIALIZED VIEW mv TO behind AS SELECT n + throwIf(n = 7) AS n FROM t")
    assert ask(clickhouse.url, "INSERT INTO t FORMAT CSV\n7,x\n", **table).code == THROWN
    assert count(database, "behind") == 0
    assert ask(clickhouse.url, "INSERT INTO t FORMAT CSV\n6,x\n", **table).status == 200
    assert count(database, "behind") == 1


def test_defaults_and_computed_columns_are_as_clickhouse_makes_them(clickhouse, database, table):
    columns = "n UInt8, d String DEFAULT concat('d', toString(n)), m String MATERIALIZED upper(d), a String ALIAS lower(d), e UInt8 EPHEMERAL, f UInt8 DEFAULT e + 1"
    database.command(f"CREATE TABLE made ({columns}) ENGINE = MergeTree ORDER BY n")
    assert (
        ask(clickhouse.url, 'INSERT INTO made (n, e) FORMAT JSONEachRow\n{"n":1,"e":3}\n{"n":2}', **table).status == 200
    )
    assert (
        ask(clickhouse.url, 'INSERT INTO made (n, d) FORMAT JSONEachRow\n{"n":3,"d":"x"}\n{"n":4}', **table).status
        == 200
    )
    assert database.query("SELECT n, d, m, a, f FROM made ORDER BY n").result_rows == [
        (1, "d1", "D1", "d1", 4), (2, "d2", "D2", "d2", 1), (3, "x", "X", "x", 1), (4, "d4", "D4", "d4", 1),
    ]  # fmt: skip


def test_a_deduplication_token_holds_across_requests(clickhouse, database, table):
    database.command(
        "CREATE TABLE once (n UInt8) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100"
    )
    for token, rows in (("a", 1), ("a", 1), ("b", 2)):
        sent = ask(clickhouse.url, "INSERT INTO once FORMAT CSV\n1\n", insert_deduplication_token=token, **table)
        assert sent.status == 200
        assert count(database, "once") == rows


def test_a_body_that_breaks_off_leaves_no_row(clickhouse, database, table):
    address = urlsplit(clickhouse.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.putrequest("POST", f"/?database={table['database']}&query=INSERT%20INTO%20t%20FORMAT%20CSV")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders(b"1,a\n2,b\n" * 1000)
    connection.close()
    assert ask(clickhouse.url, "INSERT INTO t FORMAT CSV\n3,c\n", **table).status == 200
    assert count(database) == 1

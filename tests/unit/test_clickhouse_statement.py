"""A request's bytes are split into one statement and its data."""

from __future__ import annotations

import pytest

from pipeline.embedded.clickhouse.errors import ServerError
from pipeline.embedded.clickhouse.statement import Shape, parse


@pytest.mark.parametrize(
    ("sql", "data"),
    [
        (b"INSERT INTO t FORMAT Native\n\n\x01", b"\n\x01"),
        (b"INSERT INTO t FORMAT Native\r\n\x01", b"\x01"),
        (b"INSERT INTO t FORMAT CSV  \n1,2\n", b"1,2\n"),
        (b'INSERT INTO t FORMAT JSONEachRow {"a":1}', b'{"a":1}'),
        (b"INSERT INTO t FORMAT CSV", b""),
        (b"INSERT INTO t (a, b) VALUES (1, 2)", b" (1, 2)"),
        (b"insert into t settings async_insert=0 format Native\n'\"`/*", b"'\"`/*"),
        (b"INSERT INTO TABLE db.values (format) FORMAT TSV\n1", b"1"),
        (b"INSERT INTO `format` /* FORMAT CSV */ FORMAT TSV\n1", b"1"),
        (b"INSERT INTO {t:Identifier} FORMAT TSV\n1", b"1"),
        (b"INSERT INTO FUNCTION null('a Int8') FORMAT TSV\n1", b"1"),
    ],
)
def test_data_begins_after_exactly_one_newline(sql, data):
    statement = parse(sql)
    assert statement.shape is Shape.INSERT
    assert sql[statement.data_start :] == data
    assert b"FORMAT" not in statement.sql.replace(b"`format` /* FORMAT CSV */", b"").upper().replace(b"(FORMAT)", b"")


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        ("SELECT 1", Shape.STREAM),
        ("(SELECT 1) UNION ALL (SELECT 2)", Shape.STREAM),
        ("WITH 1 AS x SELECT x", Shape.STREAM),
        ("FROM t SELECT a", Shape.STREAM),
        ("WITH 1 AS x INSERT INTO t SELECT x", Shape.WHOLE),
        ("INSERT INTO t SELECT 1", Shape.WHOLE),
        ("INSERT INTO t WITH 1 AS x SELECT x", Shape.WHOLE),
        ("INSERT INTO t (SELECT 1)", Shape.WHOLE),
        ("INSERT INTO t SELECT a FROM input('a Int8') FORMAT CSV\n1", Shape.INSERT_SELECT_INPUT),
        ("SHOW TABLES", Shape.WHOLE),
        ("CREATE TABLE t (a Int8) ENGINE = Memory", Shape.WHOLE),
    ],
)
def test_the_shape_says_how_it_is_run(sql, shape):
    assert parse(sql.encode()).shape is shape


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("SELECT 1 FORMAT JSON", "JSON"),
        ("SELECT 1 FORMAT JSON;", "JSON"),
        ("SELECT 1 FORMAT JSON SETTINGS max_threads = 1", "JSON"),
        ("SELECT 1 FORMAT /* x */ `CSV` -- y", "CSV"),
        ("SELECT format FROM t", None),
        ("SELECT format FROM t ORDER BY format DESC", None),
        ("SELECT 'FORMAT JSON'", None),
    ],
)
def test_the_format_is_the_one_that_the_statement_names(sql, name):
    assert parse(sql.encode()).format == name


def test_only_what_cannot_write_counts_as_reading():
    assert parse(b"SELECT 1").reads
    assert parse(b"EXPLAIN SELECT 1").reads
    assert not parse(b"WITH 1 AS x INSERT INTO t SELECT x").reads
    assert not parse(b"SET max_threads = 1").reads
    assert not parse(b"DROP TABLE t").reads


@pytest.mark.parametrize(
    "sql",
    [
        b"",
        b"  -- nothing",
        b";",
        b"SELECT 1; SELECT 2",
        b"DROP TABLE a;DROP TABLE b",
        b"INSERT INTO t SELECT 1; SELECT 2",
    ],
)
def test_none_or_several_statements_are_a_syntax_error(sql):
    with pytest.raises(ServerError) as refused:
        parse(sql)
    assert refused.value.code == 62


def test_semicolons_at_the_end_are_nothing():
    assert parse(b"SELECT 1;; -- end").shape is Shape.STREAM

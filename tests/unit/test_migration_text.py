"""From a migration's file to statements."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Settings
from pipeline.errors import UsageError
from pipeline.sinks.migrations import load
from pipeline.sinks.render import render, split

ONE = Settings(clickhouse_database="db", clickhouse_cluster="", retention_days=0)
CLUSTER = Settings(clickhouse_database="db", clickhouse_cluster="main", retention_days=30)
REPEATABLE = (
    "CREATE TABLE IF NOT EXISTS db.",
    "CREATE OR REPLACE VIEW db.",
    "ALTER TABLE db.",
    "CREATE MATERIALIZED VIEW IF NOT EXISTS db.",
    "INSERT INTO db.act_names",  # of rows with one key one stands; replicas get it from each other
)
TABLE = """CREATE TABLE {database}.t {on_cluster}
(
    a String
)
ENGINE = {engine:ReplacingMergeTree(version)}
ORDER BY a
{ttl:arrived}
COMMENT 'x'"""


def test_on_one_server_engine_is_plain_and_empty_placeholders_leave_no_trace():
    assert render(TABLE, ONE) == (
        "CREATE TABLE db.t\n(\n    a String\n)\nENGINE = ReplacingMergeTree(version)\nORDER BY a\nCOMMENT 'x'"
    )


def test_on_a_cluster_the_same_file_makes_replicated_tables_everywhere():
    rendered = render(TABLE, CLUSTER)
    assert "db.t ON CLUSTER 'main'\n" in rendered
    assert "ENGINE = ReplicatedReplacingMergeTree(version)\n" in rendered
    assert "\nTTL arrived + toIntervalDay(30)\n" in rendered


def test_an_unknown_placeholder_is_refused():
    with pytest.raises(UsageError, match=r"unknown placeholder \{table\}"):
        render("SELECT * FROM {table}", ONE)


@pytest.mark.parametrize("migration", load(), ids=lambda migration: migration.name)
@pytest.mark.parametrize("settings", [ONE, CLUSTER], ids=["one", "cluster"])
def test_a_shipped_migration_is_repeatable_statements_that_reach_every_server(migration, settings):
    statements = split(render(migration.template, settings))
    assert statements
    for statement in statements:
        code = "\n".join(line for line in statement.splitlines() if not line.startswith("--"))
        assert code.startswith(REPEATABLE)
        assert code.count("ADD COLUMN ") == code.count("ADD COLUMN IF NOT EXISTS ")
        assert ("ON CLUSTER 'main'" in code) == (settings is CLUSTER and not code.startswith("INSERT"))
        assert "{" not in statement


def test_statements_are_cut_at_semicolons_that_are_code():
    sql = """-- first; of all
    CREATE TABLE a (`x;y` String COMMENT 'it''s; \\'so\\'') /* no; cut */;
    ; -- only a comment; here
    INSERT INTO "b;c" VALUES ($tag$;$tag$)"""
    assert split(sql) == [
        "-- first; of all\n    CREATE TABLE a (`x;y` String COMMENT 'it''s; \\'so\\'') /* no; cut */",
        '-- only a comment; here\n    INSERT INTO "b;c" VALUES ($tag$;$tag$)',
    ]


@pytest.mark.parametrize("sql", ["", " \n", ";;", "-- nothing\n", "/* nothing */;"])
def test_nothing_but_comments_is_no_statement(sql):
    assert split(sql) == []


@pytest.mark.parametrize("sql", ["SELECT 'a; SELECT 2", "SELECT `a; SELECT 2", 'SELECT "a\\"; SELECT 2'])
def test_a_quote_that_is_not_closed_is_refused(sql):
    with pytest.raises(UsageError, match="quote that is not closed"):
        split(sql)


quoted = st.text(alphabet="ab;-/*$'\\\n", max_size=8).map(
    lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
)
words = st.text(alphabet="ab (),-/*$1", max_size=6).filter(
    lambda text: not any(mark in text for mark in ("--", "/*", "$"))
)


@given(st.lists(st.lists(words | quoted, min_size=1, max_size=5).map(lambda parts: "SELECT " + " ".join(parts))))
def test_joining_statements_and_cutting_them_again_gives_the_same_ones(statements):
    assert split(";\n".join(statements)) == [statement.strip() for statement in statements]


def put(folder, *names):
    for name in names:
        (folder / name).write_text("SELECT 1")
    return folder


def test_files_are_read_in_the_order_of_their_numbers(tmp_path):
    put(tmp_path, "0020_b.sql", "0001_a.sql", "README.md")
    assert [(one.number, one.name) for one in load(tmp_path)] == [(1, "0001_a"), (20, "0020_b")]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["0001_a.sql", "0001_b.sql"], "0001_b has none"),
        (["0000_a.sql"], "0000_a has none"),
        (["1_a.sql"], "1_a.sql is not named NNNN_name.sql"),
    ],
)
def test_a_repeated_number_and_an_odd_name_are_refused(tmp_path, names, words):
    with pytest.raises(UsageError, match=words):
        load(put(tmp_path, *names))


def test_the_checksum_is_of_the_text_whatever_the_line_ends(tmp_path):
    (tmp_path / "0001_a.sql").write_bytes(b"SELECT\r\n1\r\n")
    windows = load(tmp_path)[0].checksum
    (tmp_path / "0001_a.sql").write_bytes(b"SELECT\n1\n")
    assert load(tmp_path)[0].checksum == windows
    (tmp_path / "0001_a.sql").write_bytes(b"SELECT\n2\n")
    assert load(tmp_path)[0].checksum != windows

"""`cascades query` on a real engine: what a person sees."""

from __future__ import annotations

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError
from typer.testing import CliRunner

from pipeline import cli
from pipeline.commands import live, status
from pipeline.commands import settings as command_settings


@pytest.fixture
def query(clickhouse):
    def run(sql: str, *options: str):
        command_settings.load.cache_clear()
        env = {
            "CASCADES_CLICKHOUSE_URL": clickhouse.url,
            "CASCADES_CLICKHOUSE_DATABASE": "default",
            "COLUMNS": "80",
            "NO_COLOR": "1",
            "TERM": "dumb",
        }
        return CliRunner().invoke(cli.app, ["query", sql, *options], env=env)

    yield run
    command_settings.load.cache_clear()


def test_a_few_columns_are_a_table(query):
    shown = query("SELECT 7 AS seven, 'x' AS name")
    assert shown.exit_code == 0
    assert "┃ seven ┃" in shown.output
    assert "1 row(s)" in shown.output


def test_more_columns_than_fit_are_shown_one_value_a_line(query):
    names = [f"column_{number}" for number in range(40)]
    shown = query("SELECT " + ", ".join(f"{number} AS {name}" for number, name in enumerate(names)))
    lines = [line.split() for line in shown.output.splitlines()]
    for number, name in enumerate(names):
        assert [name, str(number)] in lines


def test_a_statement_without_a_result_says_done(query):
    table = "CREATE TABLE IF NOT EXISTS q_done (a UInt8) ENGINE = Memory"
    for sql in (table, "INSERT INTO q_done SELECT 1", "INSERT INTO q_done VALUES (1)", "DROP TABLE q_done"):
        shown = query(sql)
        assert (shown.exit_code, shown.output.strip()) == (0, "done")


def test_a_format_inside_of_the_statement_is_refused_with_the_option_to_use(query):
    shown = query("SELECT 1 FORMAT JSON")
    assert shown.exit_code == 2
    assert "--format" in shown.output
    assert query("SELECT format FROM (SELECT 1 AS format) ORDER BY format DESC").exit_code == 0


def test_a_query_that_clickhouse_refuses_ends_neither_the_demo_nor_the_status(clickhouse, monkeypatch, capsys):
    settings = clickhouse.settings(clickhouse_database="default")  # without our tables
    assert live.look(settings) is None

    def refused(_):
        raise ClickHouseError("Code: 60. no such table")

    assert status._try(refused, settings) is False
    assert "no such table" in capsys.readouterr().err

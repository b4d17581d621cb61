"""A database of its own for one test, on whatever ClickHouse the settings name."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from pipeline.clickhouse import client
from pipeline.sinks.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clickhouse_connect.driver.client import Client

    from pipeline.config import Settings

OF_THE_SCHEMA = ("owned_accounts", "schema_migrations")
"""Tables that a migration fills."""
_idle: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
"""Names of empty migrated databases, with what their schema is, by the settings that they were made with."""


@contextmanager
def fresh_database(base: Settings, *, migrated: bool = True) -> Iterator[tuple[Settings, Client]]:
    """Settings that name a database without rows, and a client for it.

    Migrations take a second: a database whose schema the test left as it was is emptied and serves the next test of this process. Others are
    dropped at the end.
    """
    free = _idle[base.model_dump_json(exclude={"clickhouse_database"})] if migrated else []
    name, schema = free.pop() if free else (f"t{uuid4().hex}", "")
    settings = base.model_copy(update={"clickhouse_database": name})
    connection = client(settings, database="")
    try:
        if migrated and not schema:
            migrate(connection, settings)
            schema = _schema(connection, name)
        yield settings, connection
    finally:
        if migrated and schema and _schema(connection, name) == schema:
            _empty(connection, name)
            free.append((name, schema))
        else:
            connection.command(f"DROP DATABASE IF EXISTS {name}")
        connection.close()


def _schema(connection: Client, database: str) -> str:
    made = connection.query(
        "SELECT name, create_table_query FROM system.tables WHERE database = {database:String} ORDER BY name",
        {"database": database},
    ).result_rows
    there = {name for name, _ in made}
    kept = [
        connection.query(f"SELECT * FROM {database}.{table} ORDER BY ALL").result_rows
        for table in OF_THE_SCHEMA
        if table in there
    ]
    return repr((made, kept))


def _empty(connection: Client, database: str) -> None:
    tables = connection.query(
        "SELECT name FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree'",
        {"database": database},
    ).result_rows
    for (table,) in tables:
        if table not in OF_THE_SCHEMA:
            connection.command(f"TRUNCATE TABLE {database}.{table}")

"""A database of its own for one test, on whatever ClickHouse the settings name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from pipeline.clickhouse import client
from pipeline.sinks.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clickhouse_connect.driver.client import Client

    from pipeline.config import Settings


@contextmanager
def fresh_database(base: Settings, *, migrated: bool = True) -> Iterator[tuple[Settings, Client]]:
    """Settings that name a new database, and a client for it; dropped at the end."""
    settings = base.model_copy(update={"clickhouse_database": f"t{uuid4().hex}"})
    connection = client(settings, database="")
    try:
        if migrated:
            migrate(connection, settings)
        yield settings, connection
    finally:
        connection.command(f"DROP DATABASE IF EXISTS {settings.clickhouse_database}")
        connection.close()

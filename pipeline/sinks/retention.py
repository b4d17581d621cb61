"""Retention: rows are dropped `retention_days` after they arrived in ClickHouse, so an imported archive stays as long as live data.

A table is made with the retention of that day; here a later change of the setting is brought to tables that exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.sinks.errors import classified
from pipeline.sinks.render import on_cluster, ttl
from schemas.rows import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clickhouse_connect.driver.client import Client

    from pipeline.config import Settings

ARRIVAL = "inserted_at"
"""The column that retention counts from."""
NAMES = "act_names"
"""Filled by ClickHouse itself, from `events`."""


def retention_changes(client: Client, settings: Settings) -> Iterator[str]:
    """The statements that bring the TTL of the existing tables to the setting; none when all agree."""
    for table, engine in sorted(_engines(client, settings).items()):
        wanted = f" TTL {ttl(ARRIVAL, settings)} " if settings.retention_days else ""
        if (" TTL " in engine) != bool(wanted) or wanted not in f"{engine} ":
            change = f"MODIFY TTL {ttl(ARRIVAL, settings)}" if wanted else "REMOVE TTL"
            yield " ".join(
                f"ALTER TABLE {settings.clickhouse_database}.{table} {on_cluster(settings)} {change}".split()
            )


def _engines(client: Client, settings: Settings) -> dict[str, str]:
    """Engine clause (with its TTL) by table, of the tables that exist."""
    with classified():
        rows = client.query(
            "SELECT name, engine_full FROM system.tables WHERE database = {database:String} AND name IN {tables:Array(String)}",
            {"database": settings.clickhouse_database, "tables": [*TABLES, NAMES]},
        ).result_rows
    return {name: engine for name, engine in rows}  # noqa: C416 (dict(rows) would not tell what a row holds)

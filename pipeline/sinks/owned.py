"""The accounts that campaigns own: a setting, brought into table `owned_accounts` so that views can ask for it.

What the setting no longer names stays as a row that says so: the latest row of an account stands, whoever wrote it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.sinks.errors import classified

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clickhouse_connect.driver.client import Client

    from pipeline.config import Settings

TABLE = "owned_accounts"
Owned = tuple[str, str, str]
"""Campaign, platform, actor."""


def owned_changes(client: Client, settings: Settings) -> Iterator[str]:
    """The statement that brings the table to the setting; none when both agree. Raises SinkError when ClickHouse does not answer."""
    wanted, there = _wanted(settings), _there(client, settings)
    rows = [(*one, one in wanted) for one in sorted(wanted ^ there)]
    if rows:
        values = ", ".join(f"({', '.join(map(_quoted, row[:3]))}, {str(row[3]).lower()})" for row in rows)
        yield f"INSERT INTO {settings.clickhouse_database}.{TABLE} (campaign_id, platform, actor_id, owned) VALUES {values}"


def _wanted(settings: Settings) -> set[Owned]:
    named = ((campaign, account) for campaign, accounts in settings.owned_accounts.items() for account in accounts)
    return {(campaign, *_parts(account)) for campaign, account in named}


def _parts(account: str) -> tuple[str, str]:
    platform, _, actor = account.partition(":")
    return platform, actor


def _there(client: Client, settings: Settings) -> set[Owned]:
    database = settings.clickhouse_database
    with classified():
        made = client.query(
            "SELECT 1 FROM system.tables WHERE database = {database:String} AND name = {table:String}",
            {"database": database, "table": TABLE},
        ).result_rows
        if not made:
            return set()
        found = client.query(f"SELECT campaign_id, platform, actor_id FROM {database}.{TABLE} FINAL WHERE owned")
    return {(campaign, platform, actor) for campaign, platform, actor in found.result_rows}


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

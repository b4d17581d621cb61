"""Views that look at the clock, at another time than now."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from support.sink_rows import view

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


def content_at(client: Client, database: str, second: int, columns: str = "*") -> list[dict[str, Any]]:
    """`v_content` by its own text, with a time put in the place of the clock."""
    (text,) = client.query(f"SHOW CREATE VIEW {database}.v_content").first_row
    select = re.split(r"\bAS\s+(?=WITH\b)", text, maxsplit=1)[1].split("\nCOMMENT ")[0]
    assert "now('UTC')" in select
    select = select.replace("now('UTC')", f"toDateTime({second}, 'UTC')")
    return view(client, f"SELECT {columns} FROM ({select})")

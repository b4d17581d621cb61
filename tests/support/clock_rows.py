"""Clock figures in ClickHouse, as a worker writes them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from schemas.clock_rows import ClockRow

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

HALF_HOUR_OLD = {
    "velocity_5m": 3.4, "velocity_1h": 1.2, "acceleration": 1.4, "doubling_s": 720.0, "live_r": 0.8, "z": 9.0, "expected_shares": 12.0,
    "viral_score": 6.44, "predicted_size": 2104.0, "predicted_low": 1300.0, "predicted_high": 3400.0, "accelerating": False, "half_s": 720.0,
    "ninety_s": 178_200.0, "label": "mixed", "state": "viral", "severity": 8,
}  # fmt: skip


def figured(client: Client, content: str, **changes: object) -> None:
    """Write a content's figures as of now; -1 is what is not known."""
    told = {"content_id": content, "evaluated_at": datetime.now(UTC), "version": time.time_ns() // 1000}
    row = ClockRow.model_validate(HALF_HOUR_OLD | told | changes).model_dump()
    client.insert("content_clock", [list(row.values())], column_names=list(row))

"""Alerts in ClickHouse, as a worker writes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from schemas.clock_rows import AlertRow

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from schemas.alert import Alert

_OPEN = datetime(1970, 1, 1, tzinfo=UTC)


def tell(client: Client, *alerts: Alert) -> None:
    """Write them."""
    names = list(AlertRow.model_fields)
    rows = [[_row(alert).model_dump()[name] for name in names] for alert in alerts]
    client.insert("alerts", rows, column_names=names)


def _row(alert: Alert) -> AlertRow:
    told = alert.model_dump(include=AlertRow.model_fields.keys() & type(alert).model_fields.keys())
    return AlertRow(
        **told
        | {
            "campaign_id": alert.campaign_id or "",
            "closed_at": alert.closed_at or _OPEN,
            "evidence": {name: str(value) for name, value in alert.evidence.items()},
            "top_spreaders": json.dumps([who.model_dump() for who in alert.top_spreaders]),
            "page": alert.links.page or "",
            "dashboard": alert.links.dashboard or "",
            "version": int(alert.at.timestamp() * 1e6),
        }
    )

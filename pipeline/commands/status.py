"""`cascades status`."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.markup import escape
from rich.table import Table

from pipeline.clickhouse import client
from pipeline.commands.console import fail, out
from pipeline.commands.settings import load
from pipeline.errors import CascadesError, UnavailableError
from pipeline.ingest.watermark import Watermarks
from pipeline.sinks import migrations
from schemas.rows import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.config import Settings

ANSWER_S = 5


def run() -> int:
    """Show every part that answers; 1 when one does not."""
    settings = load()
    shown = [_try(part, settings) for part in (_clickhouse, _kafka, _worker)]
    return 0 if all(shown) else 1


def _try(part: Callable[[Settings], None], settings: Settings) -> bool:
    try:
        part(settings)
    except (CascadesError, ClickHouseError) as error:
        fail(str(error))
        return False
    return True


def _clickhouse(settings: Settings) -> None:
    connection = client(settings, database="")
    try:
        steps = migrations.status(connection, settings)
        pending = [str(step) for step in steps if step.state != "applied"]
        out.print(f"[bold]ClickHouse[/] {settings.clickhouse_url}")
        out.print(f"  schema   {sum(step.state == 'applied' for step in steps)} of {len(steps)} migrations applied")
        if pending:
            raise CascadesError(f"the schema is not current ({'; '.join(pending)}): run `cascades migrate`")
        sizes = rows(connection, settings)
        out.print("  rows     " + ", ".join(f"{name} {count:,}" for name, count in sizes.items()))
    finally:
        connection.close()


def rows(connection: Any, settings: Settings) -> dict[str, int]:
    """Rows per table as stored: rows that a merge has yet to drop count as well."""
    counts = " UNION ALL ".join(
        f"SELECT '{name}', count() FROM {settings.clickhouse_database}.{name}" for name in TABLES
    )
    return dict(connection.query(counts).result_rows)


def _kafka(settings: Settings) -> None:
    lag, members = asyncio.run(_offsets(settings))
    out.print(f"[bold]Kafka[/] {settings.kafka_bootstrap}")
    out.print(
        f"  {settings.events_topic}: {len(lag)} partitions, {sum(lag.values()):,} records not yet in ClickHouse, {members} worker(s)"
    )
    if any(lag.values()):
        table = Table("partition", "lag", header_style="bold")
        for partition, behind in lag.items():
            table.add_row(str(partition), f"{behind:,}")
        out.print(table)


async def _offsets(settings: Settings) -> tuple[dict[int, int], int]:
    async with Watermarks(settings) as marks:
        return await marks.lag(), await marks.members()


def _worker(settings: Settings) -> None:
    said = readiness(settings.worker_status_url)
    out.print(f"[bold]Worker[/] {settings.worker_status_url}: {'ready' if said.get('ready') else 'not ready'}")
    for name, part in said.get("parts", {}).items():
        out.print(
            f"  {'[green]ok[/]  ' if part['ok'] else '[red]wait[/]'} {escape(name)}: {escape(str(part['detail']))}"
        )
    if not said.get("ready"):
        raise UnavailableError("the worker is not ready")


def readiness(url: str) -> dict[str, Any]:
    """What /readyz of a process says, ready or not. Raises UnavailableError when it does not answer."""
    address = f"{url.rstrip('/')}/readyz"
    try:
        with urlopen(address, timeout=ANSWER_S) as answer:  # noqa: S310 the address is the operator's own setting
            return dict(json.load(answer))
    except HTTPError as error:
        with error:
            return _body(error, address)
    except (URLError, TimeoutError, OSError, ValueError) as error:
        raise UnavailableError(f"nothing answers at {address} ({getattr(error, 'reason', error)})") from error


def _body(error: HTTPError, address: str) -> dict[str, Any]:
    try:
        return dict(json.load(error))
    except ValueError:
        raise UnavailableError(f"{address} answers {error.code}, not with a state of health") from None

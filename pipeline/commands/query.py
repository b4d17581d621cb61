"""`cascades query`."""

from __future__ import annotations

import os
import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipeline.clickhouse import client
from pipeline.commands.console import note, out
from pipeline.commands.settings import load
from pipeline.errors import CascadesError

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

CHUNK = 1 << 16
SHOWN_ROWS = 1000
_TOLD = re.compile(r"DB::Exception: (.*?)(?: \(for url [^)]*\))?$", re.DOTALL)


def run(*, sql: str, output: str | None) -> int:
    """Run one statement and show its result. Server errors are shown as they are, with their code."""
    statement = (sys.stdin.read() if sql == "-" else sql).strip().rstrip(";")
    connection = client(load())
    try:
        return _raw(connection, statement, output) if output else _table(connection, statement)
    except ClickHouseError as error:
        raise CascadesError(_clear(error)) from None
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    finally:
        connection.close()


def _raw(connection: Client, sql: str, output: str) -> int:
    with connection.raw_stream(sql, fmt=output) as stream:
        while chunk := stream.read(CHUNK):
            sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
    return 0


def _table(connection: Client, sql: str) -> int:
    result = connection.query(sql)
    if not result.column_names:
        note("done")
        return 0
    table = Table(*map(escape, result.column_names), header_style="bold")
    for column, kind in zip(table.columns, result.column_types, strict=True):
        column.overflow = "fold"
        column.justify = (
            "right"
            if kind.name.startswith(("Int", "UInt", "Float", "Decimal", "Nullable(Int", "Nullable(UInt", "Nullable(F"))
            else "left"
        )
    rows = result.result_rows
    for row in rows[:SHOWN_ROWS]:
        table.add_row(*(Text(_cell(value)) for value in row))
    out.print(table)
    more = f", the first {SHOWN_ROWS} shown (use --format for all)" if len(rows) > SHOWN_ROWS else ""
    note(f"{len(rows)} row(s){more}")
    return 0


def _cell(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(
            sep=" ", timespec="milliseconds" if value.microsecond else "seconds"
        )
    if isinstance(value, float):
        return f"{value:.6g}"
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)


def _clear(error: ClickHouseError) -> str:
    """The server's own sentence, without what the client wraps around it."""
    code = f"ClickHouse error {error.code}: " if isinstance(error, DatabaseError) and error.code else ""
    told = _TOLD.search(str(error))
    return code + (told[1] if told else str(error)).strip()

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
from pipeline.errors import CascadesError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickhouse_connect.driver.client import Client
    from clickhouse_connect.driver.query import QueryResult

CHUNK = 1 << 16
SHOWN_ROWS = 1000
NARROWEST = 6
"""Characters that a column needs for its table to be read."""
_FORMAT = re.compile(r"\bFORMAT\s+(?!ASC\b|DESC\b)\w+\s*$", re.IGNORECASE)
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
    if _FORMAT.search(sql):
        raise UsageError("name the format beside the statement, as in --format JSON, not inside of it")
    context = connection.create_query_context(sql)
    result = connection.query(context=context)
    if context.is_command or context.is_insert or not result.column_names:
        note("done")
        return 0
    rows = result.result_rows
    if len(result.column_names) * NARROWEST > out.width:
        _print_lines(result.column_names, rows[:SHOWN_ROWS])
    else:
        _print_table(result, rows[:SHOWN_ROWS])
    more = f", the first {SHOWN_ROWS} shown (use --format for all)" if len(rows) > SHOWN_ROWS else ""
    note(f"{len(rows)} row(s){more}")
    return 0


def _print_lines(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """One line per value: more columns than a screen is wide would be no table."""
    width = max(map(len, names))
    for number, row in enumerate(rows, 1):
        out.print(Text(f"row {number}", style="bold"))
        for name, value in zip(names, row, strict=True):
            out.print(Text(f"  {name:<{width}}  {_cell(value)}"))


def _print_table(result: QueryResult, rows: Sequence[Sequence[Any]]) -> None:
    table = Table(*map(escape, result.column_names), header_style="bold")
    for column, kind in zip(table.columns, result.column_types, strict=True):
        column.overflow = "fold"
        column.justify = (
            "right"
            if kind.name.startswith(("Int", "UInt", "Float", "Decimal", "Nullable(Int", "Nullable(UInt", "Nullable(F"))
            else "left"
        )
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    out.print(table)


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

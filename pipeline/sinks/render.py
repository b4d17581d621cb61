"""From a migration's text to statements for one ClickHouse: placeholders filled, statements split.

Placeholders, so that one file serves a single server and a cluster, with and without retention:

{database}          the database's name
{on_cluster}        ON CLUSTER '…', or nothing
{engine:NAME(…)}    the engine, `Replicated` before its name on a cluster
{ttl:column}        TTL column + the days of retention, or nothing
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.config import Settings

_PLACEHOLDER = re.compile(r"(\s*)\{(\w+)(?::([^{}]*))?\}")
_PIECE = re.compile(
    r"""'(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | `(?:[^`\\]|\\.)*`   # quoted: a doubled quote reads as two neighbours
      | --[^\n]* | /\*.*?\*/                                       # comments
      | \$(\w*)\$.*?\$\1\$                                          # heredoc
      | [^'"`;$/-]+ | .""",
    re.DOTALL | re.VERBOSE,
)


def render(template: str, settings: Settings) -> str:
    """Fill the placeholders. One that renders to nothing takes the white space before it along. Raises UsageError on an unknown one."""

    def fill(match: re.Match[str]) -> str:
        space, name, argument = match.groups()
        value = _value(name, argument or "", settings)
        return space + value if value else ""

    return _PLACEHOLDER.sub(fill, template)


def _value(name: str, argument: str, settings: Settings) -> str:
    match name:
        case "database":
            return settings.clickhouse_database
        case "on_cluster":
            return on_cluster(settings)
        case "engine":
            return f"Replicated{argument}" if settings.clickhouse_cluster else argument
        case "ttl":
            return f"TTL {ttl(argument, settings)}" if settings.retention_days else ""
        case _:
            raise UsageError(f"a migration uses the unknown placeholder {{{name}}}")


def on_cluster(settings: Settings) -> str:
    """The clause that sends a statement to every server of the cluster; '' for a single server."""
    return f"ON CLUSTER '{settings.clickhouse_cluster}'" if settings.clickhouse_cluster else ""


def ttl(column: str, settings: Settings) -> str:
    """The TTL expression. The form is the one that ClickHouse shows, so that both can be compared."""
    return f"{column} + toIntervalDay({settings.retention_days})"


def split(sql: str) -> list[str]:
    """Cut at semicolons outside of quotes and comments; pieces with nothing but comments are left out.

    Raises UsageError when a quote is not closed.
    """
    statements, text, code = [], "", False
    for piece in _pieces(sql):
        if piece == ";":
            statements += [text.strip()] if code else []
            text, code = "", False
        else:
            text += piece
            code = code or not (piece.isspace() or piece.startswith(("--", "/*")))
    return [*statements, text.strip()] if code else statements


def _pieces(sql: str) -> Iterator[str]:
    for match in _PIECE.finditer(sql):
        piece = match.group()
        if piece in {"'", '"', "`"}:
            raise UsageError(f"a migration has a quote that is not closed: {sql[match.start() :][:60]!r}")
        yield piece

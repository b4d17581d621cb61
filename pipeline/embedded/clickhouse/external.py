"""External data: files of a multipart request become temporary tables of that one query."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import BodyPartReader

from pipeline.embedded.clickhouse.errors import BAD_ARGUMENTS, NOT_IMPLEMENTED, QUERY_IS_TOO_LARGE, ServerError
from pipeline.embedded.clickhouse.formats import check
from pipeline.embedded.clickhouse.lexer import Kind
from pipeline.embedded.clickhouse.statement import Statement, parse

if TYPE_CHECKING:
    from aiohttp import web

    from pipeline.embedded.clickhouse.engine import Engine, Session

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST = 256 << 20
_INPUT = "_data_of_input"


@dataclass(frozen=True, slots=True)
class ExternalTable:
    """One file. `structure` as in CREATE TABLE; with `types` alone the columns are _1, _2, …"""

    name: str
    structure: str
    format: str
    data: bytes


async def read(asked: web.Request) -> tuple[dict[str, str], list[ExternalTable]]:
    """The parameters of URL and form together, and the tables. Raises ServerError for a file without a structure.

    Only a multipart body is read: others, form-encoded ones too, are SQL or data as they are.
    """
    params: dict[str, str] = dict(asked.query)
    files: dict[str, bytes] = {}
    if asked.content_type != "multipart/form-data":
        return params, []
    size = 0
    reader = await asked.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or not part.name:
            raise ServerError(BAD_ARGUMENTS, "Each part of the form needs a name")
        data = bytes(await part.read(decode=True))
        size += len(data)
        if size > _MOST:
            raise ServerError(QUERY_IS_TOO_LARGE, f"External data is larger than {_MOST >> 20} MiB")
        if part.filename is None:
            params[part.name] = data.decode()
        else:
            files[part.name] = data
    return _without(params, files), [_table(name, data, params) for name, data in files.items()]


def load(engine: Engine, session: Session, table: ExternalTable) -> None:
    """Make the table in this session. Raises ServerError when structure or data are not what they should be."""
    create = f"CREATE TEMPORARY TABLE `{table.name}` ({table.structure})"
    engine.guard.check_sql(create)
    session.query(create.encode(), "Null")
    with closing(engine.spool()) as data:
        data.append(table.data)
        session.insert(parse(f"INSERT INTO `{table.name}`".encode()), check(table.format), data)


def from_input(statement: Statement, data: bytes) -> tuple[bytes, ExternalTable]:
    """The engine ignores data for input(…) without a word, so it becomes an external table: the rewritten SQL, and that table."""
    found = statement.tokens
    for index, token in enumerate(found[:-3]):
        argument, close = found[index + 2], found[index + 3]
        if token.text.lower() == "input" and found[index + 1].is_mark("(") and token.is_name:
            if argument.kind is not Kind.STRING or not close.is_mark(")"):
                break
            sql = statement.sql[: token.start] + f"`{_INPUT}`".encode() + statement.sql[close.end :]
            return sql, ExternalTable(_INPUT, argument.text, statement.format or "Values", data)
    raise ServerError(NOT_IMPLEMENTED, "input() needs its structure as one string here: input('a UInt8, b String')")


def _table(name: str, data: bytes, params: dict[str, str]) -> ExternalTable:
    structure = params.get(f"{name}_structure") or ", ".join(
        f"_{index} {kind}" for index, kind in enumerate(params.get(f"{name}_types", "").split(","), 1) if kind
    )
    if not structure or not _NAME.fullmatch(name):
        raise ServerError(BAD_ARGUMENTS, f"External table {name!r} needs {name}_structure or {name}_types")
    return ExternalTable(name, structure, params.get(f"{name}_format", "TabSeparated"), data)


def _without(params: dict[str, str], files: dict[str, bytes]) -> dict[str, str]:
    used = {f"{name}_{what}" for name in files for what in ("structure", "types", "format")}
    return {name: value for name, value in params.items() if name not in used}

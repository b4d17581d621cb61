"""External data: files of a multipart request become temporary tables of that one query."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import BodyPartReader

from pipeline.embedded.clickhouse.errors import BAD_ARGUMENTS, QUERY_IS_TOO_LARGE, ServerError

if TYPE_CHECKING:
    from aiohttp import web

    from pipeline.embedded.clickhouse.engine import Engine, Session

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST = 256 << 20


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
    inserter = session.insert(f"INSERT INTO `{table.name}`".encode(), table.format)
    session.push(inserter, table.data)


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

"""chDB opened once, and a fresh connection for every request: settings of one never reach another.

A connection costs 0.2 ms and has its own settings, current database and temporary tables, like a session of the server.
"""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING, Any, cast

from chdb.state.sqlitelike import Connection

from pipeline.embedded.clickhouse import engine_config, room
from pipeline.embedded.clickhouse.errors import UNKNOWN_DATABASE, UNKNOWN_SETTING, ServerError, from_engine
from pipeline.embedded.clickhouse.guard import Guard
from pipeline.embedded.clickhouse.spool import Spool, hide_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from chdb.state.sqlitelike import StreamingResult

    from pipeline.embedded.clickhouse.statement import Statement

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
READONLY_WITH_SETTINGS = 2


class Engine:
    """The one owner of the data in `folder`. Raises ServerError when the engine cannot open it."""

    def __init__(self, folder: Path, memory_bytes: int) -> None:
        data = folder / "engine"
        data.mkdir(parents=True, exist_ok=True)
        self._temporary = folder / "tmp"
        self._temporary.mkdir(exist_ok=True)
        self._address = f"{data}?config-file={engine_config.write(folder, memory_bytes)}"
        self._root = self._open()
        self._killer = threading.Lock()
        self._make_default_database(data)
        self.timezone, self.display_name, self.version = self._ask("SELECT timezone(), displayName(), version()")
        self.guard = Guard(self._ask("SELECT name FROM system.table_functions"))

    def session(self, database: str | None = None) -> Session:
        """A new connection with its own settings. Raises ServerError 81 for an unknown database."""
        session = Session(self._open())
        if database:
            session.use(database)
        return session

    def spool(self) -> Spool:
        """Room for the data of one INSERT. Close it. Raises ServerError 75 when there cannot be a file."""
        return Spool(self._temporary)

    def require_room(self) -> None:
        """After an insert: raises ServerError 243 unless there was room for all of it. Its rows may be there or not."""
        room.require(self._temporary, room.SURE_BYTES)

    def kill(self, token: str) -> None:
        """Ask the query that runs under `token` to stop; returns at once."""
        with self._killer:
            _answer(
                self._root, f"KILL QUERY WHERE startsWith(Settings['log_comment'], {literal(token)}) ASYNC".encode()
            )

    def close(self) -> None:
        """Close what is open. Nothing acknowledged is lost without it."""
        self._root.close()

    def _open(self) -> Connection:
        try:
            return Connection(self._address)
        except RuntimeError as error:
            raise from_engine(error) from error

    def _make_default_database(self, data: Path) -> None:
        """The library lays a database over `default` that shows the file system and needs rights on files: put a plain one in its place."""
        _answer(self._root, b"DETACH DATABASE default")
        if (data / "metadata" / "default").exists():
            _answer(self._root, b"ATTACH DATABASE default")
            return
        # One that never held a table cannot be attached again ("Cannot find UUID mapping"): make it anew, there is nothing in it.
        (data / "metadata" / "default.sql").unlink(missing_ok=True)
        _answer(self._root, b"CREATE DATABASE default ENGINE = Atomic")

    def _ask(self, sql: str) -> list[str]:
        return bytes(_answer(self._root, sql.encode()).bytes()).decode().split()


class Session:
    """One connection. Not for two statements at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def use(self, database: str) -> None:
        """Make `database` the current one."""
        _answer(self._connection, f"USE {_quoted(database)}".encode())

    def set(self, settings: Mapping[str, str]) -> None:
        """Change settings for all that follows. Raises ServerError 115 for an unknown one, 164 where they are fixed."""
        _check_names(settings)
        if settings:
            _answer(self._connection, f"SET {_changes(settings)}".encode())

    def remember(self, names: Sequence[str], *, database: bool) -> list[str]:
        """Statements that bring these settings, and the current database, back to what they are now."""
        _check_names(names)
        columns = ["currentDatabase()", *(f"toString(getSetting('{name}'))" for name in names)]
        result = self.query(f"SELECT {', '.join(columns)}".encode(), "JSONCompactStrings")
        current, *values = json.loads(bytes(result.bytes()))["data"][0]
        back = [f"SET {_changes(dict(zip(names, values, strict=True)))}"] if names else []
        return back + ([f"USE {_quoted(current)}"] if database else [])

    def restore(self, statements: Iterable[str]) -> None:
        """Run what `remember` gave. A current database that was dropped meanwhile gives way to `default`."""
        for statement in statements:
            try:
                _answer(self._connection, statement.encode())
            except ServerError as error:
                if error.code != UNKNOWN_DATABASE:
                    raise
                self.use("default")

    def only_read(self) -> None:
        """From now on the engine refuses every change, and refuses to lift this. Settings may still be given."""
        self.set({"readonly": str(READONLY_WITH_SETTINGS)})

    def query(self, sql: bytes, output_format: str) -> Any:
        """Run one statement to its end; the result owns its bytes in the engine's memory."""
        return _answer(self._connection, sql, output_format)

    def stream(self, sql: bytes, output_format: str) -> StreamingResult:
        """Begin a query whose blocks are fetched one by one."""
        try:
            return self._connection.send_query(
                cast("str", sql), output_format
            )  # bytes are taken too, and need not be UTF-8
        except Exception as error:
            raise from_engine(error) from error

    def insert(self, statement: Statement, input_format: str, data: Spool) -> Any:
        """Run an INSERT whose data is all there. Returns when the rows are written; raises ServerError when they are not."""
        try:
            return self.query(data.insert(statement, input_format), "Null")
        except ServerError as error:
            raise ServerError(error.code, hide_place(error.message), error.name) from error

    def close(self) -> None:
        """Give the connection back. Waits for a statement that still runs: kill it first."""
        self._connection.close()


def literal(value: str) -> str:
    """`value` as a string literal of ClickHouse's SQL."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _changes(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {literal(value)}" for name, value in settings.items())


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            raise ServerError(UNKNOWN_SETTING, f"Unknown setting '{name}'.")


def _quoted(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _answer(connection: Connection, sql: bytes, output_format: str = "TabSeparated") -> Any:
    try:
        return connection.query(cast("str", sql), output_format)  # bytes are taken too, and need not be UTF-8
    except Exception as error:
        raise from_engine(error) from error

"""One statement on the engine. Every method blocks and is called from a worker thread, one at a time; `kill` from any."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.embedded.clickhouse import external, native
from pipeline.embedded.clickhouse.errors import READONLY, ServerError, from_engine
from pipeline.embedded.clickhouse.formats import check, is_plain
from pipeline.embedded.clickhouse.guard import VALUES_EXPRESSIONS
from pipeline.embedded.clickhouse.request import READER, Request
from pipeline.embedded.clickhouse.statement import Shape, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.embedded.clickhouse.engine import Engine, Session
    from pipeline.embedded.clickhouse.sessions import Sessions
    from pipeline.embedded.clickhouse.spool import Spool

DEFAULT_FORMAT = "TabSeparated"
PIECE = 1 << 20


@dataclass(slots=True)
class Counts:
    """What X-ClickHouse-Summary tells, as far as it is known."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0


class Job:
    """Runs `statement` for `request`. `close` must be called, whatever happened."""

    def __init__(
        self, engine: Engine, sessions: Sessions, request: Request, statement: Statement, *, read_only: bool
    ) -> None:
        self._engine, self._sessions = engine, sessions
        self._request, self.statement = request, statement
        self._read_only = read_only or request.user == READER
        self._token = str(uuid.uuid4())
        self._session: Session | None = None
        self._restore: list[str] = []
        self._pieces: Iterator[bytes] = iter(())
        self._stream: Any = None
        self._spool: Spool | None = None
        self._began = time.perf_counter_ns()
        self.counts = Counts()
        self.length: int | None = None  # bytes of the whole answer, once known

    @property
    def output_format(self) -> str:
        """The format of the answer."""
        return check(self.statement.format or self._request.format or DEFAULT_FORMAT)

    @property
    def elapsed_ns(self) -> int:
        """Nanoseconds since the statement was taken up."""
        return time.perf_counter_ns() - self._began

    def open(self, tables: Sequence[external.ExternalTable] = ()) -> None:
        """Judge the statement, and make the session ready. Raises ServerError."""
        self._engine.guard.check(self.statement.tokens, self._request.parameters)
        choice = self._request.session
        if choice is None:
            session = self._engine.session()
        else:
            session = self._sessions.take(self._request.user, choice, self._engine.session)
        self._session = session
        if choice is not None:
            self._restore = session.remember(list(self._request.settings), database=self._request.database is not None)
        self._prepare(session, tables)

    def _prepare(self, session: Session, tables: Sequence[external.ExternalTable]) -> None:
        request = self._request
        if request.database:
            session.use(request.database)
        for table in tables:
            self._load(table)
        self._restrict(session)
        comment = f"{self._token} {request.settings.get('log_comment', '')}".rstrip()
        self._engine.guard.check_settings(request.settings)
        session.set({f"param_{name}": value for name, value in request.parameters.items()})
        session.set(request.settings | {"log_comment": comment})

    def _load(self, table: external.ExternalTable) -> None:
        external.load(self._engine, self._opened, table)
        self._restore.insert(0, f"DROP TEMPORARY TABLE IF EXISTS `{table.name}`")

    def _restrict(self, session: Session) -> None:
        """Before the client's settings, so that none of them can lift it."""
        if self._read_only or (not self._request.changes and self._request.session is None):
            session.only_read()
        elif not self._request.changes and not self.statement.reads:
            raise ServerError(
                READONLY, "Cannot execute query in readonly mode. Method GET implies readonly: use POST to change data"
            )

    def run_with_input(self, data: bytes) -> bytes:
        """The same for INSERT … SELECT … FROM input(…)."""
        sql, table = external.from_input(self.statement, data)
        self._load(table)
        return self.run(sql)

    def run(self, sql: bytes) -> bytes:
        """Start a statement without data; returns the beginning of its answer, about 1 MiB or all of a smaller one."""
        request, name = self._request, self.output_format
        framed = native.is_framed(name, request.protocol)
        if framed and native.is_hello(self.statement.tokens, request.protocol):
            engine = self._engine
            self._pieces = iter([native.hello(engine.display_name, engine.version, engine.timezone)])
        elif self._by_blocks(framed=framed):
            self._stream = self._opened.stream(sql, name)
            self._pieces = self._blocks(native.BLOCK_INFO if framed else b"")
        else:
            result = self._opened.query(sql, name)
            if self.statement.inserts:
                self._engine.require_room()
            self._count(result)
            prefix = native.BLOCK_INFO if framed and result.size() else b""
            self.length = result.size() + len(prefix)
            self._pieces = _slices(result, prefix)
        return self._beginning(None if request.at_end and self._stream is not None else PIECE)

    def next(self) -> bytes:
        """The next piece; b'' after the last."""
        return next(self._pieces, b"")

    @property
    def input_format(self) -> str:
        """The format of an INSERT's data."""
        return check(self.statement.format or self._request.format or "Values")

    def append(self, data: bytes) -> None:
        """Keep a piece of an INSERT's data. Raises ServerError when there is no room for it."""
        self._data.append(data)

    def insert(self) -> None:
        """Write the rows that `append` got. Returns when they are written: the acknowledgement; raises ServerError when that is not sure."""
        result = self._opened.insert(self.statement, self.input_format, self._data)
        self._engine.require_room()
        self.counts.written_rows, self.counts.written_bytes = result.rows_written(), result.bytes_written()

    def judge_values(self, data: bytes) -> None:
        """Data of FORMAT Values may hold expressions: allow them when they are harmless."""
        harmless = self._engine.guard.may_evaluate(data)
        self._opened.set(dict.fromkeys(VALUES_EXPRESSIONS, "1" if harmless else "0"))
        self._restore += [f"SET {name} = 0" for name in VALUES_EXPRESSIONS]

    def kill(self) -> None:
        """Stop the statement that runs, from another thread."""
        self._engine.kill(self._token)

    def close(self) -> None:
        """End what still runs, and give the session back. Safe to call again."""
        if self._stream is not None:
            self._stream.cancel()
        if self._spool is not None:
            self._spool.close()
        session, self._session = self._session, None
        if session is None:
            return
        if self._request.session is None:
            session.close()
            return
        try:
            session.restore(self._restore)
        finally:
            self._sessions.give_back(self._request.user, self._request.session)

    @property
    def _data(self) -> Spool:
        if self._spool is None:
            self._spool = self._engine.spool()
        return self._spool

    @property
    def _opened(self) -> Session:
        if self._session is None:
            raise RuntimeError("the job is not open")
        return self._session

    def _by_blocks(self, *, framed: bool) -> bool:
        streams = self.statement.shape is Shape.STREAM and is_plain(self.output_format) and not self.statement.totals
        return streams and (framed or not self._request.at_end)

    def _blocks(self, prefix: bytes) -> Iterator[bytes]:
        try:
            for block in self._stream:
                self._count(block)
                yield prefix + block.bytes()
        except Exception as error:
            raise from_engine(error) from error

    def _beginning(self, most: int | None) -> bytes:
        pieces, size, piece = [], 0, b"?"
        while piece and (most is None or size < most):
            piece = self.next()
            pieces.append(piece)
            size += len(piece)
        if not piece:
            self.length = size
        return b"".join(pieces)

    def _count(self, result: Any) -> None:
        counts = self.counts
        counts.result_rows += result.rows_read()
        counts.result_bytes += result.size()
        counts.read_rows += result.storage_rows_read()
        counts.read_bytes += result.storage_bytes_read()
        counts.written_rows += result.rows_written()
        counts.written_bytes += result.bytes_written()


def _slices(result: Any, prefix: bytes) -> Iterator[bytes]:
    """Copies piece by piece: the whole stays in the engine's memory."""
    if result.size():
        view = result.get_memview().view()
        for start in range(0, len(view), PIECE):
            yield (prefix if start == 0 else b"") + bytes(view[start : start + PIECE])

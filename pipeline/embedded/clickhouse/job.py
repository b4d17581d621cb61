"""One statement on the engine. Every method blocks and is called from a worker thread, one at a time; `kill` from any."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.embedded.clickhouse.errors import READONLY, ServerError, from_engine
from pipeline.embedded.clickhouse.formats import is_plain
from pipeline.embedded.clickhouse.request import READER, Request
from pipeline.embedded.clickhouse.statement import Shape, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.embedded.clickhouse.engine import Engine, Session
    from pipeline.embedded.clickhouse.sessions import Sessions

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
        self._inserter: Any = None
        self._began = time.perf_counter_ns()
        self.counts = Counts()
        self.length: int | None = None  # bytes of the whole answer, once known

    @property
    def output_format(self) -> str:
        """The format of the answer."""
        return self.statement.format or self._request.format or DEFAULT_FORMAT

    @property
    def elapsed_ns(self) -> int:
        """Nanoseconds since the statement was taken up."""
        return time.perf_counter_ns() - self._began

    def open(self) -> None:
        """Judge the statement, and make the session ready. Raises ServerError."""
        self._engine.guard.check(self.statement.tokens, self._request.parameters)
        choice = self._request.session
        if choice is None:
            self._session = self._engine.session()
        else:
            self._session = self._sessions.take(self._request.user, choice, self._engine.session)
            self._restore = self._session.remember([*self._request.settings, "log_comment"])
        self._prepare(self._session)

    def _prepare(self, session: Session) -> None:
        request = self._request
        if request.database:
            session.use(request.database)
        if self._read_only or (not request.changes and request.session is None):
            session.only_read()
        elif not request.changes and not self.statement.reads:
            raise ServerError(
                READONLY, "Cannot execute query in readonly mode. Method GET implies readonly: use POST to change data"
            )
        comment = f"{self._token} {request.settings.get('log_comment', '')}".rstrip()
        session.set({f"param_{name}": value for name, value in request.parameters.items()})
        session.set(request.settings | {"log_comment": comment})

    def run(self, sql: bytes) -> bytes:
        """Start a statement without data; returns the beginning of its answer, about 1 MiB or all of a smaller one."""
        whole = self._request.at_end or self.statement.totals or not is_plain(self.output_format)
        if self.statement.shape is Shape.STREAM and not whole:
            self._stream = self._opened.stream(sql, self.output_format)
            self._pieces = self._streamed()
            return self._first()
        result = self._opened.query(sql, self.output_format)
        self._count(result)
        self.length = result.size()
        self._pieces = _slices(result)
        return self._first()

    def next(self) -> bytes:
        """The next piece; b'' after the last."""
        return next(self._pieces, b"")

    def begin_insert(self, input_format: str) -> None:
        """Start an INSERT that `append` feeds."""
        self._inserter = self._opened.insert(self.statement.sql, input_format)

    def append(self, data: bytes) -> None:
        """Raises ServerError when the engine refuses the data."""
        try:
            self._inserter.append(data)
        except Exception as error:
            raise from_engine(error) from error

    def finish_insert(self) -> None:
        """Returns when the rows are written: the acknowledgement."""
        try:
            result = self._inserter.finish()
        except Exception as error:
            raise from_engine(error) from error
        finally:
            self._inserter = None
        self.counts.written_rows, self.counts.written_bytes = result.rows_written, result.bytes_written

    def literals_only(self) -> None:
        """Make the engine refuse expressions in FORMAT Values."""
        self._opened.set(
            {
                "input_format_values_interpret_expressions": "0",
                "input_format_values_deduce_templates_of_expressions": "0",
            }
        )

    def may_evaluate(self, data: bytes) -> bool:
        """Whether expressions in FORMAT Values are harmless."""
        return self._engine.guard.may_evaluate(data)

    def kill(self) -> None:
        """Stop the statement that runs, from another thread."""
        self._engine.kill(self._token)

    def close(self) -> None:
        """End what still runs, and give the session back."""
        for part in (self._stream, self._inserter):
            if part is not None:
                part.cancel()
        if self._session is None:
            return
        if self._request.session is None:
            self._session.close()
            return
        try:
            self._session.restore(self._restore)
        finally:
            self._sessions.give_back(self._request.user, self._request.session)

    @property
    def _opened(self) -> Session:
        if self._session is None:
            message = "the job is not open"
            raise RuntimeError(message)
        return self._session

    def _streamed(self) -> Iterator[bytes]:
        try:
            for block in self._stream:
                self._count(block)
                yield block.bytes()
        except Exception as error:
            raise from_engine(error) from error

    def _first(self) -> bytes:
        pieces, size = [], 0
        while size < PIECE and (piece := self.next()):
            pieces.append(piece)
            size += len(piece)
        if size < PIECE:
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


def _slices(result: Any) -> Iterator[bytes]:
    if result.size():
        view = result.get_memview().view()
        for start in range(0, len(view), PIECE):
            yield bytes(view[start : start + PIECE])

"""What one statement is, as far as the HTTP interface must know: does it read, does data follow it, which format it names."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from enum import Enum, auto

from pipeline.embedded.clickhouse.errors import SYNTAX_ERROR, ServerError
from pipeline.embedded.clickhouse.lexer import Kind, Token, tokens

_READS = ("SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "CHECK")
_STREAMS = ("SELECT", "WITH", "FROM", "(")
_DATA_START = re.compile(rb"[ \t\f]*\r?\n?")  # exactly one newline: the data's first byte may itself be one
_OPEN, _CLOSE = "([{", ")]}"


class Shape(Enum):
    """How a statement is run."""

    STREAM = auto()  # a query whose blocks can be read one by one
    WHOLE = auto()  # anything else that needs no data
    INSERT = auto()  # the data after it is pushed into the engine piece by piece
    INSERT_SELECT_INPUT = auto()  # INSERT … SELECT … FROM input(…): the data is a table of the query


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, split from the data that follows it."""

    shape: Shape
    sql: bytes  # of an INSERT without its FORMAT
    tokens: tuple[Token, ...]
    data_start: int  # where data begins in the bytes it was read from
    format: str | None  # named in the statement
    totals: bool  # WITH TOTALS: rows beside the result that a stream would lose
    settings_start: int = 0  # of an INSERT with data: where in `sql` its SETTINGS begin; its end without

    @property
    def reads(self) -> bool:
        """Whether it can only read."""
        first = self.tokens[0] if self.tokens else None
        return first is not None and (first.is_word(*_READS) or first.is_mark("(")) and not self.inserts

    @property
    def inserts(self) -> bool:
        """Whether it may insert rows."""
        return any(token.is_word("INSERT") for token in self.tokens)


def starts_insert(prefix: bytes) -> bool:
    """Whether the first word is INSERT: then data may follow, and the rest must not be read as SQL."""
    try:
        first = next(iter(tokens(prefix)), None)
    except ServerError:
        return False
    return first is not None and first.is_word("INSERT")


def parse(sql: bytes) -> Statement:
    """Split `sql` into its statement and where its data starts. Raises ServerError 62 for none, or for more than one."""
    statement = _parse_insert(sql) if starts_insert(sql) else _parse_other(sql)
    if not statement.tokens:
        raise ServerError(SYNTAX_ERROR, "Syntax error: Empty query")
    return statement


def _parse_other(sql: bytes) -> Statement:
    found = _one_statement(list(tokens(sql)))
    shape = Shape.STREAM if _streams(found) else Shape.WHOLE
    return Statement(shape, sql, found, len(sql), _format(found), _has_totals(found))


def _parse_insert(sql: bytes) -> Statement:
    reader = _InsertReader(sql)
    return reader.read()


class _InsertReader:
    """Reads an INSERT token by token, and stops where its data starts: what comes then may be any bytes."""

    def __init__(self, sql: bytes) -> None:
        self._sql = sql
        self._source = tokens(sql)
        self._seen: list[Token] = []
        self._depth = 0
        self._selects = False
        self._takes_input = False
        self._settings_start: int | None = None

    def read(self) -> Statement:
        """The statement, with the place and the format of its data."""
        self._skip_target()
        while (token := self._next()) is not None:
            keyword = self._depth == 0 and not self._seen[-2].is_mark(".")  # not the table of `db.values`
            if keyword and not self._selects and token.is_word("VALUES"):
                return self._data(token, token.end, "Values")
            if keyword and token.is_word("FORMAT") and (not self._selects or self._takes_input):
                return self._format(token)
            if keyword and token.is_word("SETTINGS") and self._settings_start is None:
                self._settings_start = token.start
            self._notice(token)
        return self._without_data()

    def _skip_target(self) -> None:
        """INSERT [INTO] [TABLE] [FUNCTION] name: a table may be called `values` or `format`."""
        while (token := self._next()) is not None and token.is_word("INSERT", "INTO", "TABLE", "FUNCTION"):
            pass

    def _next(self) -> Token | None:
        token = next(self._source, None)
        if token is not None:
            self._seen.append(token)
            if token.kind is Kind.MARK:
                self._depth += (token.text in _OPEN) - (token.text in _CLOSE)
        return token

    def _notice(self, token: Token) -> None:
        self._selects = self._selects or token.is_word("SELECT", "WITH")
        if token.is_mark("(") and self._seen[-2].is_name and self._seen[-2].text.lower() == "input":
            self._takes_input = True

    def _format(self, keyword: Token) -> Statement:
        name = self._next()
        if name is None or not name.is_name:
            raise ServerError(SYNTAX_ERROR, "Syntax error: FORMAT must be followed by the name of a format")
        data = _DATA_START.match(self._sql, name.end)
        return self._data(keyword, data.end() if data else name.end, name.text)

    def _data(self, keyword: Token, start: int, name: str) -> Statement:
        shape = Shape.INSERT_SELECT_INPUT if self._selects else Shape.INSERT
        return self._statement(shape, self._sql[: keyword.start], tuple(self._seen), start, name)

    def _without_data(self) -> Statement:
        found = _one_statement(self._seen)
        shape = Shape.WHOLE if self._selects else Shape.INSERT
        return self._statement(shape, self._sql[: found[-1].end], found, len(self._sql), None)

    def _statement(self, shape: Shape, sql: bytes, found: tuple[Token, ...], start: int, name: str | None) -> Statement:
        settings = len(sql) if self._settings_start is None else self._settings_start
        return Statement(shape, sql, found, start, name, totals=False, settings_start=settings)


def _one_statement(found: list[Token]) -> tuple[Token, ...]:
    while found and found[-1].is_mark(";"):
        found = found[:-1]
    if any(token.is_mark(";") for token in found):
        raise ServerError(
            SYNTAX_ERROR, "Syntax error (Multi-statements are not allowed): send one statement per request"
        )
    return tuple(found)


def _streams(found: tuple[Token, ...]) -> bool:
    first = found[0] if found else None
    plain = not any(token.is_word("INSERT", "PARALLEL") for token in found)
    return first is not None and (first.is_word(*_STREAMS) or first.is_mark("(")) and plain


def _format(found: tuple[Token, ...]) -> str | None:
    """The format of the last FORMAT clause: a name that the statement ends with, or that SETTINGS follows."""
    for index in range(len(found) - 2, 0, -1):
        after = found[index + 2] if index + 2 < len(found) else None
        named = found[index].is_word("FORMAT") and found[index + 1].is_name
        if named and (after is None or after.is_word("SETTINGS")) and not found[index + 1].is_word("DESC", "ASC"):
            return found[index + 1].text
    return None


def _has_totals(found: tuple[Token, ...]) -> bool:
    return any(a.is_word("WITH") and b.is_word("TOTALS") for a, b in itertools.pairwise(found))

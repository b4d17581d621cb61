"""Refuses statements that reach files, the network or programs.

The engine itself refuses most of it: its one user lacks those grants (`engine_config.py`). This guard closes what grants do not
cover. It knows what is *allowed* where that can be listed (table functions, database engines), so that a new engine version
brings nothing new by itself.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from pipeline.embedded.clickhouse import engine_config
from pipeline.embedded.clickhouse.errors import ACCESS_DENIED, SETTING_CONSTRAINT_VIOLATION, SYNTAX_ERROR, ServerError
from pipeline.embedded.clickhouse.lexer import Kind, Token, tokens, unescape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

TABLE_FUNCTIONS = frozenset(
    {
        *("dictionary", "format", "generaterandom", "generateseries", "generate_series", "input", "loop", "merge"),
        *(
            "mergetreeindex",
            "mergetreeprojection",
            "null",
            "numbers",
            "numbers_mt",
            "primes",
            "values",
            "sqlstandardvalues",
        ),
        *("view", "viewifpermitted", "zeros", "zeros_mt"),
    }
)
DATABASE_ENGINES = frozenset({"atomic", "memory"})
TABLE_ENGINES = frozenset(name.casefold() for name in engine_config.TABLE_ENGINES)
# Functions that open files or call a service. A bare name is enough to run one: arrayMap(file, …), * APPLY file.
FUNCTIONS = frozenset(
    {
        "file",
        *("aiclassify", "aiembed", "aiextract", "aifilter", "aigenerate", "airedact", "aisimilarity", "aitranslate"),
        "catboostevaluate",
    }
)
VALUES_EXPRESSIONS = (
    "input_format_values_interpret_expressions",
    "input_format_values_deduce_templates_of_expressions",
)
_PAIRS = (("INTO", "OUTFILE"), ("FROM", "INFILE"), ("PARALLEL", "WITH"))
_CALL = re.compile(rb"[A-Za-z0-9_$`\"\x80-\xff]\s*\(")  # rows of literals have nothing like a name before a parenthesis
_COMMENTS = (b"--", b"//", b"#", b"/*")
_COMMANDS = ("BACKUP", "RESTORE", "MOVE", "EXECUTE")


class Guard:
    """`engine_table_functions` are the names that the engine knows; those not allowed are refused as calls."""

    def __init__(self, engine_table_functions: Iterable[str]) -> None:
        known = {name.casefold() for name in engine_table_functions}
        self._calls = frozenset(known - TABLE_FUNCTIONS) | {"disk"}

    def check(self, found: Sequence[Token], parameters: Mapping[str, str]) -> None:
        """Raises ServerError 497 for what is refused. `parameters` are the values of `{name:Type}`."""
        _check_bytes(found)
        self.check_settings(token.text for token in found if token.is_name)
        self._check_names(found)
        _check_pairs(found)
        _check_command(found)
        _check_parameters(found, parameters)

    def check_settings(self, names: Iterable[str]) -> None:
        """Settings of a request: those that this guard sets itself are not the client's."""
        for name in names:
            if name.casefold() in VALUES_EXPRESSIONS:
                raise ServerError(SETTING_CONSTRAINT_VIOLATION, f"Setting {name} should not be changed")

    def check_sql(self, sql: str) -> None:
        """The same for SQL that was put together from a request's parts: one statement."""
        found = list(tokens(sql.encode()))
        if any(token.is_mark(";") for token in found):
            raise ServerError(SYNTAX_ERROR, "Syntax error: a semicolon inside of a statement")
        self.check(found, {})

    def may_evaluate(self, data: bytes) -> bool:
        """Whether expressions in data of FORMAT Values may be run; otherwise it must hold literals only."""
        if _CALL.search(data) is None and not any(mark in data for mark in _COMMENTS):
            return True
        try:
            self._check_names(list(tokens(data)))
        except ServerError:
            return False
        return True

    def _check_names(self, found: Sequence[Token]) -> None:
        for index, token in enumerate(found):
            if not token.is_name:
                continue
            name = token.text.casefold()
            called = index + 1 < len(found) and found[index + 1].is_mark("(")
            if name in FUNCTIONS or (called and name in self._calls):
                raise _refusal(f"{token.text}: files, programs and the network are out of reach here")


def _check_bytes(found: Sequence[Token]) -> None:
    if any(token.is_mark("\0") for token in found):
        raise ServerError(SYNTAX_ERROR, "Syntax error: a zero byte outside of quotes")


def _check_pairs(found: Sequence[Token]) -> None:
    for first, second in itertools.pairwise(found):
        for one, other in _PAIRS:
            if first.is_word(one) and second.is_word(other):
                raise _refusal(f"{one} {other} is not offered by the embedded ClickHouse")


def _check_command(found: Sequence[Token]) -> None:
    if not found:
        return
    if found[0].is_word(*_COMMANDS):
        raise _refusal(f"{found[0].text.upper()} is not offered by the embedded ClickHouse")
    if found[0].is_word("ATTACH") and any(
        not (t.is_name or t.is_mark(".")) or t.is_word("FROM", "UUID", "ENGINE", "AS") for t in found
    ):
        raise _refusal("ATTACH is offered for what was detached here: ATTACH TABLE name")
    _check_engines(found)


def _check_engines(found: Sequence[Token]) -> None:
    """ENGINE [=] name outside of parentheses, so that a column may be called `engine`."""
    if not found[0].is_word("CREATE", "REPLACE", "ATTACH", "ALTER"):
        return
    database = any(token.is_word("DATABASE") for token in found[:4])
    offered = DATABASE_ENGINES if database else TABLE_ENGINES
    for name in _engines(found):
        if name.casefold() not in offered:
            raise _refusal(
                f"{'Database' if database else 'Table'} engine {name} is not offered by the embedded ClickHouse"
            )


def _engines(found: Sequence[Token]) -> Iterator[str]:
    depth, selects = 0, False
    for index, token in enumerate(found):
        if token.kind is Kind.MARK:
            depth += (token.text in "([{") - (token.text in ")]}")
        selects = selects or token.is_word("SELECT")
        if depth or not token.is_word("ENGINE"):
            continue
        after = [t for t in found[index + 1 : index + 3] if t.is_name or t.is_mark("=")]
        named = next((t.text for t in after if t.is_name), "")
        if after and (after[0].is_mark("=") or not selects) and named:
            yield named


def _check_parameters(found: Sequence[Token], parameters: Mapping[str, str]) -> None:
    """A parameter of type Identifier may become the name of a function: arrayMap({f:Identifier}, …)."""
    values = [value.encode() for value in parameters.values()] if _has_identifier(found) else []
    if found and found[0].is_word("SET"):
        values += [token.text.encode() for token in found if token.kind is Kind.STRING]
    for value in values:
        name = unescape(value).decode(errors="replace").strip(' \t\n`"').casefold()
        if name in FUNCTIONS:
            raise _refusal(f"{name}: files, programs and the network are out of reach here")


def _has_identifier(found: Sequence[Token]) -> bool:
    return any(token.is_word("IDENTIFIER") for token in found)


def _refusal(sentence: str) -> ServerError:
    return ServerError(ACCESS_DENIED, sentence)

"""Our lexer sees names, strings and comments where the engine sees them (the engine's side: tests/integration/test_clickhouse_hostile.py)."""

from __future__ import annotations

import pytest

from pipeline.embedded.clickhouse.errors import ServerError
from pipeline.embedded.clickhouse.lexer import Kind, tokens, unescape


def names(sql: str) -> list[str]:
    return [token.text for token in tokens(sql.encode()) if token.is_name]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT /* a /* nested */ comment */ x",
        "SELECT -- to the end of the line\n x",
        "SELECT // the same\n x",
        "SELECT # with a space\n x",
        "SELECT #!so x\n x",
        "SELECT\u00a0x",
        "SELECT\u200bx",
        "SELECT\t\r\n\v\f x",
    ],
)
def test_comments_and_white_space_are_nothing(sql):
    assert names(sql) == ["SELECT", "x"]


@pytest.mark.parametrize("sql", [r"'it\'s'", "'it''s'", "$$it's$$", "$a$it's$a$", "\u2018it's\u2019"])
def test_a_string_is_one_token_whatever_stands_in_it(sql):
    (token,) = tokens(sql.encode())
    assert (token.kind, token.text) == (Kind.STRING, "it's")


@pytest.mark.parametrize("sql", ["`file`", '"file"', r"`f\x69le`", r'"fi\le"', "\u201cfile\u201d"])
def test_a_quoted_name_is_what_the_engine_makes_of_it(sql):
    (token,) = tokens(sql.encode())
    assert (token.kind, token.text) == (Kind.QUOTED, "file")


def test_a_backslash_in_a_hexadecimal_string_hides_no_quote():
    assert names(r"x'\' file") == ["file"]


def test_a_number_does_not_swallow_the_string_after_it():
    assert [token.kind for token in tokens(b"1$a$ ' $a$ f")] == [Kind.WORD, Kind.STRING, Kind.WORD]


@pytest.mark.parametrize("sql", ["'open", "`open", '"open', "/* open", "/* /* */", "\u2018open", "\u201copen"])
def test_what_is_not_closed_is_a_syntax_error(sql):
    with pytest.raises(ServerError) as refused:
        list(tokens(sql.encode()))
    assert refused.value.code == 62


def test_offsets_count_bytes():
    found = list(tokens("SELECT 'ä', b".encode()))
    assert (found[-1].start, found[-1].end) == (13, 14)


def test_escapes_are_those_of_the_engine():
    assert unescape(rb"\x41\n\t\\\'\q") == b"A\n\t\\'q"

"""ClickHouse's lexical rules, for the guard: what is a name, what is a string, what is a comment.

Facts taken from the engine's behaviour and held by tests: comments nest (`/* /* */ */`) and also start with `--`, `//`, `# ` and `#!`;
quotes close with a doubled quote or a backslash kept in mind; `x'…'` and `b'…'` know no escapes; `$tag$…$tag$` is a string; typographic
quotes count; other characters beyond ASCII are white space or an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from pipeline.embedded.clickhouse.errors import SYNTAX_ERROR, ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kind(Enum):
    """Kinds of token that the guard tells apart."""

    WORD = auto()  # bare: a keyword, a name or a number
    QUOTED = auto()  # a name in quotes
    STRING = auto()
    MARK = auto()  # one character of punctuation


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` has quotes and escapes taken away; `start` and `end` are byte offsets."""

    kind: Kind
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords, given in capitals."""
        return self.kind is Kind.WORD and self.text.upper() in words

    def is_mark(self, mark: str) -> bool:
        """Whether it is this punctuation."""
        return self.kind is Kind.MARK and self.text == mark

    @property
    def is_name(self) -> bool:
        """Whether it can name a function, table or column."""
        return self.kind in (Kind.WORD, Kind.QUOTED)


_SKIPPED = re.compile(rb"[ \t\n\r\v\f]+|--[^\n]*|//[^\n]*|#[ !][^\n]*")
_TOKEN = re.compile(
    rb"""
      (?P<coded>[xXbB]'[^']*')
    | (?P<word>[A-Za-z_][A-Za-z0-9_$]*|[0-9][A-Za-z0-9_]*)
    | (?P<string>'(?:[^'\\]|\\.|'')*')
    | (?P<quoted>`(?:[^`\\]|\\.|``)*`|"(?:[^"\\]|\\.|"")*")
    | (?P<curly>\xe2\x80\x98.*?\xe2\x80\x99)
    | (?P<curly_name>\xe2\x80\x9c.*?\xe2\x80\x9d)
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {
    "coded": Kind.STRING,
    "string": Kind.STRING,
    "curly": Kind.STRING,
    "quoted": Kind.QUOTED,
    "curly_name": Kind.QUOTED,
    "word": Kind.WORD,
}
_HEREDOC = re.compile(rb"\$[A-Za-z0-9_]*\$")
_DOLLAR_WORD = re.compile(rb"\$[A-Za-z0-9_$]*")
_COMMENT_EDGE = re.compile(rb"/\*|\*/")
_OPENING = (b"'", b'"', b"`", b"\xe2\x80\x98", b"\xe2\x80\x9c", b"/*")
_ESCAPE = re.compile(rb"\\x([0-9A-Fa-f]{2})|\\(.)", re.DOTALL)
_CONTROL = {
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"0": b"\0",
    b"a": b"\a",
    b"v": b"\v",
    b"e": b"\x1b",
}
_BEYOND_ASCII = 0x80


def tokens(sql: bytes, start: int = 0) -> Iterator[Token]:
    """The tokens of `sql` from byte `start`, one at a time. Raises ServerError 62 at a quote or comment that never closes."""
    position = start
    while position < len(sql):
        if (skipped := _SKIPPED.match(sql, position)) is not None:
            position = skipped.end()
        elif sql.startswith(b"/*", position):
            position = _end_of_comment(sql, position)
        elif (found := _TOKEN.match(sql, position)) is not None:
            yield _token(found)
            position = found.end()
        elif sql.startswith(b"$", position):
            token = _dollar(sql, position)
            yield token
            position = token.end
        else:
            if sql.startswith(_OPENING, position):
                raise ServerError(
                    SYNTAX_ERROR, f"Syntax error: a quote that opens at byte {position + 1} is not closed"
                )
            if sql[position] < _BEYOND_ASCII:
                yield Token(Kind.MARK, chr(sql[position]), position, position + 1)
            position += 1


def unescape(value: bytes) -> bytes:
    """Take backslash escapes away, as in quoted names, strings and query parameters."""
    return _ESCAPE.sub(lambda m: bytes.fromhex(m[1].decode()) if m[1] else _CONTROL.get(m[2], m[2]), value)


def _token(found: re.Match[bytes]) -> Token:
    name, raw = str(found.lastgroup), found[0]
    if name in ("string", "quoted"):
        raw = unescape(raw[1:-1].replace(raw[:1] * 2, raw[:1]))
    elif name in ("curly", "curly_name"):
        raw = raw[3:-3]
    return Token(_KINDS[name], raw.decode(errors="replace"), found.start(), found.end())


def _dollar(sql: bytes, position: int) -> Token:
    """`$tag$…$tag$` when the tag comes again, otherwise a name that begins with a dollar, or the dollar alone."""
    tag = _HEREDOC.match(sql, position)
    if tag is not None and (close := sql.find(tag[0], tag.end())) >= 0:
        text = sql[tag.end() : close].decode(errors="replace")
        return Token(Kind.STRING, text, position, close + len(tag[0]))
    word = _DOLLAR_WORD.match(sql, position)
    end = word.end() if word is not None else position + 1
    return Token(Kind.WORD, sql[position:end].decode(), position, end)


def _end_of_comment(sql: bytes, position: int) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(sql, position):
        depth += 1 if edge[0] == b"/*" else -1
        if depth == 0:
            return edge.end()
    raise ServerError(SYNTAX_ERROR, f"Syntax error: the comment that opens at byte {position + 1} is not closed")

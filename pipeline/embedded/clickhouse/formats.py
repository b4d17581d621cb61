"""Formats, as far as an HTTP answer depends on them."""

from __future__ import annotations

import re

from pipeline.embedded.clickhouse.errors import UNKNOWN_FORMAT, ServerError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
# Every block of these stands for itself, so blocks can follow one another: no header, no frame, no totals.
_PLAIN = {
    *("native", "rowbinary", "msgpack"),
    *("tabseparated", "tsv", "tabseparatedraw", "tsvraw", "raw", "csv", "values", "lineasstring", "tskv"),
    *(
        "jsoneachrow",
        "jsonlines",
        "jsonl",
        "ndjson",
        "jsonstringseachrow",
        "jsoncompacteachrow",
        "jsoncompactstringseachrow",
    ),
}
_TYPES = (
    (
        ("jsoneachrow", "jsonlines", "jsonl", "ndjson", "jsoncompacteachrow", "jsonstringseachrow"),
        "application/x-ndjson; charset=UTF-8",
    ),
    (("json", "geojson"), "application/json; charset=UTF-8"),
    (("tabseparated", "tsv"), "text/tab-separated-values; charset=UTF-8"),
    (("csv",), "text/csv; charset=UTF-8"),
    (("xml",), "application/xml; charset=UTF-8"),
    (
        ("pretty", "vertical", "values", "markdown", "tskv", "lineas", "raw", "prometheus", "null"),
        "text/plain; charset=UTF-8",
    ),
)


def check(name: str) -> str:
    """`name`, which the engine puts into SQL, when it looks like a format's. Raises ServerError 73 otherwise."""
    if not _NAME.fullmatch(name):
        raise ServerError(UNKNOWN_FORMAT, f"Unknown format {name}")
    return name


def is_plain(name: str) -> bool:
    """Whether an answer can be sent block by block as the engine makes it."""
    return name.casefold() in _PLAIN


def content_type(name: str) -> str:
    """Content-Type of an answer in this format."""
    folded = name.casefold()
    if folded == "rawblob":
        return "application/octet-stream"
    return next((kind for starts, kind in _TYPES if folded.startswith(starts)), "application/octet-stream")

"""Rejected events, with the start of what came. The bytes are somebody else's: decoded here, escaped by the page."""

from __future__ import annotations

import asyncio
import codecs
from typing import TYPE_CHECKING

from pipeline.serve import sql
from pipeline.serve.series import HOUR, last_hour

if TYPE_CHECKING:
    from pipeline.serve.reader import Reader, Row

SHOWN = 50
PREVIEW_BYTES = 400


class DeadLetters:
    """Loads part `letters`: the newest rejected records, all by reason, and the last 60 minutes by arrival."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def __call__(self) -> dict[str, object]:
        newest, reasons, minutes = await asyncio.gather(
            self._reader.rows(sql.LETTERS, limit=SHOWN, preview=PREVIEW_BYTES),
            self._reader.rows(sql.LETTERS_BY_REASON),
            self._reader.rows(sql.LETTERS_BY_MINUTE),
        )
        hour = last_hour(minutes, "records", minutes[0]["this_minute"]) if minutes else [0] * HOUR
        total = sum(row["records"] for row in reasons)
        return {
            "letters": {"newest": [letter(row) for row in newest], "reasons": reasons, "total": total, "hour": hour}
        }


def letter(row: Row) -> dict[str, object]:
    """A row of `v_dead_letters` with a readable `preview` instead of bytes."""
    head = bytes.fromhex(row["head"])
    cut = row["bytes"] > len(head)
    shown = {name: value for name, value in row.items() if name != "head"}
    return {**shown, "preview": readable(head, cut=cut), "cut": cut}


def readable(head: bytes, *, cut: bool) -> str:
    r"""UTF-8 as text, other bytes as `\\xNN`. Of a cut text the last character may be torn: it is left out."""
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    return decoder.decode(head, final=not cut)

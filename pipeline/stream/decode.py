"""Step 1 of the cycle: the bytes of each record become a checked event, or the reason why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.check import check
from schemas.dead_letter import RefusedError
from schemas.wire import WireEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.stream.batch import Record

Decoded = WireEvent | RefusedError


def decode(records: Iterable[Record]) -> list[Decoded]:
    """One entry per record, in order. Never raises for what a record holds; its neighbours are not touched."""
    decoded: list[Decoded] = []
    for record in records:
        try:
            decoded.append(check(record.value, record.timestamp))
        except RefusedError as refused:
            # The traceback would keep this frame, and with it the record, alive.
            decoded.append(refused.with_traceback(None))
    return decoded

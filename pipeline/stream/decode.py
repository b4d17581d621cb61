"""Step 1 of the cycle: the bytes of each record become a checked event, or the reason why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade import events_of
from schemas.check import check
from schemas.dead_letter import RefusedError
from schemas.wire import WireEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.stream.batch import Record

Decoded = WireEvent | RefusedError


def decode(records: Iterable[Record]) -> list[Decoded]:
    """One entry per record, in order. Never raises for what a record holds; its neighbours are not touched."""
    return events_of(list(records), _ask)


def _ask(value: bytes | None, appended_ms: int) -> Decoded:
    try:
        return check(value, appended_ms)
    except RefusedError as refused:
        # The traceback would keep this frame, and with it the record, alive.
        return refused.with_traceback(None)

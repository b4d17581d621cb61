"""Which dead letters become rows here, and how rows are written that ClickHouse may refuse."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import SinkRowError
from pipeline.ingest.letters import read
from pipeline.sinks.bisect import store_the_rest
from pipeline.sinks.letter_rows import TABLE, bare, row
from schemas.rows import Block, Blocks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.sinks.base import Sink
    from pipeline.sinks.bisect import Refusal
    from pipeline.sinks.letter_rows import Row
    from schemas.dead_letter import Identity

log = logging.getLogger("cascades.letters")

WORKER, NO_LETTER, REFUSED = "worker", "no_letter", "refused"
"""Why a record becomes no row here: the worker wrote it; it is no dead letter; ClickHouse takes not even its bare row."""
_PARTITIONS: Final = 1 << 32
_OFFSETS: Final = 1 << 64
_FROM_MS, _UNTIL_MS = -2_208_988_800_000, 10_413_792_000_000
"""The years 1900 to 2299: what DateTime64 holds."""


def sorted_out(records: Iterable[Any], events_topic: str) -> tuple[list[Row], Counter[str]]:
    """The rows to write, and how many records are passed over, by why. The worker has written the rows of what stood in the events topic."""
    rows, passed = [], Counter[str]()
    for record in records:
        letter = read(record)
        if letter is None or not _fits(letter.identity):
            passed[NO_LETTER] += 1
        elif letter.identity.topic == events_topic:
            passed[WORKER] += 1
        else:
            rows.append(row(letter.identity, letter.reason, letter.detail, letter.key, letter.value))
    return rows, passed


def _fits(place: Identity) -> bool:
    """Whether the columns hold it. None of ours lies beyond; a forged one must not hold up those behind it."""
    return (
        0 <= place.partition < _PARTITIONS
        and 0 <= place.offset < _OFFSETS
        and _FROM_MS <= place.received_at_ms < _UNTIL_MS
    )


def stored(sink: Sink, rows: list[Row]) -> int:
    """Write the rows, without their bytes where ClickHouse refuses them; how many it refuses even so. Idempotent, blocks the calling thread.

    Raises SinkTransientError (write all of them again later), SinkSchemaError when the table is not what we think, SinkError for anything else.
    """
    block = Block(TABLE, rows)
    try:
        sink.write(Blocks({TABLE: block}))
    except SinkRowError:
        bared = [bare(refusal.row) for refusal in store_the_rest(sink, block)]
        return _lost(store_the_rest(sink, Block(TABLE, bared)))
    return 0


def _lost(refused: list[Refusal]) -> int:
    for refusal in refused:
        log.error("ClickHouse refuses the row of dead letter %s:%s:%s: %s", *refusal.row[:3], refusal.error)
    return len(refused)

"""ClickHouse refuses a value in a block: what then. Steps 5a to 5c of the cycle, which all but never run.

| table               | a refused row                                                                                          |
|---------------------|--------------------------------------------------------------------------------------------------------|
| `events`            | becomes a dead letter (`not_storable`) with the original record's bytes; all other rows are stored      |
| `dead_letters`      | is written again without the record's bytes; they stand in the dead-letter topic                        |
| tables of figures   | is a bug of ours: the worker stops                                                                      |

The event of a refused raw row keeps the contract, so it counts in every figure; only its row in `events` is missing.

| killed                                   | on disk                                        | at restart                                                  |
|------------------------------------------|------------------------------------------------|-------------------------------------------------------------|
| while guilty rows are looked for         | some of the others                             | read again, found again; rows replace their equals          |
| after the dead letters are in Kafka      | the others, and the dead letters in the topic  | found again; the topic has them twice under one identity    |
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.errors import SinkRowError
from pipeline.metrics import Metric, Metrics
from pipeline.sinks.bisect import Refusal, store_the_rest
from pipeline.sinks.letter_rows import bare, is_bare
from pipeline.stream.dead_letters import DeadLetter
from schemas.dead_letter import RefusedError
from schemas.rows import EventRow

if TYPE_CHECKING:
    from pipeline.sinks.base import Sink
    from pipeline.stream.batch import Record
    from schemas.rows import Block, Blocks

log = logging.getLogger("cascades.salvage")

LookUp = Callable[[EventRow], Awaitable["Record"]]
"""The record that a raw row was made of."""
Send = Callable[[Sequence[DeadLetter]], Awaitable[None]]
"""Produces dead letters; returns when Kafka has acknowledged them."""

_EVENT = tuple(EventRow.model_fields)


class Salvage:
    """Takes out of a block what ClickHouse refuses, so that the block can be written. One per worker."""

    def __init__(self, sink: Sink, topic: str, look_up: LookUp, send: Send, metrics: Metrics) -> None:
        self._sink = sink
        self._topic = topic
        self._look_up = look_up
        self._send = send
        self._metrics = metrics

    async def rescue(self, blocks: Blocks, error: SinkRowError) -> None:
        """Change `blocks` so that they can be written: call it with the error of the write, then write again.

        When it returns, the dead letters are in Kafka. Raises SinkRowError for a row of derived figures, SinkSchemaError when too many rows are
        refused, SinkTransientError when ClickHouse goes away meanwhile.
        """
        if error.table == "events":
            await self._dead_letters(blocks)
        elif error.table == "dead_letters":
            block = blocks.loose("dead_letters")
            block.rows[:] = await self._without_bytes(block)
        else:
            raise _ours(error) from error

    async def _dead_letters(self, blocks: Blocks) -> None:
        block = blocks.loose("events")
        refused = await asyncio.to_thread(store_the_rest, self._sink, block)
        letters = [await self._letter(refusal) for refusal in refused]
        await self._send(letters)
        self._metrics.add(Metric.DEAD_LETTERS, len(letters), "not_storable")
        guilty = {id(refusal.row) for refusal in refused}
        block.rows[:] = [row for row in block.rows if id(row) not in guilty]
        if letters:
            blocks.loose("dead_letters").rows.extend(letter.row for letter in letters)
            log.error("%d event(s) counted, but their rows refused by ClickHouse; now dead letters", len(letters))

    async def _letter(self, refusal: Refusal) -> DeadLetter:
        values: dict[str, Any] = dict(zip(_EVENT, refusal.row, strict=True))
        row = EventRow.model_construct(**values)
        record = await self._look_up(row)
        return DeadLetter(self._topic, row.kafka_partition, record, RefusedError("not_storable", str(refusal.error)))

    async def _without_bytes(self, block: Block) -> list[tuple[object, ...]]:
        refused = await asyncio.to_thread(store_the_rest, self._sink, block)
        for refusal in refused:
            if is_bare(refusal.row):
                raise _ours(refusal.error) from refusal.error
        guilty = {id(refusal.row) for refusal in refused}
        return [bare(row) if id(row) in guilty else row for row in block.rows]


def _ours(error: SinkRowError) -> SinkRowError:
    return SinkRowError(
        f"ClickHouse refuses a row that we derived, not one that came to us: that is a fault of this program or of its tables, so the worker stops "
        f"and commits nothing more. Please report it. {error}",
        error.code,
        error.table,
    )

"""The cycle: what happens to one batch, step by step. The data path is here; everything else in this folder serves it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pipeline.metrics import Metric, Metrics
from pipeline.stream.decode import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.stream.batch import Batch
    from pipeline.stream.flusher import Flusher
    from pipeline.stream.partition import Applied, PartitionState
    from pipeline.stream.producer import Producer


class Cycle:
    """Takes the batches of all partitions, one after the other.

    1. **Decode** each record, or say why not.
    2. **Fold** what is new into the state of its content. Steps 1 and 2 run without an await: a freeze never sees half a range.
    3. **Produce** dead letters and re-keyed records, and wait for Kafka's acknowledgement.
    4. **Hand over** to the flusher, which **freezes** all that changed about once a second,
    5. **writes** it to ClickHouse, and
    6. **acknowledges** the ranges, which makes their offsets committable.

    Crash points: before the end of step 3 nothing of the batch is acknowledged, so it is read again; its dead letters and re-keyed records may
    then be in Kafka twice, under the same identity. Steps 4 to 6: see `pipeline.stream.flusher`. A batch that a rebalance has
    overtaken (`batch.live` is false) is left alone: its records are read again by whoever owns the partition now.
    """

    def __init__(
        self, states: Mapping[int, PartitionState], producer: Producer, flusher: Flusher, metrics: Metrics
    ) -> None:
        self._states = states
        self._producer = producer
        self._flusher = flusher
        self._metrics = metrics
        self._between = asyncio.Event()
        self._between.set()

    async def take(self, batch: Batch) -> None:
        """Steps 1 to 4. Any exception is unknown here: the worker must stop, and commits nothing of the batch."""
        await self._flusher.room()
        if not batch.live:
            return
        self._between.clear()
        try:
            with self._metrics.timed(Metric.BATCH_SECONDS):
                applied = self._fold(batch)
                await self._produce(applied)
                if batch.live:
                    self._flusher.add(batch.range, applied.rows)
        finally:
            self._between.set()

    async def drain(self, deadline_s: float) -> bool:
        """Finish the batch in hand, flush, and wait for the acknowledgement of everything, or for the deadline. Tells which."""
        until = asyncio.get_running_loop().time() + deadline_s
        try:
            await asyncio.wait_for(self._between.wait(), deadline_s)
        except TimeoutError:
            return False
        return await self._flusher.drain(until - asyncio.get_running_loop().time())

    def _fold(self, batch: Batch) -> Applied:
        with self._metrics.timed(Metric.STAGE_SECONDS, "decode"):
            decoded = decode(batch.records)
        with self._metrics.timed(Metric.STAGE_SECONDS, "fold"):
            applied = self._states[batch.partition].apply(batch.records, decoded)
        self._count(len(batch.records), applied)
        return applied

    async def _produce(self, applied: Applied) -> None:
        if not (applied.dead_letters or applied.misplaced):
            return
        with self._metrics.timed(Metric.STAGE_SECONDS, "produce"):
            await self._producer.send_dead_letters(applied.dead_letters)
            await self._producer.send_in_order(applied.misplaced)

    def _count(self, records: int, applied: Applied) -> None:
        add = self._metrics.add
        add(Metric.RECORDS_IN, records)
        add(Metric.EVENTS_FOLDED, applied.folded)
        add(Metric.DUPLICATES, applied.duplicates)
        add(Metric.RECORDS_SKIPPED, applied.skipped)
        add(Metric.MISPLACED_REPEATS, applied.repeats)
        add(Metric.MISPLACED, len(applied.misplaced))
        for letter in applied.dead_letters:
            add(Metric.DEAD_LETTERS, 1, letter.error.reason)

"""The cycle: what happens to one batch, step by step. The data path is here; everything else in this folder serves it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from pipeline.metrics import Metric, Metrics
from pipeline.stream.decode import decode
from pipeline.stream.misplaced import Misplaced
from pipeline.stream.surge import Surge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.stream.batch import Batch
    from pipeline.stream.decode import Decoded
    from pipeline.stream.flusher import Flusher
    from pipeline.stream.keeper import Recall, Revive
    from pipeline.stream.memory import Memory
    from pipeline.stream.partition import Applied, PartitionState
    from pipeline.stream.producer import Producer


KeepUp = Callable[["PartitionState"], Awaitable[None]]
"""Waits for a look around, should there be need for one: `pipeline.stream.refresh.Refresher.keep_up`."""


class Cycle:
    """Takes the batches of all partitions, one after the other.

    1. **Decode** each record, or say why not.
    2. **Fold** what is new into the state of its content, when memory has room for it; contents that left memory come back first. A range is folded without an await:
       a freeze never sees half of it. Before a link is folded, all that was folded before is flushed: the facts to be sent on are in the local store.
    3. **Produce** dead letters, re-keyed records and the events of merged contents, and wait for Kafka's acknowledgement.
    4. **Hand over** to the flusher, which **freezes** all that changed about once a second,
    5. **writes** it to ClickHouse,
    6. **keeps** it: changelog (committed), then local store, and
    7. **acknowledges** the ranges, which makes their offsets committable.

    Crash points: before the end of step 3 nothing of the batch is acknowledged, so it is read again; its dead letters and re-keyed records may
    then be in Kafka twice, under the same identity. Steps 4 to 7: see `pipeline.stream.flusher`. A batch that a rebalance has
    overtaken (`batch.live` is false) is left alone: its records are read again by whoever owns the partition now.
    """

    def __init__(
        self,
        states: Mapping[int, PartitionState],
        revive: Revive,
        producer: Producer,
        flusher: Flusher,
        metrics: Metrics,
        surge: Surge | None = None,
        *,
        memory: Memory | None = None,
        keep_up: KeepUp | None = None,
        recall: Recall | None = None,
    ) -> None:
        self._states = states
        self._revive = revive
        self._producer = producer
        self._flusher = flusher
        self._metrics = metrics
        self._surge = surge or Surge(0.0, 1)
        self._memory = memory
        self._keep_up = keep_up
        self._recall = recall
        self._between = asyncio.Event()
        self._between.set()

    async def take(self, batch: Batch) -> None:
        """Steps 1 to 4. Any exception is unknown here: the worker must stop, and commits nothing of the batch."""
        await self._flusher.room()
        if not batch.live:
            return
        with self._metrics.timed(Metric.STAGE_SECONDS, "decode"):
            decoded = decode(batch.records)
        await self._room(batch, decoded)
        if not batch.live:
            return
        self._between.clear()
        try:
            with self._metrics.timed(Metric.BATCH_SECONDS):
                applied = await self._fold(batch, decoded)
                if applied is None:
                    return
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

    async def _room(self, batch: Batch, decoded: Sequence[Decoded]) -> None:
        """Wait for looks that must not be left behind, and while memory is full of other contents. A drain does not wait for it."""
        state = self._states[batch.partition]
        if self._keep_up is not None:
            await self._keep_up(state)
        if self._memory is not None:
            await self._memory.room(lambda: state.needed(decoded), lambda: batch.live, self._flusher.hurry)

    async def _fold(self, batch: Batch, decoded: Sequence[Decoded]) -> Applied | None:
        """None when a rebalance overtook the batch while its contents came back to memory."""
        state = self._states[batch.partition]
        recalled: dict[bytes, Sequence[bytes]] = {}
        while (missing := state.missing(decoded)) or (wanted := set(state.linking(decoded)) - recalled.keys()):
            with self._metrics.timed(Metric.STAGE_SECONDS, "load"):
                if missing:
                    await self._revive(state, missing)
                else:
                    recalled |= await self._facts_of(state, sorted(wanted))
            if not batch.live:
                return None
        with self._metrics.timed(Metric.STAGE_SECONDS, "fold"):
            applied = state.apply(batch.records, decoded, recalled)
        self._count(len(batch.records), applied)
        self._surge.saw(len(batch.records), len(applied.dead_letters))
        return applied

    async def _facts_of(self, state: PartitionState, contents: Sequence[bytes]) -> Mapping[bytes, Sequence[bytes]]:
        """What is kept of contents that are about to be merged into others, with all that was folded before."""
        if self._recall is None:
            return dict.fromkeys(contents, ())
        await self._flusher.settle()
        return await self._recall(state, contents)

    async def _produce(self, applied: Applied) -> None:
        if not (applied.dead_letters or applied.misplaced):
            return
        self._flusher.sent.clear()
        with self._metrics.timed(Metric.STAGE_SECONDS, "produce"):
            await self._producer.send_dead_letters(applied.dead_letters)
            await self._producer.send_in_order(applied.misplaced)
        # Not after an error or a cancellation: the state is past records that were never sent, and nothing of it may be frozen any more.
        self._flusher.sent.set()

    def _count(self, records: int, applied: Applied) -> None:
        add = self._metrics.add
        add(Metric.RECORDS_IN, records)
        add(Metric.EVENTS_FOLDED, applied.folded)
        add(Metric.DUPLICATES, applied.duplicates)
        add(Metric.RECORDS_SKIPPED, applied.skipped)
        add(Metric.MISPLACED_REPEATS, applied.repeats)
        add(Metric.REPLAY_REPEATS, applied.replay_repeats)
        add(Metric.MISPLACED, sum(isinstance(record, Misplaced) for record in applied.misplaced))
        add(Metric.EVENTS_MERGED, applied.merged)
        for letter in applied.dead_letters:
            add(Metric.DEAD_LETTERS, 1, letter.error.reason)

"""The last resort of a restore: bring the state of a partition to the committed offset by reading the events topic.

Nothing is to be read when the changelog is there: it is never behind the committed offset. Without it, everything from the start is.

Everything below the committed offset is in ClickHouse, and its dead letters and re-keyed copies are in Kafka (that is what a commit means), so
it is folded silently.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.errors import UsageError
from pipeline.kafka import started, stopped
from pipeline.stream.decode import decode

if TYPE_CHECKING:
    from pipeline.stream.partition import PartitionState

log = logging.getLogger("cascades.rebuild")

CHUNK = 4000
"""Records folded between two turns of the event loop."""
FETCH_BYTES = 8 * 1024 * 1024

KEEP_EVERY = 100_000
"""Records between two writes to the changelog: what is folded leaves memory when it is too much, and a kill does not lose all the work."""

Progress = Callable[[int, int], None]
"""(partition, records still to be read)"""
Keep = Callable[["PartitionState"], Awaitable[None]]
"""Writes what is new to the changelog, and lets contents leave memory."""
Revive = Callable[["PartitionState", Sequence[bytes]], Awaitable[int]]
"""Brings contents back to memory."""


async def catch_up(
    state: PartitionState,
    until: int,
    client_options: Mapping[str, Any],
    progress: Progress,
    keep: Keep,
    revive: Revive,
    is_full: Callable[[], bool] = lambda: False,
) -> None:
    """Read the partition from `state.next_offset` to `until` (exclusive) and fold it without making rows.

    `is_full`: whether memory is, so that contents leave before more are folded. May be cancelled at any time and called again: the state goes on from where it is. Raises UsageError when the topic ends before `until`, or
    before what the state has applied.
    """
    consumer = AIOKafkaConsumer(
        **client_options, enable_auto_commit=False, auto_offset_reset="earliest", max_partition_fetch_bytes=FETCH_BYTES
    )
    try:
        await started(consumer)
        partition = TopicPartition(state.topic, state.partition)
        consumer.assign([partition])
        await _check_end(consumer, partition, max(until, state.next_offset))
        if state.next_offset < until:
            state.discard()  # what changed before lies below `until` too, so whoever committed that has written it
            await _read(consumer, state, until, progress, keep, revive, is_full)
    finally:
        await stopped(consumer)


async def _read(
    consumer: AIOKafkaConsumer,
    state: PartitionState,
    until: int,
    progress: Progress,
    keep: Keep,
    revive: Revive,
    is_full: Callable[[], bool],
) -> None:
    partition = TopicPartition(state.topic, state.partition)
    consumer.seek(partition, state.next_offset)
    position = kept = state.next_offset
    while position < until:
        fetched = await consumer.getmany(partition, timeout_ms=1000, max_records=CHUNK)
        records = [record for record in fetched.get(partition, ()) if record.offset < until]
        decoded = decode(records)
        while missing := state.missing(decoded):
            await revive(state, missing)
        state.apply(records, decoded)
        state.discard()
        # The position, not the last record: what lies at `until - 1` may be a transaction marker, or gone.
        position = await consumer.position(partition)
        progress(state.partition, max(0, until - position))
        if position - kept >= KEEP_EVERY or position >= until or is_full():
            kept = position
            await keep(state)
        await asyncio.sleep(0)


async def _check_end(consumer: AIOKafkaConsumer, partition: TopicPartition, until: int) -> None:
    end = (await consumer.end_offsets([partition]))[partition]
    if end < until:
        raise UsageError(
            f"{partition.topic} partition {partition.partition} ends at offset {end}, but records up to {until} were applied: the topic was made anew. "
            "Raise CASCADES_EPOCH by one and set a new CASCADES_GROUP, so that everything is read again"
        )

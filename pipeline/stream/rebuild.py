"""At assignment: bring the state of a partition to the committed offset, by reading the events topic.

Everything below the committed offset is in ClickHouse, and its dead letters and re-keyed copies are in Kafka (that is what a commit means), so
it is folded silently. A partition that this worker kept over a rebalance has its state still; then only the records are read that another owner
committed meanwhile, if any.

Room for durable state: what is read here from the start of the topic is read from the local store and the changelog then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.errors import UsageError
from pipeline.stream.decode import decode

if TYPE_CHECKING:
    from pipeline.stream.partition import PartitionState

log = logging.getLogger("cascades.rebuild")

CHUNK = 4000
"""Records folded between two turns of the event loop."""
FETCH_BYTES = 8 * 1024 * 1024

Progress = Callable[[int, int], None]
"""(partition, records still to be read)"""


async def catch_up(state: PartitionState, until: int, client_options: Mapping[str, Any], progress: Progress) -> None:
    """Read the partition from `state.next_offset` to `until` (exclusive) and fold it without making rows.

    May be cancelled at any time and called again: the state goes on from where it is. Raises UsageError when the topic ends before `until`.
    """
    if state.next_offset >= until:
        return
    state.discard()  # what changed before lies below `until` too, so whoever committed that has written it
    consumer = AIOKafkaConsumer(
        **client_options, enable_auto_commit=False, auto_offset_reset="earliest", max_partition_fetch_bytes=FETCH_BYTES
    )
    try:
        await _start(consumer)
        await _read(consumer, state, until, progress)
    finally:
        await consumer.stop()


async def _start(consumer: AIOKafkaConsumer) -> None:
    """Start it to the end even when cancelled: half-way, Kafka's client forgets to close its first connection."""
    starting = asyncio.ensure_future(consumer.start())
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.wait([starting])
        raise


async def _read(consumer: AIOKafkaConsumer, state: PartitionState, until: int, progress: Progress) -> None:
    partition = TopicPartition(state.topic, state.partition)
    consumer.assign([partition])
    await _check_end(consumer, partition, until)
    consumer.seek(partition, state.next_offset)
    position = state.next_offset
    while position < until:
        fetched = await consumer.getmany(partition, timeout_ms=1000, max_records=CHUNK)
        records = [record for record in fetched.get(partition, ()) if record.offset < until]
        state.apply(records, decode(records))
        state.discard()
        # The position, not the last record: what lies at `until - 1` may be a transaction marker, or gone.
        position = await consumer.position(partition)
        progress(state.partition, max(0, until - position))
        await asyncio.sleep(0)


async def _check_end(consumer: AIOKafkaConsumer, partition: TopicPartition, until: int) -> None:
    end = (await consumer.end_offsets([partition]))[partition]
    if end < until:
        raise UsageError(
            f"{partition.topic} partition {partition.partition} ends at offset {end}, but offset {until} was committed: the topic was made anew. "
            "Raise CASCADES_EPOCH by one and set a new CASCADES_GROUP, so that everything is read again"
        )

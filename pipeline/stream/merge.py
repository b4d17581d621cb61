"""Partitions of one topic read side by side, by the time of their records: the order is a function of what the topic holds, whoever reads it."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.kafka import client_options

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from pipeline.config import Settings

FETCH_MS = 1000
MOST_RECORDS = 4000


class Lane:
    """Some offsets of one partition, read in order."""

    def __init__(self, consumer: AIOKafkaConsumer, part: TopicPartition, offsets: range) -> None:
        self.partition = part.partition
        self._consumer = consumer
        self._part = part
        self._buffer: deque[Any] = deque()
        self._position, self._end = offsets.start, offsets.stop

    async def next(self) -> Any | None:
        """The next record; None at the end."""
        while not self._buffer and self._position < self._end:
            fetched = await self._consumer.getmany(self._part, timeout_ms=FETCH_MS, max_records=MOST_RECORDS)
            self._buffer.extend(record for record in fetched.get(self._part, ()) if record.offset < self._end)
            # The position, not the last record: what lies at the end may be the mark of a transaction.
            self._position = await self._consumer.position(self._part)
        return self._buffer.popleft() if self._buffer else None


async def extent_of(settings: Settings, topic: str, partitions: int) -> dict[int, range]:
    """The offsets that each partition has now."""
    parts = [TopicPartition(topic, number) for number in range(partitions)]
    async with AIOKafkaConsumer(**client_options(settings)) as consumer:
        begins, ends = await consumer.beginning_offsets(parts), await consumer.end_offsets(parts)
    return {part.partition: range(begins[part], ends[part]) for part in parts}


@asynccontextmanager
async def lanes(settings: Settings, topic: str, offsets: Mapping[int, range]) -> AsyncIterator[list[Lane]]:
    """A lane for each partition, each with a consumer of its own: a shared one would fetch for none of them while one has records left."""
    parts = [TopicPartition(topic, number) for number in offsets]
    consumers = [AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False) for _ in parts]
    try:
        yield await asyncio.gather(*map(_open, consumers, parts, offsets.values()))
    finally:
        await asyncio.gather(*(consumer.stop() for consumer in consumers))


async def _open(consumer: AIOKafkaConsumer, part: TopicPartition, offsets: range) -> Lane:
    await consumer.start()
    consumer.assign([part])
    consumer.seek(part, offsets.start)
    return Lane(consumer, part, offsets)


async def by_time(of: Iterable[Lane]) -> AsyncIterator[Any]:
    """All records; of the next ones of each partition always the oldest, of equals that of the lowest partition."""
    heads = [(record.timestamp, lane.partition, record, lane) for lane in of if (record := await lane.next())]
    heapify(heads)
    while heads:
        _, _, record, lane = heads[0]
        yield record
        following = await lane.next()
        if following is None:
            heappop(heads)
        else:
            heapreplace(heads, (following.timestamp, lane.partition, following, lane))

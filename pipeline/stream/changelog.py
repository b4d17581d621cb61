"""The changelog of one partition: transactions that a former owner can no longer commit, and reading them back.

Fence: every owner takes the same `transactional.id`, group + partition, before it reads. From then on Kafka refuses what a former owner still
sends, be it paused for hours, and aborts what it had begun. Readers see committed transactions only.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    IllegalStateError,
    InvalidProducerIdMapping,
    InvalidTxnState,
    KafkaError,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    UnknownProducerId,
)
from aiokafka.errors import KafkaTimeoutError as FullError

from pipeline.errors import FencedError
from pipeline.kafka import started, stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.stream.chunks import KeyValue

BATCH_BYTES = 512 * 1024
"""Keys and values that travel in one record batch, before compression: half of Kafka's default limit."""
TRANSACTION_TIMEOUT_MS = 600_000
"""Longest that Kafka may be away in the middle of a transaction (its own upper limit is 15 minutes). A new owner does not wait for it."""
FETCH_BYTES = 8 << 20
MOST_RECORDS = 20_000
"""Handed on at a stretch at restore; the event loop turns in between."""

_LOST = (
    IllegalStateError,
    InvalidProducerIdMapping,
    InvalidTxnState,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    UnknownProducerId,
)

Read = tuple[int, bytes, bytes]
"""Offset, key and value of a record."""
Take = Callable[[Sequence[Read], int], Awaitable[None]]
"""Gets some records in order, and how many offsets are still to come."""


class Message(NamedTuple):
    """A record of another topic that is seen if, and only if, the transaction is committed. Its key decides the partition."""

    topic: str
    key: bytes
    value: bytes


class Changelog:
    """One partition of the changelog topic."""

    def __init__(self, topic: str, partition: int, group: str, client_options: Mapping[str, Any]) -> None:
        self.topic = topic
        self.partition = partition
        self._id = f"{group}-{topic}-{partition}"
        self._options = dict(client_options)
        self._producer: AIOKafkaProducer | None = None

    async def take_over(self) -> None:
        """Fence off every former owner. Returns when what they had begun is aborted, so that the log's end stands still."""
        await self.close()
        producer = AIOKafkaProducer(
            **self._options,
            transactional_id=self._id,
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            max_batch_size=BATCH_BYTES,
            max_request_size=2 * BATCH_BYTES,
            compression_type="zstd",  # lz4 as aiokafka calls it costs five times the CPU and leaves a seventh more bytes
        )
        await started(producer)
        self._producer = producer

    async def append(self, records: Sequence[KeyValue], messages: Sequence[Message] = ()) -> int:
        """Write the records, and messages to other topics, in one transaction; returns the offset of the last record, once it is committed.

        Waits for as long as Kafka is away. Raises FencedError when another worker has taken over: nothing of the transaction is ever seen then.
        """
        producer = self._producer
        if producer is None:
            raise FencedError(f"{self.topic} partition {self.partition} was given up")
        try:
            return await self._commit(producer, records, messages)
        except KafkaError as error:
            await self.close()
            if isinstance(error, _LOST) or isinstance(error.__cause__, _LOST):
                raise FencedError(
                    f"another worker has taken over {self.topic} partition {self.partition} ({type(error).__name__}): this one joins the group anew"
                ) from error
            raise

    async def _commit(
        self, producer: AIOKafkaProducer, records: Sequence[KeyValue], messages: Sequence[Message]
    ) -> int:
        await producer.begin_transaction()
        batches = _batches(producer, records)
        futures = [await self._send_message(producer, message) for message in messages]
        futures += [await self._send(producer, batch) for batch in batches]
        results: list[Any] = await asyncio.gather(*futures, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        await producer.commit_transaction()
        return int(results[-1].offset + batches[-1].record_count()) - 1

    async def read(self, start: int, take: Take) -> int:
        """Hand every committed record from offset `start` on to `take(records, remaining)`, in order; returns the end.

        Records are (offset, key, value); what compaction removed is missing. `start` below the log's beginning means its beginning, and -1
        is returned, with nothing read, when it lies beyond the end.
        """
        consumer = AIOKafkaConsumer(
            **self._options,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=50,
        )
        try:
            await started(consumer)
            return await self._read(consumer, start, take)
        finally:
            await stopped(consumer)

    async def close(self) -> None:
        """Close the connections. A transaction in hand is not committed."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await stopped(producer)

    async def _read(self, consumer: AIOKafkaConsumer, start: int, take: Take) -> int:
        partition = TopicPartition(self.topic, self.partition)
        consumer.assign([partition])
        end = int((await consumer.end_offsets([partition]))[partition])
        beginning = int((await consumer.beginning_offsets([partition]))[partition])
        if start > end:
            return -1
        position = max(start, beginning)
        consumer.seek(partition, position)
        while position < end:
            fetched = (await consumer.getmany(partition, timeout_ms=500, max_records=MOST_RECORDS)).get(partition, ())
            # The position, not the last record: the log ends with the mark of a transaction.
            position = await consumer.position(partition)
            records = [(record.offset, record.key, record.value) for record in fetched if record.offset < end]
            await take(records, max(0, end - position))
        return end

    async def _send(self, producer: AIOKafkaProducer, batch: Any) -> Awaitable[Any]:
        while True:
            # Full: the batch before it still waits for Kafka, and so does this one.
            with contextlib.suppress(FullError):
                sent: Awaitable[Any] = await producer.send_batch(batch, self.topic, partition=self.partition)
                return sent

    async def _send_message(self, producer: AIOKafkaProducer, message: Message) -> Awaitable[Any]:
        while True:
            with contextlib.suppress(FullError):
                sent: Awaitable[Any] = await producer.send(message.topic, message.value, key=message.key)
                return sent


def _batches(producer: AIOKafkaProducer, records: Sequence[KeyValue]) -> list[Any]:
    """The records in as few record batches as hold them, in order. Raises ValueError for a record that no batch holds: a bug."""
    batches = []
    start = 0
    while start < len(records):
        batch = producer.create_batch()
        first = start
        while start < len(records) and batch.append(
            timestamp=None, key=records[start][0], value=records[start][1], headers=[]
        ):
            start += 1
        if start == first:
            raise ValueError(f"a changelog record of {len(records[start][1])} bytes fits no batch")
        batch.close()
        batches.append(batch)
    return batches

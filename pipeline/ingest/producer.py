"""Records into `share.events`, in batches per partition."""

from __future__ import annotations

from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError

from pipeline.errors import UnavailableError
from pipeline.kafka import client_options, partition_for
from pipeline.kafka_security import refusal

if TYPE_CHECKING:
    import asyncio

    from pipeline.config import Settings

BATCH_BYTES = 900 * 1024
IN_FLIGHT = 16
"""Batches that may wait for the broker's answer; then `put` waits. Bounds memory to about 16 MB."""
_KEYS_REMEMBERED = 100_000


class Batch(Protocol):
    """What is used of aiokafka's BatchBuilder."""

    def append(self, *, timestamp: int | None, key: bytes | None, value: bytes) -> object | None:
        """None, and nothing added, when the batch is full."""

    def record_count(self) -> int:
        """Records appended so far."""
        ...


class Client(Protocol):
    """What is used of aiokafka's producer."""

    async def start(self) -> None:
        """Connect. Raises KafkaError when no broker answers."""

    async def stop(self) -> None:
        """Send what waits, then disconnect."""

    def create_batch(self) -> Any:
        """A `Batch`, empty."""

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> asyncio.Future[Any]:
        """Hand over a batch, after those before it; the future is its acknowledgement, or the KafkaError that it met."""
        ...


class EventProducer:
    """Puts records into the events topic, each partition in the order of `put`.

    Guarantee: after `flush` (or leaving the context without an error) every record put is acknowledged by all in-sync replicas, once
    (idempotent producer). When it raises, records put since the last flush may or may not be there: putting them again is harmless, because
    events are deduplicated by their id. Raises UnavailableError when Kafka is not there or refuses a batch.
    """

    def __init__(self, settings: Settings, client: Client | None = None) -> None:
        self._settings = settings
        self._topic, self._partitions = settings.events_topic, settings.partitions
        self._client = client
        self._open: dict[int, Any] = {}
        self._in_flight: deque[tuple[int, int, asyncio.Future[Any]]] = deque()
        self._partition_of: dict[bytes, int] = {}
        self._keyless = count()
        self.acknowledged = 0
        self.ends: dict[int, int] = {}
        """By partition: the offset after the last acknowledged record."""

    async def __aenter__(self) -> Self:
        self._client = self._client or AIOKafkaProducer(
            **client_options(self._settings),
            acks="all",
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES,
            compression_type="zstd",  # events shrink to a twentieth; lz4 as aiokafka calls it costs twice the time
        )
        try:
            await self._client.start()
        except KafkaConnectionError as error:
            await self._client.stop()
            raise await refusal(self._settings, error) from error
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                await self.flush()
        finally:
            await self._started.stop()

    @property
    def _started(self) -> Client:
        if self._client is None:
            raise RuntimeError("enter the producer's context first")
        return self._client

    def put_now(self, key: bytes | None, value: bytes) -> int | None:
        """Put a record without waiting. Returns None, or the partition whose batch is full: `await make_room(partition)`, then put again."""
        partition = self._partition(key)
        batch = self._open.get(partition)
        if batch is None:
            batch = self._open[partition] = self._started.create_batch()
        return None if batch.append(timestamp=None, key=key, value=value) is not None else partition

    async def put(self, key: bytes | None, value: bytes) -> None:
        """Put a record; waits while too much is under way."""
        while (full := self.put_now(key, value)) is not None:
            await self.make_room(full)

    async def make_room(self, partition: int) -> None:
        """Send the open batch of this partition, and wait while too many are under way."""
        batch = self._open.pop(partition)
        try:
            future = await self._started.send_batch(batch, self._topic, partition=partition)
        except KafkaError as error:
            raise self._refused(error) from error
        self._in_flight.append((partition, batch.record_count(), future))
        while len(self._in_flight) > IN_FLIGHT:
            await self._settle()

    async def flush(self) -> None:
        """Send what is open and wait until Kafka has acknowledged everything."""
        for partition in list(self._open):
            await self.make_room(partition)
        while self._in_flight:
            await self._settle()

    async def _settle(self) -> None:
        partition, records, future = self._in_flight.popleft()
        try:
            told = await future
        except KafkaError as error:
            raise self._refused(error) from error
        self.acknowledged += records
        self.ends[partition] = max(self.ends.get(partition, 0), told.offset + records)

    def _refused(self, error: KafkaError) -> UnavailableError:
        return UnavailableError(
            f"Kafka did not take records for {self._topic}: {error!r}. {self.acknowledged} records are acknowledged; "
            "sending all of them again changes no figure."
        )

    def _partition(self, key: bytes | None) -> int:
        if key is None:
            return next(self._keyless) % self._partitions
        found = self._partition_of.get(key)
        if found is None:
            if len(self._partition_of) >= _KEYS_REMEMBERED:
                self._partition_of.clear()
            found = self._partition_of[key] = partition_for(key, self._partitions)
        return found

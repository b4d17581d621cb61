"""Records into Kafka for many requests at once: each is told when its own records are acknowledged.

Requests share batches. While one batch is on its way, the next one fills: the busier, the larger, without a waiting time when it is quiet.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from pipeline.errors import CascadesError, UnavailableError
from pipeline.kafka import client_options, ensure_topics, partition_count, partition_for
from pipeline.kafka_security import refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from pipeline.config import Settings

log = logging.getLogger("cascades.ingest")

BATCH_BYTES = 900 * 1024
"""Of one record batch, below Kafka's default limit of 1 MiB."""
REQUEST_TIMEOUT_MS = 8_000
"""A batch that is not acknowledged for so long is given up: a platform waits 10 s for its answer (X), and sends again."""
REVIVE_S = 1.0
"""Between two attempts to connect."""
_KEYS_REMEMBERED = 100_000

Headers = list[tuple[str, bytes]]


class Entry(NamedTuple):
    """One record to be sent. The partition is that of the key; without one, of the value."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Headers = []  # noqa: RUF012 - of a NamedTuple, never changed


@dataclass(slots=True)
class _Batch:
    builder: Any
    acknowledged: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class KafkaSender:
    """Sends records under their keys with acks=all through an idempotent producer.

    Guarantee: when `send` returns, every record of the call is acknowledged by all in-sync replicas. When it raises, some of them may be there
    all the same: sending them again is harmless, because events are deduplicated by their id. After a failure the producer is made anew (an
    idempotent one cannot go on after a batch that was given up); until it has connected, `send` raises at once.
    """

    def __init__(
        self,
        settings: Settings,
        make: Callable[[], Any] | None = None,
        prepare: Callable[[], Awaitable[dict[str, int]]] | None = None,
    ) -> None:
        self._settings = settings
        self._make = make or self._producer
        self._prepare = prepare or self._topics
        self._partitions: dict[str, int] = {}
        self._partition_of: dict[tuple[str, bytes], int] = {}
        self._open: dict[tuple[str, int], _Batch] = {}
        self._full: deque[tuple[tuple[str, int], _Batch]] = deque()
        self._wake = asyncio.Event()
        self._client: Any = None
        self._tasks: list[asyncio.Task[None]] = []
        self._broken = asyncio.Event()
        self.problem = "not connected yet"
        """Why nothing can be sent; empty when all is well."""

    def _producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **client_options(self._settings),
            acks="all",
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            compression_type="zstd",
        )

    async def _topics(self) -> dict[str, int]:
        """Partition counts, after creating what is missing and checking what is there."""
        await ensure_topics(self._settings)
        names = (self._settings.events_topic, self._settings.dead_letter_topic, self._settings.undo_topic)
        return {name: await partition_count(self._settings, name) for name in names}

    async def start(self) -> None:
        """Begin to connect; returns at once. `problem` is empty when Kafka can be sent to."""
        self._broken.set()
        self._tasks = [asyncio.create_task(self._keep_connected()), asyncio.create_task(self._pump())]

    async def stop(self) -> None:
        """Close the connections. Nothing is pending unless a request is still waiting: that one gets an error."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._fail_waiting(UnavailableError("this process stops"))
        await self._close()

    async def send(self, entries: Iterable[Entry]) -> None:
        """Send and wait until all are acknowledged. Raises UnavailableError when they are not, or not certainly."""
        if self.problem:
            raise UnavailableError(self.problem)
        waiting = {id(batch): batch.acknowledged for batch in map(self._put, entries)}
        self._wake.set()
        try:
            for acknowledged in waiting.values():
                # A request that is given up must not take the acknowledgement of others along.
                await asyncio.shield(acknowledged)
        except KafkaError as error:
            raise UnavailableError(f"Kafka did not acknowledge: {error!r}") from error

    def _put(self, entry: Entry) -> _Batch:
        place = (entry.topic, self._partition(entry.topic, entry.key, entry.value))
        batch = self._open.get(place)
        if batch is None or not self._append(batch, entry):
            if batch is not None:
                self._full.append((place, batch))
            batch = self._open[place] = _Batch(self._client.create_batch())
            self._append(batch, entry)
        return batch

    @staticmethod
    def _append(batch: _Batch, entry: Entry) -> bool:
        """The first record of a batch fits whatever its size."""
        return batch.builder.append(timestamp=None, key=entry.key, value=entry.value, headers=entry.headers) is not None

    def _partition(self, topic: str, key: bytes | None, value: bytes) -> int:
        if key is None:
            return partition_for(value[-64:], self._partitions[topic])
        found = self._partition_of.get((topic, key))
        if found is None:
            if len(self._partition_of) >= _KEYS_REMEMBERED:
                self._partition_of.clear()
            found = self._partition_of[topic, key] = partition_for(key, self._partitions[topic])
        return found

    async def _pump(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._full or self._open:
                (topic, partition), batch = self._full.popleft() if self._full else self._open.popitem()
                await self._dispatch(topic, partition, batch)

    async def _dispatch(self, topic: str, partition: int, batch: _Batch) -> None:
        """Waits while the batch before it in the same partition has not left: meanwhile the open ones fill."""
        try:
            sent = await self._connection.send_batch(batch.builder, topic, partition=partition)
        except KafkaError as error:
            self._failed(batch, error)
            return
        sent.add_done_callback(lambda future: self._settle(batch, future))

    def _settle(self, batch: _Batch, sent: asyncio.Future[Any]) -> None:
        error = asyncio.CancelledError() if sent.cancelled() else sent.exception()
        if error is not None:
            self._failed(batch, error if isinstance(error, KafkaError) else KafkaError(repr(error)))
        elif not batch.acknowledged.done():
            batch.acknowledged.set_result(None)

    def _failed(self, batch: _Batch, error: KafkaError) -> None:
        self._refuse(batch, error)
        if not self.problem:
            log.warning("Kafka does not take records (%r): connecting anew", error)
        self.problem = f"Kafka did not take records: {error!r}"
        self._broken.set()

    @staticmethod
    def _refuse(batch: _Batch, error: Exception) -> None:
        if not batch.acknowledged.done():
            batch.acknowledged.set_exception(error)
            batch.acknowledged.exception()  # nobody may be waiting any more

    def _fail_waiting(self, error: Exception) -> None:
        while self._full or self._open:
            _, batch = self._full.popleft() if self._full else self._open.popitem()
            self._refuse(batch, error)

    async def _keep_connected(self) -> None:
        while True:
            await self._broken.wait()
            await self._close()
            self._fail_waiting(KafkaError("the connection was made anew"))
            try:
                self._client = await self._connected()
            except CascadesError as error:
                self.problem = str(error)
                await asyncio.sleep(REVIVE_S)
                continue
            self._broken.clear()
            self.problem = ""

    async def _connected(self) -> Any:
        self._partitions |= await self._prepare()
        client = self._make()
        try:
            await client.start()
        except (KafkaError, OSError) as error:
            await client.stop()
            raise await refusal(self._settings, error) from error
        return client

    @property
    def _connection(self) -> Any:
        if self._client is None:
            raise KafkaError("the connection is made anew")
        return self._client

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                await client.stop()
            except KafkaError as error:
                log.debug("closing a broken producer: %r", error)

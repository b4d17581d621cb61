"""Step 3 of the cycle: dead letters and re-keyed records to Kafka, acknowledged by all in-sync replicas before anything else happens.

Promise: when a method returns, every record is in Kafka at least once. While Kafka does not take them it tries for ever, so the
partition waits; an error that waiting cannot cure is raised and stops the worker.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from pipeline.backoff import Backoff
from pipeline.metrics import Metric, Metrics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

    from pipeline.status import Status
    from pipeline.stream.dead_letters import DeadLetter
    from pipeline.stream.misplaced import Copy

log = logging.getLogger("cascades.produce")

TAKES = "Kafka takes dead letters and re-keyed records"
MAX_REQUEST_BYTES = 90 * 1024 * 1024
"""Below the broker's own bound of 100 MiB. The topic says what a record may have; the client shall not know better."""
BATCH_BYTES = 256 * 1024
"""Re-keyed records that travel in one Kafka record batch: all of it is appended, or nothing."""


class Producer:
    """Sends what leaves the worker through Kafka. One per worker."""

    def __init__(
        self,
        client_options: Mapping[str, Any],
        dead_letter_topic: str,
        events_topic: str,
        status: Status,
        metrics: Metrics,
    ) -> None:
        self._options = dict(client_options)
        self._dead_letter_topic = dead_letter_topic
        self._events_topic = events_topic
        self._status = status
        self._metrics = metrics
        self._backoff = Backoff()
        self._kafka: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect. Raises KafkaConnectionError when no broker answers."""
        # Repeats are harmless here, whereas an idempotent producer cannot go on after a batch that timed out.
        kafka = AIOKafkaProducer(
            **self._options,
            acks="all",
            enable_idempotence=False,
            max_request_size=MAX_REQUEST_BYTES,
            max_batch_size=BATCH_BYTES,
        )
        self._kafka = kafka
        await kafka.start()
        self._status.set("produce", ok=True, detail=TAKES)

    async def stop(self) -> None:
        """Close the connections. Nothing is pending: every send is awaited."""
        if self._kafka is not None:
            await self._kafka.stop()

    async def send_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Produce dead letters; their order does not matter. An attempt that fails sends again only what was not acknowledged."""
        waiting = list(letters)

        async def attempt() -> None:
            results = await asyncio.gather(*map(self._send, waiting), return_exceptions=True)
            waiting[:] = [
                letter for letter, result in zip(waiting, results, strict=True) if isinstance(result, BaseException)
            ]
            for result in results:
                if isinstance(result, BaseException):
                    raise result

        await self._until_taken(attempt)

    async def send_in_order(self, misplaced: Sequence[Again]) -> None:
        """Produce re-keyed records: those of one target partition in the order given, one record batch after the other.

        A failed batch holds up those behind it, so what a target partition has got is always a prefix: the fence of
        `pipeline.stream.misplaced` depends on it.
        """
        targets: defaultdict[int, list[Again]] = defaultdict(list)
        for record in misplaced:
            targets[record.partition].append(record)
        await asyncio.gather(*(self._send_to(partition, records) for partition, records in targets.items()))

    async def _send(self, letter: DeadLetter) -> None:
        record = letter.record
        value = (
            b"" if record.value is None and record.key is None else record.value
        )  # Kafka's client wants one of the two
        await self._connected.send_and_wait(self._dead_letter_topic, value, key=record.key, headers=letter.headers)

    async def _send_to(self, partition: int, records: Sequence[Again]) -> None:
        for some in _batches(_copies(records)):
            waiting = some
            while waiting:
                sent = 0

                async def attempt(waiting: Sequence[_Keyed] = waiting) -> None:
                    nonlocal sent
                    sent = await self._send_batch(partition, waiting)

                await self._until_taken(attempt)
                waiting = waiting[sent:]

    async def _send_batch(self, partition: int, copies: Sequence[_Keyed]) -> int:
        """One record batch from the front of `copies`, appended as a whole or not at all; tells how many went in."""
        batch = self._connected.create_batch()
        count = 0
        while count < len(copies) and self._append(batch, *copies[count]):
            count += 1
        batch.close()
        await (await self._connected.send_batch(batch, self._events_topic, partition=partition))
        return count

    @staticmethod
    def _append(batch: Any, key: bytes, value: bytes | None, headers: list[tuple[str, bytes]]) -> bool:
        return batch.append(timestamp=None, key=key, value=value, headers=headers) is not None

    async def _until_taken(self, attempt: Callable[[], Awaitable[None]]) -> None:
        failed = False
        while True:
            try:
                await attempt()
            except KafkaError as error:
                if not (error.retriable or isinstance(error, KafkaTimeoutError)):
                    raise
                failed = True
                await self._wait(error)
            else:
                if failed:
                    self._status.set("produce", ok=True, detail=TAKES)
                self._backoff.reset()
                return

    async def _wait(self, error: KafkaError) -> None:
        seconds = self._backoff.next()
        self._metrics.add(Metric.PRODUCE_RETRIES)
        self._status.set("produce", ok=False, detail=f"Kafka does not take dead letters or re-keyed records: {error}")
        log.warning("Kafka does not take records (%s); trying again in %.1f s", error, seconds)
        await asyncio.sleep(seconds)

    @property
    def _connected(self) -> AIOKafkaProducer:
        if self._kafka is None:
            raise RuntimeError("the producer was not started")
        return self._kafka


class Again(Protocol):
    """What becomes one or more records of one partition of the events topic, in order."""

    @property
    def key(self) -> bytes:
        """Of all of them."""
        ...

    @property
    def partition(self) -> int:
        """Of all of them."""
        ...

    def copies(self) -> Iterator[Copy]:
        """Value and headers of each, one by one: a content may have a million."""
        ...


_Keyed = tuple[bytes, bytes | None, list[tuple[str, bytes]]]
ROOM_PER_COPY = 64
"""Bytes that Kafka's framing of a record takes at most, about."""


def _copies(records: Iterable[Again]) -> Iterator[_Keyed]:
    for record in records:
        for value, headers in record.copies():
            yield record.key, value, headers


def _batches(copies: Iterable[_Keyed]) -> Iterator[list[_Keyed]]:
    """As many as fit a record batch, at least one: the first of a batch fits whatever its size."""
    batch: list[_Keyed] = []
    left = BATCH_BYTES
    for copy in copies:
        size = _size(copy)
        if batch and size > left:
            yield batch
            batch, left = [], BATCH_BYTES
        batch.append(copy)
        left -= size
    if batch:
        yield batch


def _size(copy: _Keyed) -> int:
    key, value, headers = copy
    return ROOM_PER_COPY + len(key) + len(value or b"") + sum(len(name) + len(of or b"") + 16 for name, of in headers)

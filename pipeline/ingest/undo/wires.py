"""The desk's connections: where records go, which acts are stored, and how far ClickHouse shows the events."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from aiokafka import AIOKafkaProducer

from pipeline.kafka import client_options, partition_for

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pipeline.config import Settings
    from pipeline.ingest.undo.ruling import Act
    from pipeline.ingest.undo.stored import StoredActs
    from pipeline.ingest.undo.work import Out
    from pipeline.ingest.watermark import Watermarks

MAX_REQUEST_BYTES = 8 * 1024 * 1024


class KafkaOutbox:
    """Produces with acks=all, idempotently. After an error it is of no use any more: make another."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __aenter__(self) -> Self:
        self._kafka = AIOKafkaProducer(
            **client_options(self._settings), acks="all", enable_idempotence=True, max_request_size=MAX_REQUEST_BYTES
        )
        try:
            await self._kafka.start()
        except BaseException:
            await self._kafka.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._kafka.stop()

    async def send(self, outs: Iterable[Out]) -> None:
        """Return when all are acknowledged by all in-sync replicas. Raises KafkaError when they are not, or not certainly."""
        sent = [
            await self._kafka.send(
                out.topic, out.value, key=out.key, partition=self._partition(out), headers=out.headers
            )
            for out in outs
        ]
        await asyncio.gather(*sent)

    def _partition(self, out: Out) -> int | None:
        if out.topic == self._settings.events_topic and out.key is not None:
            return partition_for(out.key, self._settings.partitions)
        return out.partition


class AskedActs:
    """Asks for stored acts in a thread."""

    def __init__(self, stored: StoredActs) -> None:
        self._stored = stored

    async def named(self, names: Collection[str]) -> dict[str, list[Act]]:
        """See `StoredActs.named`."""
        return await asyncio.to_thread(self._stored.named, names)


class CommittedEvents:
    """What the workers have committed is in ClickHouse."""

    def __init__(self, marks: Watermarks) -> None:
        self._marks = marks

    async def mark(self) -> dict[int, int]:
        """Where the events end now, by partition."""
        return await self._marks.ends()

    async def missing(self, mark: dict[int, int]) -> int:
        """How many events before the mark ClickHouse does not show yet. What Kafka has dropped is not waited for."""
        if not any(mark.values()):
            return 0
        committed, begins = await self._marks.committed(), await self._marks.begins()
        return sum(max(0, end - max(committed.get(number, 0), begins[number])) for number, end in mark.items())

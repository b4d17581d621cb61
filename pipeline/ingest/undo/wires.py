"""The desk's connections: where records go, which acts are stored, and how far ClickHouse shows the events."""

from __future__ import annotations

import asyncio
from time import monotonic
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
PATIENCE_S = 5.0
"""Seconds without a commit of the workers after which it is looked at what they have left to read."""


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
    """What the workers have committed is in ClickHouse. What stands still just before its end may be nothing but marks of transactions."""

    def __init__(self, marks: Watermarks, patience_s: float = PATIENCE_S) -> None:
        self._marks, self._patience_s = marks, patience_s
        self._stood: dict[int, tuple[int, float]] = {}
        self._empty: dict[int, tuple[int, int]] = {}
        """By partition: offsets that hold no records."""

    async def mark(self) -> dict[int, int]:
        """Where the events end now, by partition."""
        return await self._marks.ends()

    async def missing(self, mark: dict[int, int]) -> int:
        """How many events before the mark ClickHouse does not show yet, about. What Kafka has dropped is not waited for."""
        if not any(mark.values()):
            return 0
        committed, begins = await self._marks.committed(), await self._marks.begins()
        shown = {number: max(committed.get(number, 0), begins[number]) for number in mark}
        return sum([await self._gap(number, shown[number], end) for number, end in mark.items() if shown[number] < end])

    async def _gap(self, number: int, start: int, end: int) -> int:
        if (start, end) != self._empty.get(number) and self._stands(number, start):
            if await self._marks.holds_records(number, start, end):
                self._stood.pop(number)
            else:
                self._empty[number] = start, end
        return 0 if (start, end) == self._empty.get(number) else end - start

    def _stands(self, number: int, start: int) -> bool:
        """Whether the workers have not moved for a while."""
        before, since = self._stood.get(number, (None, 0.0))
        if before != start:
            self._stood[number] = start, (since := monotonic())
        return monotonic() - since >= self._patience_s

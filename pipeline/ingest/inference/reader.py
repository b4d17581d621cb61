"""The events topic as the step reads it: from a window before the place where it stopped, so that it knows what it knew then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from pipeline.kafka import admin_client, client_options, started, stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.config import Settings

Batch = dict[int, list[Any]]
"""Records by partition, in the order of the log."""
_WAIT_MS: Final = 500
_MOST_RECORDS: Final = 2000


class Place(NamedTuple):
    """Where a partition was left: the first offset not dealt with, and when Kafka appended the record before it (ms since 1970)."""

    offset: int
    appended_ms: int


class Reader:
    """Reads all partitions. The places are committed under a group without members: there is nothing to be shared out, see decision 0195.

    Raises KafkaError, UnavailableError. After an error it is of no use any more: make another.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.left: Mapping[int, Place] = {}
        """Records below were dealt with in an earlier life; partitions never read are left out."""

    async def __aenter__(self) -> Self:
        self._consumer = AIOKafkaConsumer(
            **client_options(self._settings),
            group_id=self._settings.infer_group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # where Kafka has dropped the place meanwhile
        )
        await started(self._consumer)
        try:
            self.left = await self._places()
            await self._go_back()
        except BaseException:
            await stopped(self._consumer)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await stopped(self._consumer)

    async def batch(self) -> Batch:
        """What comes next; empty after half a second without a record."""
        found = await self._consumer.getmany(timeout_ms=_WAIT_MS, max_records=_MOST_RECORDS)
        return {tp.partition: records for tp, records in found.items()}

    async def commit(self, places: Mapping[int, Place]) -> None:
        """Keep how far partitions were dealt with."""
        told = {self._of(number): OffsetAndMetadata(at.offset, str(at.appended_ms)) for number, at in places.items()}
        if told:
            await self._consumer.commit(told)

    async def _places(self) -> dict[int, Place]:
        async with admin_client(self._settings) as admin:
            told = await admin.list_consumer_group_offsets(self._settings.infer_group)
        return {
            tp.partition: Place(at.offset, int(at.metadata or 0))
            for tp, at in told.items()
            if tp.topic == self._settings.events_topic and at.offset >= 0
        }

    async def _go_back(self) -> None:
        """To a window before the places; to the beginning of partitions that were never read."""
        partitions = [self._of(number) for number in range(self._settings.partitions)]
        self._consumer.assign(partitions)
        await self._consumer.seek_to_beginning(*partitions)
        window_ms = int(self._settings.infer_window_hours * 3_600_000)
        since = {self._of(number): max(0, at.appended_ms - window_ms) for number, at in self.left.items()}
        for tp, found in (await self._consumer.offsets_for_times(since)).items() if since else ():
            place = self.left[tp.partition].offset
            self._consumer.seek(tp, place if found is None else min(place, found.offset))

    def _of(self, number: int) -> TopicPartition:
        return TopicPartition(self._settings.events_topic, number)

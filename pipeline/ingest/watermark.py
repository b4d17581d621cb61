"""How far the workers are: the consumer group's committed offsets, which by design follow ClickHouse's acknowledgement."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaError,
    NotCoordinatorForGroupError,
)

from pipeline.errors import UnavailableError
from pipeline.kafka import client_options
from pipeline.kafka_security import refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiokafka.structs import OffsetAndMetadata

    from pipeline.config import Settings

POLL_S = 0.25
COORDINATOR_TRIES = 40
"""One every POLL_S, so 10 s in all: a broker that has never had a group makes its offsets topic first."""
_MEMBERS = 5  # place in a described group: error, name, state, protocol type, protocol, members


class Watermarks:
    """Reads end and committed offsets of the events topic. Raises UnavailableError when Kafka does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin = AIOKafkaAdminClient(**client_options(settings))
        self._consumer = AIOKafkaConsumer(**client_options(settings))

    async def __aenter__(self) -> Self:
        try:
            await self._admin.start()
            await self._consumer.start()
        except KafkaError as error:
            await self._close()
            raise await refusal(self._settings, error) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def _close(self) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def committed(self) -> dict[int, int]:
        """By partition: everything before this offset is in ClickHouse. Partitions without a commit are left out."""
        try:
            offsets = await self._offsets()
        except KafkaError as error:
            raise UnavailableError(
                f"Kafka does not tell the offsets of group {self._settings.group}: {error!r}"
            ) from error
        return {tp.partition: told.offset for tp, told in offsets.items() if tp.topic == self._settings.events_topic}

    async def _offsets(self) -> dict[TopicPartition, OffsetAndMetadata]:
        """A broker that has never had a group makes its offsets topic when it is first asked: ask again."""
        for _ in range(COORDINATOR_TRIES):
            try:
                return dict(await self._admin.list_consumer_group_offsets(self._settings.group))
            except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError):
                await asyncio.sleep(POLL_S)
        return dict(await self._admin.list_consumer_group_offsets(self._settings.group))

    async def ends(self) -> dict[int, int]:
        """By partition: the offset after the last record."""
        partitions = [
            TopicPartition(self._settings.events_topic, number) for number in range(self._settings.partitions)
        ]
        try:
            offsets = await self._consumer.end_offsets(partitions)
        except KafkaError as error:
            raise UnavailableError(
                f"Kafka does not tell where {self._settings.events_topic} ends: {error!r}"
            ) from error
        return {tp.partition: offset for tp, offset in offsets.items()}

    async def lag(self) -> dict[int, int]:
        """By partition: records that are in Kafka and not yet in ClickHouse."""
        committed, ends = await self.committed(), await self.ends()
        return {partition: end - committed.get(partition, 0) for partition, end in sorted(ends.items())}

    async def members(self) -> int:
        """Workers in the group right now."""
        try:
            (answer,) = await self._admin.describe_consumer_groups([self._settings.group])
            return sum(len(group[_MEMBERS]) for group in answer.groups)
        except (KafkaError, ValueError):
            return 0


async def wait_for(
    ends: Mapping[int, int],
    committed: Callable[[], Awaitable[dict[int, int]]],
    report: Callable[[int], None],
    *,
    stall_s: float,
    poll_s: float = POLL_S,
) -> None:
    """Return when the committed offset of every partition has reached its end: ClickHouse then shows every record before the ends.

    `report` gets the number of records still missing. Raises UnavailableError when that number does not fall for `stall_s` seconds.
    """
    missing, moved = _missing(ends, {}), monotonic()
    while True:
        now_missing = _missing(ends, await committed())
        if now_missing < missing:
            missing, moved = now_missing, monotonic()
        report(missing)
        if not now_missing:
            return
        if monotonic() - moved > stall_s:
            raise UnavailableError(
                f"{missing} records are in Kafka but not in ClickHouse, and nothing has moved for {stall_s:.0f} s. "
                "Is `cascades worker` running and ready? `cascades status` shows the lag, `cascades doctor` what to do."
            )
        await asyncio.sleep(poll_s)


def _missing(ends: Mapping[int, int], committed: Mapping[int, int]) -> int:
    return sum(max(0, end - committed.get(partition, 0)) for partition, end in ends.items())

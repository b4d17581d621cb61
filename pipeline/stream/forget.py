"""Throw away the state of a group, so that its workers read every event again. `share.events` is all that is needed.

What was told is no state: the alert records are carried over, so that no alert is told twice and none takes the id of an older one.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.errors import UnavailableError, UsageError
from pipeline.kafka import admin_client, changelog_spec, client_options, ensure_topics, missing_topics
from pipeline.stream.carry import Aside, read_told, write_told
from pipeline.stream.state_dir import throw_away

if TYPE_CHECKING:
    from pipeline.config import Settings

GONE_DEADLINE_S = 30.0
"""Until a deleted topic is gone on all brokers: only then can it be made anew."""
_MEMBERS = 5  # place in a described group


async def forget_state(settings: Settings) -> int:
    """Remove local state and changelog of the group, and set its offsets to the start of the events. Returns how many records are to be read again.

    Safe at any point: whatever is left after a crash in between, the workers come to the same figures, and this may be run again. Rows are
    written again under the versions that they have. Raises UsageError while a worker of the group runs, UnavailableError without Kafka.
    """
    await require_no_worker(settings)
    throw_away(settings)
    changelog = changelog_spec(settings).name
    missing = await missing_topics(settings)
    aside = Aside(settings)
    told = aside.put((await read_told(settings))[0])
    records = 0 if settings.events_topic in missing else await _rewind(settings)
    if changelog not in missing:
        async with admin_client(settings) as connection:
            await connection.delete_topics([changelog])
        await _until_gone(settings, changelog)
    await ensure_topics(settings)
    await write_told(settings, told)
    aside.done()
    return records


async def require_no_worker(settings: Settings) -> None:
    """Raises UsageError while a worker of the group runs, UnavailableError without Kafka."""
    async with admin_client(settings) as connection:
        answers = await connection.describe_consumer_groups([settings.group])
    members = [member for answer in answers for group in answer.groups for member in group[_MEMBERS]]
    if members:
        raise UsageError(
            f"{len(members)} worker(s) of group {settings.group} run: stop them first (a killed one is forgotten after {settings.session_timeout_s:.0f} s)"
        )


async def _rewind(settings: Settings) -> int:
    consumer = AIOKafkaConsumer(**client_options(settings), group_id=settings.group, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(settings.events_topic, number) for number in range(settings.partitions)]
        consumer.assign(partitions)
        begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        await consumer.commit(begins)
        return int(sum(ends.values()) - sum(begins.values()))
    finally:
        await consumer.stop()


async def _until_gone(settings: Settings, topic: str) -> None:
    until = time.monotonic() + GONE_DEADLINE_S
    while topic not in await missing_topics(settings):
        if time.monotonic() > until:
            raise UnavailableError(f"Kafka does not delete topic {topic}: is delete.topic.enable set to false?")
        await asyncio.sleep(0.2)

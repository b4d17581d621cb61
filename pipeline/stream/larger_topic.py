"""The topic that the events move to: how it is made, what it holds so far, how it is filled, and how it is opened.

It is filled while its records keep the time that they come with (CreateTime). No worker starts on such a topic, so nobody takes half a copy for the whole.
Opening it (LogAppendTime, and the configuration of the old topic) is one change, the last step.
"""

from __future__ import annotations

import asyncio
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec
from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from pipeline.errors import UnavailableError, UsageError
from pipeline.kafka import admin_client
from pipeline.stream.merge import extent_of, lanes
from pipeline.stream.moved import first_place
from pipeline.stream.relocate import HEADERS_ROOM
from schemas import topics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiokafka import AIOKafkaProducer
    from aiokafka.admin import AIOKafkaAdminClient

    from pipeline.config import Settings
    from pipeline.stream.relocate import Moved

STILL_S = 1.0
"""The new topic's ends, asked twice so far apart, must be equal: what a killed run had sent is in by then."""
RETRY_S = 0.2
VISIBLE_TRIES = 75
_SET_FOR_THE_TOPIC = 1  # source of a configuration entry
_TIME = "message.timestamp."
_encode = msgspec.msgpack.Encoder().encode


class Extent:
    """How many moved records a partition holds, and a digest of them: time, key, value and headers of each, in order."""

    def __init__(self) -> None:
        self.count = 0
        self._digest = blake2b(digest_size=16)

    def add(self, timestamp: int, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]) -> None:
        """One record more."""
        self.count += 1
        self._digest.update(_encode((timestamp, key, value, headers)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Extent) and self.digest == other.digest

    __hash__ = None  # type: ignore[assignment]  # it changes

    @property
    def digest(self) -> tuple[int, bytes]:
        """Count and digest."""
        return self.count, self._digest.digest()


class LargerTopic:
    """The topic to be filled. Every method raises UnavailableError when Kafka does not answer."""

    def __init__(self, settings: Settings, name: str, partitions: int) -> None:
        self.name, self.partitions = name, partitions
        self._settings = settings

    async def prepare(self) -> bool:
        """Make the topic unless it is there; tells whether it was opened before. Raises UsageError when it cannot be what the copy goes to."""
        async with admin_client(self._settings) as admin:
            found = await _described(admin, self.name)
            if found is None:
                await self._create(admin)
                return False
            if found != self.partitions:
                raise UsageError(
                    f"topic {self.name} is there with {found} partitions, not {self.partitions}: name another one with --to, or delete it"
                )
            return await self._is_open(admin)

    async def exists(self) -> bool:
        """Whether there is a topic of that name."""
        async with admin_client(self._settings) as admin:
            return await _described(admin, self.name) is not None

    async def extents(self, read: Callable[[int], None] = lambda _count: None) -> list[Extent]:
        """What the partitions hold of moved records. Raises UsageError for others among them."""
        offsets = await self._when_still()
        found = [Extent() for _ in range(self.partitions)]
        async with lanes(self._settings, self.name, offsets) as all_lanes:
            for lane in all_lanes:
                while (record := await lane.next()) and first_place(record):
                    found[lane.partition].add(record.timestamp, record.key, record.value, list(record.headers))
                    read(1)
                if record and record.timestamp_type == 0:
                    raise UsageError(
                        f"{self.name} partition {lane.partition} offset {record.offset} was not copied by this command: delete the topic, or name another one "
                        "with --to"
                    )
        return found

    async def open(self) -> None:
        """From now on it is the topic of events, with the configuration of the old one."""
        async with admin_client(self._settings) as admin:
            config = await self._final(admin)
            answers = await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, self.name, config)])
            for code, message, *_ in (resource for answer in answers for resource in answer.resources):
                if code:
                    raise UnavailableError(
                        f"Kafka does not take the configuration of {self.name}: {message or for_code(code).description}"
                    )
            # Brokers learn of it a moment later, and a worker that starts before that is refused the topic.
            await _until(
                lambda: self._is_open(admin), f"Kafka does not show the configuration of {self.name} after changing it"
            )

    async def _when_still(self) -> dict[int, range]:
        """What a killed run had sent may still be on its way into the log."""
        before, now = None, await extent_of(self._settings, self.name, self.partitions)
        while any(now.values()) and before != now:
            await asyncio.sleep(STILL_S)
            before, now = now, await extent_of(self._settings, self.name, self.partitions)
        return now

    async def _create(self, admin: AIOKafkaAdminClient) -> None:
        config = {name: value for name, value in (await self._final(admin)).items() if not name.startswith(_TIME)}
        limit = int((await config_of(admin, self._settings.events_topic, every=True))["max.message.bytes"])
        # Nothing may be deleted before it is compared, and every record gets a header more.
        config |= {
            f"{_TIME}type": "CreateTime",
            "retention.ms": "-1",
            "retention.bytes": "-1",
            "max.message.bytes": str(limit + HEADERS_ROOM),
        }
        replication = await _replication(admin, self._settings.events_topic)
        wanted = NewTopic(self.name, self.partitions, replication, topic_configs=config)
        for _name, code, *message in (await admin.create_topics([wanted])).topic_errors:
            if code:
                raise UnavailableError(
                    f"Kafka did not create topic {self.name}: {next(iter(message), None) or for_code(code).description}"
                )
        await _until(lambda: self._is_there(admin), f"Kafka does not show topic {self.name} after creating it")

    async def _is_there(self, admin: AIOKafkaAdminClient) -> bool:
        return await _described(admin, self.name) is not None

    async def _is_open(self, admin: AIOKafkaAdminClient) -> bool:
        return (await config_of(admin, self.name)).get(f"{_TIME}type", "CreateTime") != "CreateTime"

    async def _final(self, admin: AIOKafkaAdminClient) -> dict[str, str]:
        wanted = topics.events(self.name, self.partitions).config
        return {**wanted, **await config_of(admin, self._settings.events_topic)}


class Filler:
    """Brings one partition to what it must hold: compares what is there already, then appends the rest.

    Guarantee: the partition holds a prefix of what was added at any time, whatever fails, because each batch waits for the one before.
    """

    def __init__(self, producer: AIOKafkaProducer, topic: str, partition: int, there: Extent) -> None:
        self.wanted = Extent()
        self.sent = 0
        self._producer = producer
        self._topic, self._partition = topic, partition
        self._there = there
        self._batch = producer.create_batch()
        self._under_way: Any = None

    async def add(self, moved: Moved) -> None:
        """The next record that the partition must hold. Raises UsageError when it holds something else, KafkaError when Kafka does not take it."""
        self.wanted.add(moved.timestamp, moved.key, moved.value, moved.headers)
        if self.wanted.count > self._there.count:
            await self._append(moved)
        elif self.wanted.count == self._there.count and self.wanted != self._there:
            raise self.differs()

    async def finish(self) -> None:
        """Wait until everything is acknowledged. Raises as `add` does."""
        if self.wanted.count < self._there.count:
            raise self.differs()
        await self._send()
        await self._settle()

    def differs(self) -> UsageError:
        """The error that what is there is not a copy of the events as they are."""
        return UsageError(
            f"{self._topic} partition {self._partition} does not hold what it should: an old copy, or one that two commands made at once, or the old topic has lost "
            f"records since. Delete {self._topic} and run this again, or name another topic with --to"
        )

    async def _append(self, moved: Moved) -> None:
        self.sent += 1
        fields = {"timestamp": moved.timestamp, "key": moved.key, "value": moved.value, "headers": moved.headers}
        if self._batch.append(**fields) is None:
            await self._send()
            self._batch.append(**fields)

    async def _send(self) -> None:
        batch, self._batch = self._batch, self._producer.create_batch()
        if batch.record_count():
            batch.close()
            await self._settle()
            self._under_way = await self._producer.send_batch(batch, self._topic, partition=self._partition)

    async def _settle(self) -> None:
        if self._under_way is not None:
            under_way, self._under_way = self._under_way, None
            await under_way


async def _until(holds: Callable[[], Awaitable[bool]], else_say: str) -> None:
    """Wait for what reaches brokers a moment after it is acknowledged. Raises UnavailableError when it does not."""
    for _ in range(VISIBLE_TRIES):
        if await holds():
            return
        await asyncio.sleep(RETRY_S)
    raise UnavailableError(else_say)


async def _described(admin: AIOKafkaAdminClient, topic: str) -> int | None:
    """How many partitions a topic has; None when it is not there."""
    (described,) = await admin.describe_topics([topic])
    return len(described["partitions"]) if described["error_code"] == 0 else None


async def _replication(admin: AIOKafkaAdminClient, topic: str) -> int:
    (described,) = await admin.describe_topics([topic])
    return max(len(partition["replicas"]) for partition in described["partitions"])


async def config_of(admin: AIOKafkaAdminClient, topic: str, *, every: bool = False) -> Mapping[str, str]:
    """The entries that were set for this topic, or every one in force."""
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    entries = (entry for answer in answers for resource in answer.resources for entry in resource[4])
    return {name: value for name, value, _read_only, source, *_ in entries if every or source == _SET_FOR_THE_TOPIC}

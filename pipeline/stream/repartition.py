"""Growth: the events move to a topic with more partitions, so that every figure is the same afterwards.

| killed or failed                  | what is there                                | the same command again                                                    |
|-----------------------------------|----------------------------------------------|---------------------------------------------------------------------------|
| before the new topic is made      | nothing                                      | begins                                                                    |
| while records are copied          | of each new partition a prefix               | reads everything, compares that prefix, goes on behind it                 |
| before the new topic is opened    | all records, no worker takes them yet        | compares, carries the alert records over again, opens                     |
| afterwards                        | the topic, and perhaps new events behind     | compares, says that it is done                                            |

The old topic is only read. The order of the copy is a function of what the old topic holds (`pipeline.stream.merge`), so a run can tell whether what it
finds is the beginning of what it would write. Before the topic is opened, all of it is read back and compared.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from pipeline.errors import UsageError
from pipeline.kafka import client_options, missing_topics, partition_for
from pipeline.kafka_security import refusal
from pipeline.stream.carry import carry
from pipeline.stream.decode import decode
from pipeline.stream.forget import require_no_worker
from pipeline.stream.larger_topic import Filler, LargerTopic
from pipeline.stream.merge import by_time, extent_of, lanes
from pipeline.stream.relocate import Moved, Relocation, Stays

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.stream.larger_topic import Extent

MAX_REQUEST_BYTES = 90 * 1024 * 1024
BATCH_BYTES = 256 * 1024
MOST_PARTITIONS = 4096
"""Against slips of the pen."""

Progress = Callable[[str, int, int], None]
"""(what is done, records done, records in all)"""


@dataclass(slots=True)
class Summary:
    """What a run came to."""

    topic: str
    records: int
    """In the new topic."""
    sent: int
    """By this run; the others were there."""
    stayed: Counter[Stays] = field(default_factory=Counter)
    was_open: bool = False
    """The topic had been opened by an earlier run."""


def default_name(settings: Settings, partitions: int) -> str:
    """`share.events` moves to `share.events.16`, that one to `share.events.32`."""
    base = settings.events_topic.removesuffix(f".{settings.partitions}")
    return f"{base}.{partitions}"


async def check(settings: Settings, name: str, partitions: int) -> dict[int, range]:
    """The offsets by partition that the move would read, all of them folded. Changes nothing.

    Raises UsageError when the move cannot be made now: wrong numbers or names, a worker that runs, records that no worker has seen.
    """
    if not settings.partitions < partitions <= MOST_PARTITIONS:
        raise UsageError(
            f"--partitions {partitions}: {settings.events_topic} has {settings.partitions}, and it must become more (at most {MOST_PARTITIONS})"
        )
    if name in {settings.events_topic, settings.dead_letter_topic}:
        raise UsageError(f"--to {name}: the events need a topic of their own")
    if settings.events_topic in await missing_topics(settings):
        raise UsageError(f"there is no topic {settings.events_topic}: set CASCADES_EVENTS_TOPIC")
    await require_no_worker(settings)
    return await _require_all_folded(settings)


async def repartition(settings: Settings, name: str, partitions: int, progress: Progress) -> Summary:
    """Move the events of `settings.events_topic` to topic `name`. May be killed at any time and run again: each record is there once.

    Raises UsageError as `check` does, when the topic holds something else, and when events came meanwhile; UnavailableError when Kafka does not
    answer. Until it returns, no worker can start on the new topic.
    """
    folded = await check(settings, name, partitions)
    count = sum(map(len, folded.values()))
    target = LargerTopic(settings, name, partitions)
    try:
        was_open = await target.prepare()
        there = await _extents(target, count, progress, "looking at what is there")
        summary, wanted = await _copy(settings, target, there, folded, was_open=was_open, progress=progress)
        if summary.sent and wanted != await _extents(target, summary.records, progress, "comparing"):
            raise UsageError(
                f"{name} does not hold what was sent to it: did two commands run at once? Delete it and run this again"
            )
        await _require_unchanged(settings, folded)
        if not was_open:
            await carry(settings, settings.model_copy(update={"events_topic": name, "partitions": partitions}))
            await target.open()
    except KafkaError as error:
        raise await refusal(settings, error) from error
    return summary


async def _extents(target: LargerTopic, total: int, progress: Progress, what: str) -> list[Extent]:
    read = 0

    def count(records: int) -> None:
        nonlocal read
        read += records
        progress(what, read, max(read, total))

    return await target.extents(count)


async def _copy(
    settings: Settings,
    target: LargerTopic,
    there: list[Extent],
    folded: Mapping[int, range],
    *,
    was_open: bool,
    progress: Progress,
) -> tuple[Summary, list[Extent]]:
    producer = AIOKafkaProducer(
        **client_options(settings),
        acks="all",
        enable_idempotence=True,
        compression_type="zstd",  # lz4 as aiokafka calls it costs five times the CPU and leaves a seventh more bytes
        max_batch_size=BATCH_BYTES,
        max_request_size=MAX_REQUEST_BYTES,
    )
    await producer.start()
    try:
        fillers = [Filler(producer, target.name, number, there[number]) for number in range(target.partitions)]
        stayed = await _move(settings, folded, fillers, progress, was_open=was_open)
        await asyncio.gather(*(filler.finish() for filler in fillers))
    finally:
        await producer.stop()
    wanted = [filler.wanted for filler in fillers]
    sent = sum(filler.sent for filler in fillers)
    return Summary(target.name, sum(one.count for one in wanted), sent, stayed, was_open), wanted


async def _move(
    settings: Settings, folded: Mapping[int, range], fillers: list[Filler], progress: Progress, *, was_open: bool
) -> Counter[Stays]:
    stayed: Counter[Stays] = Counter()
    moves = _moves(settings, len(fillers))
    done, total = 0, sum(map(len, folded.values()))
    async with lanes(settings, settings.events_topic, folded) as sources:
        async for record in by_time(sources):
            moved = moves[record.partition].judge(record, decode([record])[0])
            if isinstance(moved, Moved):
                await _fill(fillers[moved.partition], moved, was_open=was_open)
            else:
                stayed[moved] += 1
            done += 1
            progress("moving", done, total)
    return stayed


async def _fill(filler: Filler, moved: Moved, *, was_open: bool) -> None:
    await filler.add(moved)
    if was_open and filler.sent:
        raise filler.differs()


def _moves(settings: Settings, partitions: int) -> list[Relocation]:
    def old(key: bytes) -> int:
        return partition_for(key, settings.partitions)

    def new(key: bytes) -> int:
        return partition_for(key, partitions)

    return [Relocation(settings.events_topic, number, old, new) for number in range(settings.partitions)]


async def _require_all_folded(settings: Settings) -> dict[int, range]:
    """Misplaced records beyond the committed offset have no copy yet under the right key."""
    consumer = AIOKafkaConsumer(**client_options(settings), group_id=settings.group, enable_auto_commit=False)
    try:
        await consumer.start()
        parts = [TopicPartition(settings.events_topic, number) for number in range(settings.partitions)]
        begins, ends = await consumer.beginning_offsets(parts), await consumer.end_offsets(parts)
        folded = [max(begins[part], await consumer.committed(part) or 0) for part in parts]
    except KafkaError as error:
        raise await refusal(settings, error) from error
    finally:
        await consumer.stop()
    if waiting := sum(ends.values()) - sum(folded):
        raise UsageError(
            f"{waiting:,} record(s) of {settings.events_topic} are not folded yet by group {settings.group}: stop what sends events, let a worker run until "
            "`cascades status` shows no lag, stop it, and run this again"
        )
    return {part.partition: range(begins[part], ends[part]) for part in parts}


async def _require_unchanged(settings: Settings, folded: Mapping[int, range]) -> None:
    await require_no_worker(settings)
    now = await extent_of(settings, settings.events_topic, settings.partitions)
    if came := sum(now[partition].stop - read.stop for partition, read in folded.items()):
        raise UsageError(
            f"{came:,} record(s) came to {settings.events_topic} meanwhile: stop what sends events, let a worker run until `cascades status` shows no lag, stop it, "
            "and run this again: it goes on where it stopped"
        )

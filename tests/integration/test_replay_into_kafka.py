"""Replay against a real broker: every line once, in order, under its content's key; `wait` follows the committed offsets."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.errors import UnavailableError
from pipeline.ingest.producer import EventProducer
from pipeline.ingest.replay import replay
from pipeline.ingest.watermark import Watermarks, wait_for
from pipeline.kafka import changelog_spec, client_options, ensure_topics, missing_topics, partition_for, topic_specs

LINES = [b'{"content_id":"c%d","number":%d}' % (number % 41, number) for number in range(20_000)]


@pytest.fixture
async def settings(kafka):
    settings = kafka.settings()
    await ensure_topics(settings)
    return settings


async def replayed(settings, tmp_path, lines: list[bytes]) -> dict[int, int]:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join(lines))
    async with EventProducer(settings) as producer:
        await replay([str(file)], producer, lambda _lines, _summary: None)
    assert producer.acknowledged == len(lines)
    return producer.ends


async def read_all(settings, ends: dict[int, int]) -> dict[int, list[tuple[bytes | None, bytes]]]:
    consumer = AIOKafkaConsumer(**client_options(settings), auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(settings.events_topic, partition) for partition in ends]
        consumer.assign(partitions)
        found: dict[int, list] = {partition: [] for partition in ends}
        while any(len(found[partition]) < end for partition, end in ends.items()):
            for tp, records in (await consumer.getmany(timeout_ms=1000)).items():
                found[tp.partition] += [(record.key, record.value) for record in records]
        return found
    finally:
        await consumer.stop()


async def test_every_line_is_in_kafka_once_in_order_in_the_partition_of_its_content(settings, tmp_path) -> None:
    ends = await replayed(settings, tmp_path, LINES)
    found = await read_all(settings, ends)
    assert sorted(value for records in found.values() for _, value in records) == sorted(LINES)
    for partition, records in found.items():
        numbers = [int(value.rpartition(b":")[2][:-1]) for _, value in records]
        assert numbers == sorted(numbers)
        assert {partition_for(key, settings.partitions) for key, _ in records} == {partition}


async def test_a_record_near_the_limit_and_one_that_is_no_event_arrive_as_they_are(settings, tmp_path) -> None:
    lines = [b"\xff not json", b'{"content_id":"c"}', b"x" * 1_040_000]
    found = await read_all(settings, await replayed(settings, tmp_path, lines))
    assert sorted(value for records in found.values() for _, value in records) == sorted(lines)


async def test_waiting_ends_when_the_group_has_committed_every_end(settings, tmp_path) -> None:
    ends = await replayed(settings, tmp_path, LINES)
    missing: list[int] = []
    async with Watermarks(settings) as marks:
        assert await marks.committed() == {}
        assert sum((await marks.lag()).values()) == len(LINES)
        waiting = asyncio.create_task(wait_for(ends, marks.committed, missing.append, stall_s=30, poll_s=0.05))
        await commit(settings, dict(list(ends.items())[:-1]))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await commit(settings, ends)
        await waiting
        assert sum((await marks.lag()).values()) == 0
    assert (missing[0], missing[-1]) == (len(LINES), 0)


async def commit(settings, ends: dict[int, int]) -> None:
    consumer = AIOKafkaConsumer(**client_options(settings), group_id=settings.group, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = {TopicPartition(settings.events_topic, partition): end for partition, end in ends.items()}
        consumer.assign(list(partitions))
        await consumer.commit(partitions)
    finally:
        await consumer.stop()


async def test_waiting_without_a_worker_gives_up_with_what_to_do(settings, tmp_path) -> None:
    ends = await replayed(settings, tmp_path, LINES[:10])
    async with Watermarks(settings) as marks:
        assert await marks.members() == 0
        with pytest.raises(UnavailableError, match="Is `cascades worker` running"):
            await wait_for(ends, marks.committed, lambda _: None, stall_s=0.3, poll_s=0.1)


async def test_looking_for_missing_topics_makes_none(kafka) -> None:
    settings = kafka.settings(undo_topic=f"undo-{uuid4().hex}")
    all_of_them = [spec.name for spec in topic_specs(settings)]
    assert {settings.events_topic, settings.dead_letter_topic, changelog_spec(settings).name} < set(all_of_them)
    assert await missing_topics(settings) == await missing_topics(settings) == all_of_them
    await ensure_topics(settings)
    assert await missing_topics(settings) == []

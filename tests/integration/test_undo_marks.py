"""Marks of transactions at the end of a partition are no events that anybody has to wait for."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from pipeline.ingest.undo.wires import CommittedEvents
from pipeline.ingest.watermark import Watermarks
from pipeline.kafka import client_options, ensure_topics, undo_topic_specs


async def told(settings):
    """One event, in a transaction."""
    producer = AIOKafkaProducer(**client_options(settings), transactional_id=settings.events_topic)
    await producer.start()
    try:
        async with producer.transaction():
            await producer.send_and_wait(settings.events_topic, b"{}", partition=0)
    finally:
        await producer.stop()


async def commit(settings, offset):
    """As a worker does, after the last record."""
    part = TopicPartition(settings.events_topic, 0)
    consumer = AIOKafkaConsumer(**client_options(settings), group_id=settings.group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([part])
        await consumer.commit({part: offset})
    finally:
        await consumer.stop()


@pytest.mark.parametrize(("offset", "missing"), [(1, 0), (0, 2)], ids=["all are shown", "the event is not shown"])
async def test_only_events_are_waited_for(kafka, offset, missing):
    settings = kafka.settings(partitions=1)
    await ensure_topics(settings, undo_topic_specs(settings)[:1])
    await told(settings)
    await commit(settings, offset)
    async with Watermarks(settings) as marks:
        shown = CommittedEvents(marks, patience_s=0.0)
        mark = await shown.mark()
        assert mark == {0: 2}, "the event and the mark"
        assert [await shown.missing(mark) for _ in range(2)] == [missing] * 2

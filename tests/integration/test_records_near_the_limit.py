"""Records as large as the events topic takes: as dead letters and as re-keyed copies they fit too, headers and all."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaProducer
from support.kafka_cases import create
from support.stream import event_json
from support.worker import committed, read_all, worker

from pipeline.kafka import client_options, ensure_topics
from pipeline.metrics import Metric
from schemas.check import MAX_VALUE_BYTES
from schemas.topics import DEAD_LETTER_MAX_BYTES, DEAD_LETTER_ROOM_BYTES, EVENT_MAX_BYTES

FRAMING = 61 + 40
"""Bytes of a record batch and of one record beside key, value and headers, at most."""


async def send(settings, value, key, headers=()):
    options = client_options(settings)
    async with AIOKafkaProducer(**options, max_request_size=64 << 20) as producer:
        await producer.send_and_wait(settings.events_topic, value, key=key, partition=0, headers=list(headers))


@pytest.mark.parametrize("limit", [EVENT_MAX_BYTES, DEAD_LETTER_MAX_BYTES - DEAD_LETTER_ROOM_BYTES])
@pytest.mark.parametrize("header_bytes", [0, 200_000])
async def test_a_refused_record_at_the_limit_of_the_events_topic_is_a_dead_letter_byte_for_byte(
    kafka, limit, header_bytes
):
    settings = kafka.settings(partitions=1, flush_interval_s=0.1)
    config = {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1", "max.message.bytes": str(limit)}
    await create(settings, settings.events_topic, 1, config)
    key = b"k" * 2000
    value = bytes(range(256)) * ((limit - len(key) - header_bytes - FRAMING - 20) // 256)
    async with worker(settings) as running:
        await send(settings, value, key, [("trace", b"t" * header_bytes)] if header_bytes else ())
        await running.has_read(1)
    (letter,) = await read_all(settings, settings.dead_letter_topic)
    assert (letter.key, letter.value) == (key, value)
    (row,) = running.sink.rows("dead_letters")
    assert row["payload"] == value
    assert await committed(settings) == {0: 1}


async def test_a_misplaced_record_at_the_limit_is_produced_again_and_counted(kafka):
    settings = kafka.settings(partitions=1, flush_interval_s=0.1)
    await ensure_topics(settings)
    small = event_json("e", "c" * 500, attributes={"url": "u" * 1000})
    value = small[:1] + b" " * (MAX_VALUE_BYTES - len(small)) + small[1:]
    headers = [("trace", b"t" * (EVENT_MAX_BYTES - len(value) - FRAMING - 20))]
    async with worker(settings) as running:
        await send(settings, value, b"", headers)
        await running.has_read(2)
        assert (running.value(Metric.MISPLACED), running.value(Metric.EVENTS_FOLDED)) == (1, 1)
    assert await committed(settings) == {0: 2}

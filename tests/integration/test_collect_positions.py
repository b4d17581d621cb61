"""Positions in their topic: the latest of each source stands, and what is none is passed over."""

from __future__ import annotations

from uuid import uuid4

from aiokafka import AIOKafkaProducer

from pipeline.ingest.collect.positions import entry, read
from pipeline.kafka import client_options, ensure_topics
from schemas import topics


async def test_the_latest_position_of_each_source_is_found_whatever_else_stands_in_the_topic(kafka):
    settings = kafka.settings(positions_topic=f"positions-{uuid4().hex}")
    await ensure_topics(settings, [topics.positions(settings.positions_topic)])
    assert await read(settings) == {}
    records = [
        entry(settings, "bluesky", "bluesky", {"time_us": 1}, 10),
        entry(settings, "fedi", "mastodon", {"status": "7"}, 20),
        entry(settings, "bluesky", "bluesky", {"time_us": 2}, 30),
    ]
    async with AIOKafkaProducer(**client_options(settings)) as producer:
        for record in records:
            await producer.send_and_wait(record.topic, record.value, record.key)
        for strange in (b"no position", None, b'{"source": "fedi"}', b"\xff"):
            await producer.send_and_wait(settings.positions_topic, strange, b"fedi")
    found = await read(settings)
    assert {name: stored.position for name, stored in found.items()} == {
        "bluesky": {"time_us": 2},
        "fedi": {"status": "7"},
    }
    assert found["bluesky"].kind == "bluesky"

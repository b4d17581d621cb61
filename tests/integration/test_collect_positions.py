"""What collectors keep in Kafka: the latest position of each source, and letters of any size that they make."""

from __future__ import annotations

from random import Random
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from support.collecting import until
from support.ingest_process import values

from pipeline.ingest.collect.collector import MOST_LETTER
from pipeline.ingest.collect.positions import entry, read
from pipeline.ingest.http.sender import KafkaSender
from pipeline.ingest.records import of_letter
from pipeline.kafka import client_options, ensure_topics, partition_count
from schemas import topics
from schemas.dead_letter import RefusedError


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


async def test_the_largest_letter_of_a_collector_is_taken_by_its_topic(kafka):
    settings = kafka.settings()
    await ensure_topics(settings, [topics.dead_letters(settings.dead_letter_topic)])

    async def prepared():
        return {settings.dead_letter_topic: await partition_count(settings, settings.dead_letter_topic)}

    sender = KafkaSender(settings, prepare=prepared)
    await sender.start()
    try:
        await until(lambda: not sender.problem)
        refused = RefusedError("unknown_shape", "no such thing")
        noise = Random(1).randbytes(MOST_LETTER)  # what repeats would be packed to nothing
        await sender.send([of_letter(settings, "/collect/bluesky", refused, noise, 1)])
    finally:
        await sender.stop()
    assert await values(settings, settings.dead_letter_topic) == [noise]

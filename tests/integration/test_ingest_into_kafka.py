"""The doors before a real broker: acknowledged by it, keyed, and back again after it was away."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError
from support.doors import event
from support.ingest_process import values

from pipeline.errors import UnavailableError
from pipeline.ingest.http.sender import BATCH_BYTES, Entry, KafkaSender
from pipeline.kafka import client_options, ensure_topics, partition_for


@pytest.fixture
async def settings(kafka):
    settings = kafka.settings(undo_topic=kafka.settings().events_topic + ".undo")
    await ensure_topics(settings)
    return settings


async def connected(sender):
    await sender.start()
    await is_well(sender)
    return sender


async def is_well(sender):
    async with asyncio.timeout(60):
        while sender.problem:  # noqa: ASYNC110 - the sender has no event for it
            await asyncio.sleep(0.02)


async def test_records_of_many_requests_are_acknowledged_under_their_keys_in_order(settings):
    sender = await connected(KafkaSender(settings))
    keys = [f"c{number}".encode() for number in range(7)]
    try:
        for round_ in range(30):
            batches = [[Entry(settings.events_topic, key, b"%d" % round_)] * 3 for key in keys]
            await asyncio.gather(*map(sender.send, batches))
    finally:
        await sender.stop()
    consumer = AIOKafkaConsumer(**client_options(settings), auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(settings.events_topic, number) for number in range(settings.partitions)])
    found = {key: [] for key in keys}
    while sum(map(len, found.values())) < 30 * 7 * 3:
        for part, records in (await consumer.getmany(timeout_ms=1000)).items():
            for record in records:
                assert partition_for(record.key, settings.partitions) == part.partition
                found[record.key].append(int(record.value))
    await consumer.stop()
    assert all(numbers == sorted(numbers) and len(numbers) == 90 for numbers in found.values())


async def test_what_one_batch_cannot_hold_goes_in_several_and_letters_and_undos_go_to_their_topics(settings):
    sender = await connected(KafkaSender(settings))
    large = json.dumps(event(attributes={"text": "x" * 2000})).encode()
    count = 3 * BATCH_BYTES // len(large)
    letter = b"0" * 3_900_000
    try:
        await sender.send(
            [Entry(settings.events_topic, b"one", large)] * count
            + [Entry(settings.dead_letter_topic, None, letter, [("reason", b"unknown_shape")])]
            + [Entry(settings.undo_topic, b"facebook:1", b"{}")]
            + [Entry(settings.events_topic, b"one", b"y" * 1_000_000)]
        )
    finally:
        await sender.stop()
    stored = await values(settings, settings.events_topic)
    assert stored == [large] * count + [b"y" * 1_000_000]
    assert await values(settings, settings.dead_letter_topic) == [letter]
    assert await values(settings, settings.undo_topic) == [b"{}"]


class Flaky:
    """A real producer that fails once, after it has sent."""

    def __init__(self, real, fail):
        self.real, self.fail = real, fail

    def __getattr__(self, name):
        return getattr(self.real, name)

    async def send_batch(self, *args, **options):
        sent = await self.real.send_batch(*args, **options)
        if self.fail and self.fail.pop():
            await sent
            broken = asyncio.get_running_loop().create_future()
            broken.set_exception(KafkaTimeoutError())
            return broken
        return sent


async def test_after_a_batch_that_was_given_up_the_producer_is_made_anew(settings):
    fail, sender = [True], None
    sender = KafkaSender(settings, make=lambda: Flaky(sender._producer(), fail))
    await connected(sender)
    try:
        with pytest.raises(UnavailableError):
            await sender.send([Entry(settings.events_topic, b"k", b"1")])
        await is_well(sender)
        await sender.send([Entry(settings.events_topic, b"k", b"2")])
    finally:
        await sender.stop()
    assert (await values(settings, settings.events_topic))[-1] == b"2"


async def test_without_a_broker_sending_fails_at_once_and_says_where_it_looked(settings):
    sender = KafkaSender(settings.model_copy(update={"kafka_bootstrap": "127.0.0.1:9"}))
    await sender.start()
    await asyncio.sleep(0.3)
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:9|not connected"):
        await sender.send([Entry(settings.events_topic, b"k", b"v")])
    await sender.stop()

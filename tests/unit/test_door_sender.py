"""Many requests share batches; each is told about its own records, and a producer that failed is replaced."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaTimeoutError

from pipeline.config import Settings
from pipeline.errors import UnavailableError
from pipeline.ingest.http.sender import Entry, KafkaSender
from pipeline.kafka import partition_for

SETTINGS = Settings(partitions=2)
ROOM = 5


class FakeBatch:
    def __init__(self):
        self.records = []

    def append(self, *, timestamp, key, value, headers):
        if len(self.records) >= ROOM:
            return None
        self.records.append((key, value))
        return object()


class FakeKafka:
    """Acknowledges when it is told to; `error` fails what is sent."""

    def __init__(self, error=None):
        self.error, self.sent, self.stopped = error, [], False

    async def start(self):
        pass

    async def stop(self):
        self.stopped = True

    def create_batch(self):
        return FakeBatch()

    async def send_batch(self, batch, topic, *, partition):
        future = asyncio.get_running_loop().create_future()
        self.sent.append((partition, batch.records, future))
        if self.error:
            future.set_exception(self.error)
        return future

    def acknowledge(self):
        for _, _, future in self.sent:
            if not future.done():
                future.set_result(None)


async def partitions():
    return {SETTINGS.events_topic: SETTINGS.partitions}


@pytest.fixture
async def sending():
    """A sender, and the producers that it makes, the last one being in use."""
    made, errors = [], []

    def make():
        made.append(FakeKafka(errors.pop() if errors else None))
        return made[-1]

    sender = KafkaSender(SETTINGS, make, partitions)
    sender.errors = errors
    await sender.start()
    await settled()
    yield sender, made
    await sender.stop()


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


def entries(key, count, text=b"v"):
    return [Entry(SETTINGS.events_topic, key, text + b"%d" % number) for number in range(count)]


async def test_requests_of_one_moment_share_a_batch_and_wait_for_it(sending):
    sender, (kafka,) = sending
    requests = [asyncio.create_task(sender.send(entries(b"a", 1, b"%d-" % number))) for number in range(4)]
    await settled()
    ((partition, records, _),) = kafka.sent
    assert (partition, len(records)) == (partition_for(b"a", 2), 4)
    assert not any(request.done() for request in requests)
    kafka.acknowledge()
    await asyncio.gather(*requests)


async def test_a_request_waits_for_every_batch_that_holds_a_record_of_it(sending):
    sender, (kafka,) = sending
    request = asyncio.create_task(sender.send(entries(b"a", 2 * ROOM + 1)))
    await settled()
    assert [len(records) for _, records, _ in kafka.sent] == [ROOM, ROOM, 1]
    assert [value for _, records, _ in kafka.sent for _, value in records] == [
        b"v%d" % number for number in range(2 * ROOM + 1)
    ]
    for _, _, future in kafka.sent[:-1]:
        future.set_result(None)
    await settled()
    assert not request.done()
    kafka.acknowledge()
    await request


async def test_a_visitor_who_goes_away_takes_nobodys_acknowledgement_along(sending):
    sender, (kafka,) = sending
    gone, stays = (asyncio.create_task(sender.send(entries(b"a", 1))) for _ in range(2))
    await settled()
    gone.cancel()
    await settled()
    kafka.acknowledge()
    await stays


async def test_after_a_failure_all_who_wait_are_told_and_a_new_producer_is_made(sending):
    sender, made = sending
    request = asyncio.create_task(sender.send(entries(b"a", 1)))
    await settled()
    made[0].sent[0][2].set_exception(KafkaTimeoutError())
    with pytest.raises(UnavailableError):
        await request
    await settled()
    assert [kafka.stopped for kafka in made] == [True, False]
    again = asyncio.create_task(sender.send(entries(b"a", 1)))
    await settled()
    made[1].acknowledge()
    await again


async def test_until_kafka_is_there_nothing_is_taken():
    async def nowhere():
        raise UnavailableError("Kafka does not answer at nowhere:9092")

    sender = KafkaSender(SETTINGS, FakeKafka, nowhere)
    await sender.start()
    await settled()
    with pytest.raises(UnavailableError, match="nowhere:9092"):
        await sender.send(entries(b"a", 1))
    await sender.stop()


async def test_a_stop_leaves_nobody_waiting(sending):
    sender, _ = sending
    sender._wake = asyncio.Event()  # nothing is dispatched any more
    request = asyncio.create_task(sender.send(entries(b"a", 1)))
    await settled()
    await sender.stop()
    with pytest.raises(UnavailableError):
        await request

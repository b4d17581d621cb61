"""The producer's promise: after `flush` everything is acknowledged, and too much under way makes `put` wait."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError

from pipeline.config import Settings
from pipeline.errors import UnavailableError
from pipeline.ingest.producer import IN_FLIGHT, EventProducer
from pipeline.kafka import partition_for

BATCH = 10


class FakeBatch:
    def __init__(self) -> None:
        self.records: list[tuple[bytes | None, bytes]] = []

    def append(self, *, timestamp, key, value) -> object | None:
        if len(self.records) >= BATCH:
            return None
        self.records.append((key, value))
        return object()

    def record_count(self) -> int:
        return len(self.records)


class FakeKafka:
    """Acknowledges when told to."""

    def __init__(
        self, *, at_once: bool = True, start: Exception | None = None, answer: Exception | None = None
    ) -> None:
        self.at_once, self.start_error, self.answer_error = at_once, start, answer
        self.log: dict[int, list[tuple[bytes | None, bytes]]] = {}
        self.waiting: list[asyncio.Future] = []
        self.stopped = False

    async def start(self) -> None:
        if self.start_error:
            raise self.start_error

    async def stop(self) -> None:
        self.stopped = True

    def create_batch(self) -> FakeBatch:
        return FakeBatch()

    async def send_batch(self, batch, topic, *, partition) -> asyncio.Future:
        log = self.log.setdefault(partition, [])
        future = asyncio.get_running_loop().create_future()
        answer = SimpleNamespace(offset=len(log))
        log.extend(batch.records)
        if self.answer_error:
            future.set_exception(self.answer_error)
        elif self.at_once:
            future.set_result(answer)
        else:
            self.waiting.append((future, answer))
        return future

    def acknowledge(self) -> None:
        for future, answer in self.waiting:
            future.set_result(answer)
        self.waiting.clear()


SETTINGS = Settings(partitions=4)


async def test_records_go_to_the_partition_of_their_key_in_order() -> None:
    kafka = FakeKafka()
    async with EventProducer(SETTINGS, kafka) as producer:
        for number in range(200):
            await producer.put(f"c{number % 9}".encode(), b"%d" % number)
    assert sum(map(len, kafka.log.values())) == 200
    for partition, records in kafka.log.items():
        assert {partition_for(key, 4) for key, _ in records} == {partition}
        assert [int(value) for _, value in records] == sorted(int(value) for _, value in records)


async def test_records_without_a_key_are_spread_evenly() -> None:
    kafka = FakeKafka()
    async with EventProducer(SETTINGS, kafka) as producer:
        for _ in range(100):
            await producer.put(None, b"broken")
    assert [len(kafka.log[partition]) for partition in range(4)] == [25] * 4


async def test_ends_are_the_offsets_after_the_last_acknowledged_records() -> None:
    kafka = FakeKafka()
    async with EventProducer(SETTINGS, kafka) as producer:
        for number in range(333):
            await producer.put(b"%d" % number, b"v")
        await producer.flush()
        assert producer.ends == {partition: len(records) for partition, records in kafka.log.items()}
        assert producer.acknowledged == 333


async def test_too_much_under_way_makes_put_wait() -> None:
    kafka = FakeKafka(at_once=False)
    async with EventProducer(SETTINGS, kafka) as producer:
        room = IN_FLIGHT * BATCH + BATCH

        async def put_all() -> None:
            for _ in range(room + 5 * BATCH):
                await producer.put(b"one", b"v")

        putting = asyncio.create_task(put_all())
        await asyncio.sleep(0.05)
        assert not putting.done()
        assert len(kafka.waiting) == IN_FLIGHT + 1
        while not putting.done():
            kafka.acknowledge()
            await asyncio.sleep(0)
        kafka.at_once = True
        kafka.acknowledge()
    assert len(kafka.log[partition_for(b"one", 4)]) == room + 5 * BATCH


async def test_a_broker_that_is_not_there_is_said_with_what_to_do() -> None:
    kafka = FakeKafka(start=KafkaConnectionError("refused"))
    with pytest.raises(UnavailableError, match="CASCADES_KAFKA_BOOTSTRAP"):
        async with EventProducer(SETTINGS, kafka):
            pass
    assert kafka.stopped


async def test_a_refused_batch_is_an_error_never_a_silent_loss() -> None:
    kafka = FakeKafka(answer=MessageSizeTooLargeError())
    with pytest.raises(UnavailableError, match="did not take records"):
        async with EventProducer(SETTINGS, kafka) as producer:
            await producer.put(b"k", b"v")
    assert kafka.stopped

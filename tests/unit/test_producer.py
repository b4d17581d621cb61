"""What leaves the worker through Kafka, with a Kafka that fails on demand."""

import asyncio

import pytest
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError, NotLeaderForPartitionError
from support.stream import FakeRecord

from pipeline.backoff import Backoff
from pipeline.metrics import Metric, Metrics
from pipeline.status import Status
from pipeline.stream.dead_letters import DeadLetter
from pipeline.stream.misplaced import HEADER, Misplaced
from pipeline.stream.producer import Producer
from schemas.dead_letter import RefusedError

PER_BATCH = 3


class FakeBatch:
    def __init__(self):
        self.origins = []

    def append(self, *, timestamp, key, value, headers):
        if len(self.origins) == PER_BATCH:
            return None
        self.origins.append(int(dict(headers)[HEADER].split(b":")[1]))
        return object()

    def close(self):
        pass


class FakeKafka:
    """Takes records, or raises the next error of `script`; an error 'after' the append is one whose answer was lost."""

    def __init__(self, *script):
        self.script = list(script)
        self.log = {}
        self.dead_letters = []

    def fail(self, take):
        kind, error = self.script.pop(0) if self.script else ("", None)
        if error is None or kind == "after":
            take()
        if error:
            raise error

    def create_batch(self):
        return FakeBatch()

    async def send_batch(self, batch, topic, *, partition):
        answer = asyncio.get_running_loop().create_future()
        try:
            self.fail(lambda: self.log.setdefault(partition, []).extend(batch.origins))
            answer.set_result(None)
        except KafkaError as error:
            answer.set_exception(error)
        return answer

    async def send_and_wait(self, topic, value, *, key, headers):
        await asyncio.sleep(0)
        self.fail(lambda: self.dead_letters.append((value, dict(headers)["offset"])))


class Bench:
    def __init__(self, *script):
        self.metrics = Metrics()
        self.status = Status(self.metrics)
        self.producer = Producer({}, "dlq", "events", self.status, self.metrics)
        self.kafka = self.producer._kafka = FakeKafka(*script)
        self.producer._backoff = Backoff(0.001, 0.001)


def misplaced(*offsets, partition=0):
    return [Misplaced(b"right", partition, FakeRecord(offset, b"wrong", b"{}"), 1) for offset in offsets]


def letters(*offsets):
    error = RefusedError("not_json", "no")
    return [DeadLetter("events", 0, FakeRecord(offset, b"k", b"?"), error) for offset in offsets]


LATE = ("before", KafkaTimeoutError())
LOST_ANSWER = ("after", KafkaTimeoutError())
MOVED = ("before", NotLeaderForPartitionError())


async def test_re_keyed_records_reach_their_partition_in_order():
    bench = Bench()
    await bench.producer.send_in_order([*misplaced(1, 2, 3, 4, 5, 6, 7), *misplaced(8, 9, partition=4)])
    assert bench.kafka.log == {0: [1, 2, 3, 4, 5, 6, 7], 4: [8, 9]}


@pytest.mark.parametrize("script", [[LATE], [MOVED, LATE], [("", None), LATE, LATE]])
async def test_a_batch_that_fails_holds_up_those_behind_it(script):
    bench = Bench(*script)
    await bench.producer.send_in_order(misplaced(*range(8)))
    assert bench.kafka.log[0] == list(range(8))
    assert bench.metrics.value(Metric.PRODUCE_RETRIES) == sum(error is not None for _, error in script)


async def test_a_lost_answer_repeats_a_batch_but_never_skips_one():
    bench = Bench(("", None), LOST_ANSWER)
    await bench.producer.send_in_order(misplaced(*range(7)))
    assert bench.kafka.log[0] == [0, 1, 2, 3, 4, 5, 3, 4, 5, 6]


async def test_only_dead_letters_that_were_not_taken_are_sent_again():
    bench = Bench(("", None), LATE, ("", None))
    await bench.producer.send_dead_letters(letters(1, 2, 3))
    assert [offset for _, offset in bench.kafka.dead_letters] == [b"1", b"3", b"2"]


async def test_readiness_says_that_kafka_does_not_take_records_and_that_it_does_again():
    bench = Bench(LATE)
    sending = asyncio.create_task(bench.producer.send_dead_letters(letters(1)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not bench.status.parts()["produce"].ok
    await sending
    assert bench.status.parts()["produce"].ok


async def test_an_error_that_waiting_cannot_cure_is_raised():
    bench = Bench(("before", MessageSizeTooLargeError()))
    with pytest.raises(MessageSizeTooLargeError):
        await bench.producer.send_dead_letters(letters(1))


async def test_a_record_with_neither_key_nor_value_travels_with_an_empty_value():
    bench = Bench()
    await bench.producer.send_dead_letters(
        [DeadLetter("events", 0, FakeRecord(1, None, None), RefusedError("no_value", "none"))]
    )
    assert bench.kafka.dead_letters == [(b"", b"1")]

"""Commits that get no answer: they are given up, so that none is sent again after a newer one, and no rebalance waits for them."""

import asyncio
from types import SimpleNamespace

import pytest
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.types import TP

from pipeline.stream import transport
from pipeline.stream.transport import Consumer, ConsumerThread

HERE = TP("share.events", 0)


class Kafka:
    """In place of Faust's commit in the thread: answers when `answers` is set, and notes who was given up."""

    def __init__(self, monkeypatch):
        self.answers, self.began, self.given_up, self.done = asyncio.Event(), [], [], []
        monkeypatch.setattr(AIOKafkaConsumerThread, "_commit", lambda _self, offsets: self.commit(offsets))

    async def commit(self, offsets):
        self.began.append(offsets[HERE])
        try:
            await self.answers.wait()
        except asyncio.CancelledError:
            self.given_up.append(offsets[HERE])
            raise
        self.done.append(offsets[HERE])
        return True


@pytest.fixture
async def kafka(monkeypatch):
    monkeypatch.setattr(transport, "COMMIT_DEADLINE_S", 0.2)
    return Kafka(monkeypatch)


@pytest.fixture
def thread():
    made = object.__new__(ConsumerThread)

    async def revoked(*_):
        pass

    made.consumer = SimpleNamespace(threadsafe_partitions_revoked=revoked)
    made.thread_loop = None
    return made


async def test_a_commit_that_is_answered_is_done(kafka, thread):
    kafka.answers.set()
    assert await thread._commit({HERE: 5})
    assert (kafka.done, kafka.given_up) == ([5], [])


async def test_a_commit_without_an_answer_is_given_up_at_the_deadline(kafka, thread):
    assert not await thread._commit({HERE: 5})
    await asyncio.sleep(0)
    assert kafka.given_up == [5]


async def test_an_older_commit_is_given_up_before_a_newer_one_begins(kafka, thread):
    older = asyncio.ensure_future(thread._commit({HERE: 5}))
    await asyncio.sleep(0.01)
    newer = asyncio.ensure_future(thread._commit({HERE: 9}))
    assert not await older
    kafka.answers.set()
    assert await newer
    assert (kafka.began, kafka.given_up, kafka.done) == ([5, 9], [5], [9])


async def test_no_commit_outlives_the_taking_of_its_partitions(kafka, thread):
    committing = asyncio.ensure_future(thread._commit({HERE: 5}))
    await asyncio.sleep(0.01)
    await thread.on_partitions_revoked({HERE})
    assert not await committing
    assert kafka.given_up == [5]


async def test_partitions_are_given_back_in_time_although_a_commit_before_hangs():
    consumer = object.__new__(Consumer)
    consumer._commit_fut = asyncio.get_running_loop().create_future()
    consumer.log = SimpleNamespace(warning=lambda *_: None)

    async def hangs():
        await asyncio.sleep(30)

    consumer.commit = hangs
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "COMMIT_DEADLINE_S", 0.1)
        await asyncio.wait_for(consumer._commit_in_time(), 5)
    assert not consumer._commit_fut.done(), "the commit before is not ours to cancel"


async def test_partitions_are_committed_for_the_last_time_while_all_that_is_acknowledged_is_kept(monkeypatch):
    steps = []

    def step(name):
        async def takes_it(*_):
            steps.append(name)

        return takes_it

    owner = SimpleNamespace(taken=step("drain"), suspend=lambda: steps.append("suspend"))
    consumer = object.__new__(Consumer)
    consumer.app = SimpleNamespace(owner=owner, flow_control=SimpleNamespace(suspend=lambda: None))
    consumer.ledgers, consumer._turn, consumer._commit_fut = {}, 0, None
    consumer.stop_flow, consumer.commit = lambda: None, step("commit")
    monkeypatch.setattr(transport.driver.Consumer, "on_partitions_revoked", step("revoked"))
    await consumer.on_partitions_revoked({HERE})
    assert steps == ["drain", "commit", "suspend", "revoked"]

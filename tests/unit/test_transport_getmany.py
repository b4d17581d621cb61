"""Records that a rebalance overtakes: the transport's consumer without Kafka, its fetches scripted."""

import asyncio
from collections import defaultdict
from types import SimpleNamespace

import pytest
from aiokafka.errors import IllegalStateError
from faust.types import TP
from support.stream import FakeRecord

from pipeline.stream.ledger import Ledger, LedgerError
from pipeline.stream.transport import Consumer, ConsumerThread

HERE = TP("share.events", 0)


class Record(FakeRecord):
    timestamp_type = 1


def records(first, last):
    return [Record(offset, b"c", b"{}") for offset in range(first, last + 1)]


class Scripted(Consumer):
    """A consumer whose position, fetches and committed offset are plain attributes."""

    def __init__(self):
        self.app = SimpleNamespace(consumer_generation_id=1, owner=SimpleNamespace(given=self.are_given))
        self.ledgers = defaultdict(Ledger)
        self._held, self._changed, self._position_is_lost, self._turn = set(), asyncio.Event(), False, 0
        self._active_partitions, self._paused_partitions = {HERE}, set()
        self._read_offset, self._committed_offset = {}, {}
        self._thread = SimpleNamespace(rewind=self.seek_to_committed)
        self.given, self.position, self.during_fetch, self.seek_error = [], 0, None, None

    def are_given(self, positions, reader):
        self.given.append(positions)
        for partition in positions:
            reader.release(partition)

    flow_active = True
    should_stop = False

    async def _getmany(self, partitions, timeout):  # noqa: ASYNC109 - Faust's signature
        if self.during_fetch:
            self.during_fetch()
        first, self.position = self.position, self.position + 10
        return {HERE: records(first, first + 9)} if HERE in partitions else {}

    async def seek_to_committed(self):
        if self.seek_error:
            raise self.seek_error
        self.position = 0
        return {HERE: 0}

    async def fetch(self):
        self.got = [message.value.range async for _, message in self.getmany(1.0)]
        return [(one.first, one.last) for one in self.got]


async def test_a_fetch_becomes_one_range():
    assert await Scripted().fetch() == [(0, 9)]


@pytest.mark.parametrize("change", ["partitions taken", "flow stopped", "both"])
async def test_records_overtaken_by_a_rebalance_are_read_again_even_when_its_seek_came_before_them(change):
    consumer = Scripted()

    def rebalance():
        consumer.during_fetch = None
        if change != "flow stopped":
            consumer._turn += 1
        consumer.flow_active = change == "partitions taken"

    consumer.during_fetch = rebalance
    assert await consumer.fetch() == []
    consumer.flow_active = True
    assert await consumer.fetch() == [(0, 9)]
    assert await consumer.fetch() == [(10, 19)]


async def test_a_rebalance_while_the_position_is_sought_means_to_seek_again():
    consumer = Scripted()
    consumer._position_is_lost, consumer.seek_error = True, IllegalStateError("not assigned")
    assert await consumer.fetch() == []
    consumer.seek_error = None
    assert await consumer.fetch() == [(0, 9)]


async def test_offsets_found_before_partitions_were_taken_are_not_taken_for_ours():
    consumer = Scripted()
    plain = consumer.seek_to_committed

    async def slow():
        consumer._turn += 1
        return await plain()

    consumer._thread.rewind = slow
    await consumer.perform_seek()
    assert consumer.given == []
    consumer._thread.rewind = plain
    await consumer.fetch()
    assert consumer.given == [{0: 0}]


async def test_what_a_fetch_brings_that_began_before_a_seek_ended_is_read_again():
    consumer = Scripted()

    async def sought_meanwhile(partitions, poll_s):
        del consumer._getmany
        await consumer.perform_seek()
        return await consumer._getmany(partitions, poll_s)

    consumer._getmany = sought_meanwhile
    assert await consumer.fetch() == []
    assert await consumer.fetch() == [(0, 9)]
    assert consumer.given == [{0: 0}, {0: 0}]


async def test_ranges_in_flight_are_dead_after_a_seek():
    consumer = Scripted()
    await consumer.fetch()
    (before,) = consumer.got
    await consumer.perform_seek()
    assert not before.live
    assert await consumer.fetch() == [(0, 9)]


async def test_a_position_that_goes_back_without_a_seek_stops_the_worker():
    consumer = Scripted()
    await consumer.fetch()
    consumer.position = 5
    with pytest.raises(LedgerError):
        await consumer.fetch()


async def test_partitions_that_are_held_back_are_not_fetched():
    consumer = Scripted()
    consumer._held = {HERE}
    assert await consumer.fetch() == []
    consumer.release(0)
    assert await consumer.fetch() == [(0, 9)]


class SeekingThread(ConsumerThread):
    """The thread's seek without a thread: the committed offset is told when the test says so."""

    def __init__(self):
        self.sought, self.answers = [], []
        self._consumer = SimpleNamespace(
            assignment=lambda: {HERE}, committed=self.committed, seek=lambda _tp, offset: self.sought.append(offset)
        )

    async def call_thread(self, fun, *args):
        return await asyncio.shield(asyncio.ensure_future(fun(*args)))

    async def committed(self, _tp):
        self.answers.append(asyncio.get_running_loop().create_future())
        return await self.answers[-1]


async def test_a_seek_that_a_rebalance_cancelled_does_not_take_the_position_back_under_the_next_one():
    thread = SeekingThread()
    cancelled = asyncio.create_task(thread.rewind())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    cancelled.cancel()
    second = asyncio.create_task(thread.rewind())
    for _ in range(3):
        await asyncio.sleep(0)
    thread.answers[1].set_result(7)
    assert await second == {HERE: 7}
    thread.answers[0].set_result(7)
    for _ in range(3):
        await asyncio.sleep(0)
    assert thread.sought == [7]


async def test_a_seek_that_another_overtakes_is_made_again_by_the_next_fetch():
    consumer = Scripted()
    plain = consumer.seek_to_committed

    async def overtaken():
        return None

    consumer._thread.rewind = overtaken
    await consumer.perform_seek()
    assert consumer.given == []
    consumer._thread.rewind = plain
    await consumer.fetch()
    assert consumer.given == [{0: 0}]

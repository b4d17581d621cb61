"""One batch through the cycle: the order of its steps, and what a rebalance in between means."""

import asyncio

import pytest
from support.stream import TOPIC, FakeRecord, event_json, record, state

from pipeline.metrics import Metric, Metrics
from pipeline.stream.batch import Batch, Range
from pipeline.stream.cycle import Cycle


class Parts:
    """Producer and flusher in one; keeps the order of what happens."""

    def __init__(self):
        self.steps, self.drains = [], []
        self.sent = asyncio.Event()
        self.sent.set()
        self.taken, self.space, self.revived = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.cold = set()
        self.taken.set()
        self.revived.set()
        self.space.set()

    async def revive(self, target, contents):
        self.steps.append(("revived", contents))
        await self.revived.wait()
        self.cold.difference_update(contents)

    async def room(self):
        await self.space.wait()

    def add(self, folded, rows):
        self.steps.append(("handed over", folded, rows))

    async def drain(self, deadline_s):
        self.drains.append(deadline_s)
        return True

    async def send_dead_letters(self, letters):
        await self.taken.wait()
        self.steps.append(("dead letters", len(letters)))

    async def send_in_order(self, misplaced):
        self.steps.append(("re-keyed", len(misplaced)))


@pytest.fixture
def parts():
    return Parts()


@pytest.fixture
def target():
    return state()


@pytest.fixture
def cycle(parts, target):
    return Cycle({0: target}, parts.revive, parts, parts, Metrics())


def batch(*records):
    return Batch(TOPIC, 0, records, Range(records[0].offset, records[-1].offset))


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_dead_letters_and_re_keyed_records_are_in_kafka_before_the_range_is_handed_over(cycle, parts):
    taken = batch(record(0, "a"), FakeRecord(1, b"c", b"?"), FakeRecord(2, None, event_json("b")))
    await cycle.take(taken)
    assert parts.steps == [("dead letters", 1), ("re-keyed", 1), ("handed over", taken.range, 3)]
    assert not taken.range.acknowledged


async def test_a_batch_of_good_records_sends_nothing_to_kafka(cycle, parts):
    await cycle.take(batch(record(0, "a")))
    assert [step[0] for step in parts.steps] == ["handed over"]


async def test_a_batch_that_a_rebalance_has_overtaken_is_left_alone(cycle, parts, target):
    late = batch(record(0, "a"))
    late.range.live = False
    await cycle.take(late)
    assert (parts.steps, target.next_offset) == ([], 0)


async def test_a_rebalance_while_it_waits_for_room_leaves_the_batch_alone(cycle, parts, target):
    parts.space.clear()
    waiting = batch(record(0, "a"))
    taking = asyncio.create_task(cycle.take(waiting))
    await settle()
    waiting.range.live = False
    parts.space.set()
    await taking
    assert target.next_offset == 0


async def test_a_rebalance_while_dead_letters_are_sent_means_that_the_range_is_not_handed_over(cycle, parts):
    parts.taken.clear()
    overtaken = batch(FakeRecord(0, b"c", b"?"))
    taking = asyncio.create_task(cycle.take(overtaken))
    await settle()
    overtaken.range.live = False
    parts.taken.set()
    await taking
    assert "handed over" not in [step[0] for step in parts.steps]


async def test_what_was_folded_is_never_frozen_when_its_dead_letters_were_not_sent(cycle, parts):
    parts.taken.clear()
    taking = asyncio.create_task(cycle.take(batch(FakeRecord(0, b"c", b"?"))))
    await settle()
    taking.cancel()
    await asyncio.wait([taking])
    assert not parts.sent.is_set()


async def test_a_drain_first_lets_the_batch_in_hand_finish(cycle, parts):
    parts.taken.clear()
    taking = asyncio.create_task(cycle.take(batch(FakeRecord(0, b"c", b"?"))))
    draining = asyncio.create_task(cycle.drain(5))
    await settle()
    assert parts.drains == []
    parts.taken.set()
    assert await draining
    await taking
    assert [step[0] for step in parts.steps][-1] == "handed over"


async def test_a_drain_gives_up_on_a_batch_that_does_not_finish(cycle, parts):
    parts.taken.clear()
    taking = asyncio.create_task(cycle.take(batch(FakeRecord(0, b"c", b"?"))))
    await settle()
    assert not await cycle.drain(0.01)
    taking.cancel()


async def test_what_came_in_is_counted_by_what_became_of_it(target, parts):
    metrics = Metrics()
    cycle = Cycle({0: target}, parts.revive, parts, parts, metrics)
    records = [record(0, "a"), record(1, "a"), FakeRecord(2, b"c", b"?"), FakeRecord(3, None, event_json("b"))]
    await cycle.take(batch(*records))
    await cycle.take(batch(*records))
    counted = {
        Metric.RECORDS_IN: 8,
        Metric.EVENTS_FOLDED: 2,
        Metric.DUPLICATES: 1,
        Metric.RECORDS_SKIPPED: 4,
        Metric.MISPLACED: 1,
    }
    assert {metric: metrics.value(metric) for metric in counted} == counted
    assert metrics.value(Metric.DEAD_LETTERS, "not_json") == 1


async def test_a_content_that_left_memory_is_back_before_its_record_is_folded(cycle, parts, target):
    target._cold = parts.cold
    parts.cold.add(b"c")
    await cycle.take(batch(record(0, "a"), record(1, "b", "new")))
    assert parts.steps[0] == ("revived", [b"c"])
    assert target.next_offset == 2


async def test_a_rebalance_while_contents_come_back_leaves_the_batch_to_the_next_owner(cycle, parts, target):
    target._cold = parts.cold
    parts.cold.add(b"c")
    parts.revived.clear()
    one = batch(record(0, "a"))
    taking = asyncio.create_task(cycle.take(one))
    await settle()
    one.range.live = False
    parts.revived.set()
    await taking
    assert target.next_offset == 0
    assert parts.steps == [("revived", [b"c"])]


@pytest.mark.parametrize("end", ["cancelled", "failed"])
async def test_what_was_folded_but_not_sent_is_closed_to_every_freeze_from_then_on(cycle, parts, end):
    parts.taken.clear()
    taking = asyncio.create_task(cycle.take(batch(FakeRecord(0, b"c", b"?"))))
    await settle()
    assert not parts.sent.is_set()
    if end == "failed":
        parts.send_in_order = None
        parts.taken.set()
    else:
        taking.cancel()
    with pytest.raises(asyncio.CancelledError if end == "cancelled" else TypeError):
        await taking
    assert not parts.sent.is_set()

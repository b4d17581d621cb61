"""Who waits while memory is full, for what, and what is said of it."""

import asyncio

import pytest

from pipeline.metrics import Metric, Metrics
from pipeline.status import Status
from pipeline.stream import memory
from pipeline.stream.memory import PART, Memory


class Bench:
    """A ceiling of 100 facts; `facts` are in memory, `needed` of them are of the next batch."""

    def __init__(self):
        self.facts, self.needed, self.live, self.hurried = 0, 0, True, 0
        self.metrics = Metrics()
        self.status = Status(self.metrics)
        self.memory = Memory(100, lambda: self.facts, self.metrics, self.status)

    def hurry(self):
        self.hurried += 1

    async def room(self):
        await self.memory.room(lambda: self.needed, lambda: self.live, self.hurry)

    async def waiting(self):
        task = asyncio.create_task(self.room())
        await settle()
        return task


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
async def bench():
    return Bench()


async def test_up_to_the_ceiling_nobody_waits(bench):
    bench.facts = 100
    await bench.room()
    assert (bench.hurried, bench.memory.pressed.is_set()) == (0, False)


async def test_above_it_folding_waits_for_rows_to_be_written_and_for_looks_until_enough_has_left(bench):
    bench.facts = 101
    task = await bench.waiting()
    assert not task.done()
    assert bench.memory.pressed.is_set()
    assert bench.hurried == 1
    bench.memory.evicted()
    await settle()
    assert not task.done(), "nothing has left"
    assert bench.hurried == 2
    bench.facts = 100
    bench.memory.evicted()
    await asyncio.wait_for(task, 10)


async def test_what_the_batch_needs_itself_is_not_waited_for(bench):
    bench.facts, bench.needed = 1000, 900
    await bench.room()


async def test_a_batch_that_a_rebalance_overtook_waits_no_longer(bench):
    bench.facts = 101
    task = await bench.waiting()
    bench.live = False
    bench.memory.evicted()
    await asyncio.wait_for(task, 10)


async def test_a_long_wait_makes_the_worker_unready_and_says_why_and_its_end_makes_it_ready(bench, monkeypatch):
    monkeypatch.setattr(memory, "SILENT_S", -1.0)
    assert bench.status.is_ok(PART)
    bench.facts = 101
    task = await bench.waiting()
    bench.memory.evicted()
    await settle()
    part = bench.status.parts()[PART]
    assert not part.ok
    assert "CASCADES_STATE_MAX_EVENTS (100)" in part.detail
    monkeypatch.undo()
    bench.facts = 0
    bench.memory.evicted()
    await asyncio.wait_for(task, 10)
    assert bench.status.is_ok(PART)
    assert bench.metrics.value(Metric.MEMORY_WAITED) > 0


@pytest.mark.parametrize(("facts", "asked"), [(90, False), (91, True)])
async def test_looks_are_asked_for_from_nine_tenths_of_the_ceiling_on(bench, facts, asked):
    bench.facts = facts
    bench.memory.evicted()
    assert (bench.memory.pressed.is_set(), bench.memory.is_crowded) == (asked, asked)
    assert bench.metrics.value(Metric.FACTS) == facts


def test_a_ceiling_of_one_is_one():
    assert Memory(1, lambda: 0, Metrics()).enough == 1

"""Workers come, go and read again while records flow and the sink falters: every figure equals that of one undisturbed pass."""

import asyncio
import random
import time
from contextlib import AsyncExitStack

import pytest
from support.stream import event_json
from support.worker import produce, serial, tables, until, worker

from pipeline.errors import SinkTransientError
from pipeline.sinks.memory import MemorySink

CONTENTS = 17
RECORDS = 4000


class FalteringSink(MemorySink):
    """Slow, and every fifth write fails: half of those after it has taken the rows."""

    def __init__(self, rng):
        super().__init__()
        self.rng = rng

    def write(self, blocks):
        time.sleep(self.rng.random() * 0.1)
        chance = self.rng.random()
        if chance > 0.1:
            super().write(blocks)
        if chance < 0.2:
            raise SinkTransientError("connection reset")


def messy(rng, start, count):
    for n in range(start, start + count):
        content = f"content {n % CONTENTS}"
        good = event_json(f"e{n}", content, parent_event_id=f"e{n - CONTENTS}", audience_size=n % 50)
        key = content.encode() if n % 9 else rng.choice([None, b"another"])
        yield key, good if n % 31 else b"broken"
        if n % 13 == 0:
            yield content.encode(), good


async def flow(rng, settings):
    for start in range(0, RECORDS, 200):
        await produce(settings, messy(rng, start, 200))
        await asyncio.sleep(0.1)


class Crowd:
    """One to three workers of one group on one sink."""

    def __init__(self, settings, sink):
        self.settings, self.sink, self.members = settings, sink, []

    async def join(self):
        stack = AsyncExitStack()
        running = await stack.enter_async_context(worker(self.settings, self.sink))
        self.members.append((running, stack))

    async def leave(self, number):
        _, stack = self.members.pop(number)
        await stack.aclose()

    async def disturb(self, rng):
        chance = rng.random()
        if chance < 0.4 and len(self.members) < 3:
            await self.join()
        elif chance < 0.7 and len(self.members) > 1:
            await self.leave(rng.randrange(len(self.members)))
        else:
            rng.choice(self.members)[0].member.app.consumer._position_is_lost = True

    def is_done(self):
        running = [member for member, _ in self.members]
        assert not any(one.member._failed.done() for one in running)
        owned = sum(len(one.member.ownership.states) for one in running)
        return owned == self.settings.partitions and all(one.is_ready() and one.lag() == 0 for one in running)


@pytest.mark.parametrize("seed", [1, 2])
async def test_workers_that_join_leave_and_read_again_change_no_figure(kafka, seed):
    rng = random.Random(seed)
    settings = kafka.settings(partitions=5, flush_interval_s=0.1, fetch_max_records=100, session_timeout_s=3.0)
    sink = FalteringSink(rng)
    crowd = Crowd(settings, sink)
    await crowd.join()
    flowing = asyncio.create_task(flow(rng, settings))
    while not flowing.done():
        await crowd.disturb(rng)
        await asyncio.sleep(rng.random() * 1.5)
    await flowing
    await until(crowd.is_done, "every record is taken, and every re-keyed copy is in the topic")
    expected = tables(await serial(settings))
    await until(lambda: crowd.is_done() and tables(sink) == expected, "the figures of one pass")
    while crowd.members:
        await crowd.leave(0)
    assert tables(sink) == expected

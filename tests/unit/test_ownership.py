"""What happens to the states when Kafka gives and takes partitions."""

import asyncio

import pytest
from support.stream import apply, record, state

from pipeline.metrics import Metrics
from pipeline.stream.ownership import Ownership
from pipeline.stream.status import Status


class Bench:
    """Ownership over fake parts: catching up waits for `gate`, then puts the state at the wanted offset."""

    def __init__(self):
        self.released, self.failed, self.read = [], [], []
        self.gate = asyncio.Event()
        self.gate.set()
        self.drained = True
        self.status = Status(Metrics())
        self.owner = Ownership(state, self.catch_up, self.drain, self.failed.append, self.status, Metrics())

    def release(self, partition):
        self.released.append(partition)

    async def drain(self):
        return self.drained

    async def catch_up(self, target, until, progress):
        self.read.append((target.partition, target.next_offset, until))
        await self.gate.wait()
        target.next_offset = until
        progress(target.partition, 0)

    async def given(self, positions):
        self.owner.given(positions, self)
        for _ in range(10):
            await asyncio.sleep(0)


async def test_a_partition_without_commit_is_read_at_once():
    bench = Bench()
    await bench.given({0: 0, 1: 0})
    assert sorted(bench.released) == [0, 1]
    assert bench.read == []


async def test_a_partition_is_read_only_when_its_state_has_caught_up_with_the_commit():
    bench = Bench()
    bench.gate.clear()
    await bench.given({0: 100})
    assert bench.released == []
    assert not bench.status.parts()["state"].ok
    bench.gate.set()
    await asyncio.sleep(0.01)
    assert bench.released == [0]
    assert bench.status.parts()["state"].ok


async def test_a_partition_that_is_rebuilt_does_not_hold_up_the_others():
    bench = Bench()
    bench.gate.clear()
    await bench.given({0: 100, 1: 0})
    assert bench.released == [1]
    await bench.owner.stop()


async def test_a_state_that_comes_back_reads_only_what_others_committed():
    bench = Bench()
    await bench.given({0: 0})
    apply(bench.owner.states[0], record(0, "a"), record(1, "b"))
    await bench.owner.taken()
    await bench.given({0: 1})
    assert bench.read == []
    await bench.given({0: 50})
    assert bench.read == [(0, 2, 50)]


async def test_a_partition_that_went_to_another_worker_is_forgotten():
    bench = Bench()
    await bench.given({0: 10, 1: 10})
    await bench.owner.taken()
    await bench.given({1: 10})
    assert set(bench.owner.states) == {1}
    await bench.given({0: 10, 1: 10})
    assert bench.read.count((0, 0, 10)) == 2


async def test_taking_partitions_stops_their_rebuild():
    bench = Bench()
    bench.gate.clear()
    await bench.given({0: 100})
    await bench.owner.taken()
    bench.gate.set()
    await asyncio.sleep(0.01)
    assert bench.released == []


@pytest.mark.parametrize("error", [RuntimeError("unknown"), ConnectionError("gone")])
async def test_a_rebuild_that_fails_stops_the_worker_and_releases_nothing(error):
    bench = Bench()

    async def fail(*_):
        raise error

    bench.owner._catch_up = fail
    await bench.given({0: 100})
    assert bench.failed == [error]
    assert bench.released == []

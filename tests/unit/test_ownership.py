"""What happens to the states when Kafka gives and takes partitions."""

import asyncio

import pytest
from support.stream import apply, record, state

from pipeline.metrics import Metrics
from pipeline.status import Status
from pipeline.stream.ownership import Ownership
from schemas.rows import Blocks


class Bench:
    """Ownership over fake parts, itself the durable one: a restore waits for `gate`, then puts the state at the wanted offset."""

    def __init__(self):
        self.released, self.failed, self.restored, self.forgotten, self.kept = [], [], [], [], []
        self.suspended = self.evicted = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.drained, self.drain_hangs = True, False
        self.status = Status(Metrics())
        self.owner = Ownership(self, self.drain, self.failed.append, self.status, Metrics())

    def release(self, partition):
        self.released.append(partition)

    async def drain(self, deadline_s):
        await asyncio.sleep(deadline_s if self.drain_hangs else 0)
        return self.drained

    async def restore(self, partition, kept, until, progress):
        self.restored.append((partition, kept.next_offset if kept else None, until))
        progress(partition, 7)
        await self.gate.wait()
        kept = kept or state(partition)
        kept.next_offset = max(kept.next_offset, until)
        return kept

    def suspend(self):
        self.suspended += 1

    async def forget(self, partition):
        self.forgotten.append(partition)

    async def close(self):
        self.forgotten.append("all")

    def freeze(self, target):
        return target.changes()

    async def keep(self, frozen):
        self.kept += frozen

    def evict(self):
        self.evicted += 1

    async def given(self, positions):
        self.owner.given(positions, self)
        for _ in range(10):
            await asyncio.sleep(0)


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


async def test_a_partition_that_is_restored_does_not_hold_up_the_others():
    bench = Bench()
    restore = bench.restore

    async def slow_for_0(partition, *rest):
        if partition == 0:
            await asyncio.sleep(3600)
        return await restore(partition, *rest)

    bench.restore = slow_for_0
    await bench.given({0: 100, 1: 0})
    assert bench.released == [1]
    assert set(bench.owner.states) == {1}
    await bench.owner.stop()


async def test_readiness_says_how_much_is_still_to_be_read():
    bench = Bench()
    bench.gate.clear()
    await bench.given({0: 100})
    assert "partitions [0] are being restored, 7 records" in bench.status.parts()["state"].detail


async def test_a_state_that_comes_back_is_handed_to_the_restore():
    bench = Bench()
    await bench.given({0: 0})
    apply(bench.owner.states[0], record(0, "a"), record(1, "b"))
    await bench.owner.taken(1)
    await bench.given({0: 1})
    assert bench.restored == [(0, None, 0), (0, 2, 1)]


async def test_while_a_state_is_restored_the_flusher_does_not_see_it():
    bench = Bench()
    await bench.given({0: 0})
    apply(bench.owner.states[0], record(0, "a"))
    bench.gate.clear()
    await bench.given({0: 1})
    out = Blocks()
    assert bench.owner.freeze(out) == []
    assert not out


async def test_rows_and_changes_are_frozen_together_and_contents_leave_memory_only_after_they_are_kept():
    bench = Bench()
    await bench.given({0: 0})
    apply(bench.owner.states[0], record(0, "a"))
    out = Blocks()
    frozen = bench.owner.freeze(out)
    assert (len(out["edges"]), len(frozen), bench.evicted) == (1, 1, 0)
    await bench.owner.keep(frozen)
    assert (bench.kept, bench.evicted) == (frozen, 1)


async def test_a_partition_that_went_to_another_worker_is_forgotten():
    bench = Bench()
    await bench.given({0: 10, 1: 10})
    await bench.owner.taken(1)
    await bench.given({1: 10})
    assert (set(bench.owner.states), bench.forgotten) == ({1}, [0])
    await bench.given({0: 10, 1: 10})
    assert bench.restored.count((0, None, 10)) == 2


async def test_once_partitions_are_taken_nothing_frozen_is_kept_any_more():
    bench = Bench()
    bench.drained = False
    await bench.owner.taken(1)
    assert bench.suspended == 0, "offsets are still committed, and what they cover has to be kept"
    bench.owner.suspend()
    assert bench.suspended == 1


async def test_taking_partitions_stops_their_restore():
    bench = Bench()
    bench.gate.clear()
    await bench.given({0: 100})
    await bench.owner.taken(1)
    bench.gate.set()
    await asyncio.sleep(0.01)
    assert bench.released == []


@pytest.mark.parametrize("error", [RuntimeError("unknown"), ConnectionError("gone")])
async def test_a_restore_that_fails_stops_the_worker_and_releases_nothing(error):
    bench = Bench()

    async def fail(*_):
        raise error

    bench.restore = fail
    await bench.given({0: 100})
    assert bench.failed == [error]
    assert bench.released == []


class Swallowing(Bench):
    """Its first restore goes on to its end when it is cancelled, as Kafka's client lets it now and then."""

    async def restore(self, partition, kept, until, progress):
        while not self.gate.is_set():
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                self.gate.set()
        return await super().restore(partition, kept, until, progress)


async def test_a_restore_that_another_one_follows_has_no_effect_even_when_it_swallows_its_cancellation():
    bench = Swallowing()
    bench.gate.clear()
    await bench.given({0: 100})
    bench.owner.given({0: 200}, bench)
    await asyncio.sleep(0.01)
    assert [until for _, _, until in bench.restored] == [100, 200]
    assert bench.released == [0]
    assert bench.owner.states[0].next_offset == 200


async def test_a_restore_of_a_partition_that_is_given_up_has_no_effect_even_when_it_swallows_its_cancellation():
    bench = Swallowing()
    bench.gate.clear()
    await bench.given({0: 100})
    bench.owner.given({}, bench)
    await asyncio.sleep(0.01)
    assert (bench.released, bench.owner.states) == ([], {})
    assert bench.forgotten == [0]


class Stubborn(Bench):
    """Its restores do not end when they are cancelled."""

    async def restore(self, partition, kept, until, progress):
        while not self.gate.is_set():
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                continue
        if partition == 1:
            raise ConnectionError("fenced by the next owner")
        return await super().restore(partition, kept, until, progress)


async def test_partitions_are_given_back_within_one_deadline_whatever_hangs():
    bench = Stubborn()
    bench.gate.clear()
    await bench.given({0: 100, 1: 100})
    bench.drain_hangs = True
    began = asyncio.get_running_loop().time()
    await bench.owner.taken(0.3)
    assert 0.3 <= asyncio.get_running_loop().time() - began < 2
    bench.gate.set()
    await asyncio.sleep(0.01)
    assert (bench.released, bench.owner.states, bench.failed) == ([], {}, []), "what ends later has no effect"


async def test_a_restore_that_swallows_its_cancellation_is_cancelled_again():
    bench = Bench()
    swallowed = []

    async def restore(*_):
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed.append(True)

    bench.restore = restore
    await bench.given({0: 100})
    async with asyncio.timeout(10):
        await bench.owner.taken(3600)
    assert swallowed

"""Rows on their way to ClickHouse: what is acknowledged, when, and what happens while ClickHouse is away."""

import asyncio
import contextlib

import pytest

from pipeline.backoff import Backoff
from pipeline.errors import SinkRowError, SinkSchemaError, SinkTransientError
from pipeline.metrics import Metric, Metrics
from pipeline.status import Status
from pipeline.stream import flusher
from pipeline.stream.batch import Range
from pipeline.stream.flusher import Flusher


class ScriptedSink:
    """Raises what the script says, one entry per write; None takes the rows."""

    def __init__(self, *script):
        self.script = list(script)
        self.written = []

    def write(self, blocks):
        error = self.script.pop(0) if self.script else None
        if error:
            raise error
        self.written.append([row[0] for row in blocks["contents"].rows])

    def close(self):
        pass


class Bench:
    """A flusher over a list of rows instead of states. Time passes by `sleep` only."""

    def __init__(self, sink, *, interval_s=0.0, max_rows=100):
        self.metrics = Metrics()
        self.status = Status(self.metrics)
        self.changed, self.slept, self.sink = [], [], sink
        self.frozen, self.kept = [], []
        self.keeping = asyncio.Event()
        self.keeping.set()
        self.gate = asyncio.Event()
        self.gate.set()
        self.asleep, self.awake = asyncio.Event(), asyncio.Event()
        self.awake.set()
        self.flusher = Flusher(
            sink, self.freeze, self.keep, self.status, self.metrics, interval_s=interval_s, max_rows=max_rows,
            in_thread=self.in_thread, sleep=self.sleep, backoff=Backoff(1.0, 4.0),
        )  # fmt: skip

    def freeze(self, out):
        if self.changed:
            out["contents"].rows.extend((name,) for name in self.changed)
            self.changed.clear()
        return self.frozen

    async def keep(self, frozen):
        await self.keeping.wait()
        self.kept.append((frozen, len(self.sink.written)))

    async def in_thread(self, write, blocks):
        await self.gate.wait()
        write(blocks)

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.asleep.set()
        await self.awake.wait()

    def fold(self, name, rows=1):
        self.changed.append(name)
        folded = Range(0, 0)
        self.flusher.add(folded, rows)
        return folded

    @contextlib.asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.flusher.run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def settle(self):
        for _ in range(20):
            await asyncio.sleep(0)


async def test_a_range_is_acknowledged_only_after_the_sink_has_its_rows():
    bench = Bench(ScriptedSink())
    bench.gate.clear()
    async with bench.running():
        folded = bench.fold("a")
        await bench.settle()
        assert not folded.acknowledged
        bench.gate.set()
        await bench.settle()
        assert folded.acknowledged
    assert bench.sink.written == [["a"]]


async def test_no_freeze_takes_in_a_range_that_still_sends_records_to_kafka():
    bench = Bench(ScriptedSink())
    async with bench.running():
        bench.flusher.sent.clear()
        folded = bench.fold("a")
        await bench.settle()
        assert (bench.changed, bench.kept, folded.acknowledged) == (["a"], [], False)
        bench.flusher.sent.set()
        await bench.settle()
        assert folded.acknowledged
    assert bench.sink.written == [["a"]]


async def test_ranges_of_one_interval_are_written_together():
    bench = Bench(ScriptedSink(), interval_s=0.05)
    async with bench.running():
        bench.fold("first")
        await bench.settle()
        later = [bench.fold(name) for name in "abc"]
        assert await bench.flusher.drain(1)
        assert all(one.acknowledged for one in later)
    assert bench.sink.written == [["first"], ["a", "b", "c"]]


async def test_the_next_range_may_be_folded_while_rows_are_written_and_is_not_acknowledged_with_them():
    bench = Bench(ScriptedSink())
    bench.gate.clear()
    async with bench.running():
        first = bench.fold("a")
        await bench.settle()
        second = bench.fold("b")
        bench.gate.set()
        bench.gate.clear()  # lets the one write through that waits
        await bench.settle()
        assert (first.acknowledged, second.acknowledged) == (True, False)
        bench.gate.set()
        await bench.settle()
        assert second.acknowledged
    assert bench.sink.written == [["a"], ["b"]]


async def test_a_range_that_changed_nothing_is_acknowledged_without_a_write():
    bench = Bench(ScriptedSink())
    async with bench.running():
        repeated = Range(0, 9)
        bench.flusher.add(repeated, 0)
        await bench.settle()
        assert repeated.acknowledged
    assert bench.sink.written == []


async def test_while_clickhouse_is_away_the_same_rows_are_tried_again_and_nothing_is_acknowledged():
    away = SinkTransientError("connection refused")
    bench = Bench(ScriptedSink(away, away, away, None))
    async with bench.running():
        folded = bench.fold("a")
        bench.awake.clear()
        await bench.asleep.wait()
        assert not folded.acknowledged
        bench.awake.set()
        await bench.settle()
        assert folded.acknowledged
    assert bench.sink.written == [["a"]]
    assert bench.metrics.value(Metric.SINK_ERRORS, "transient") == 3


async def test_readiness_says_why_clickhouse_is_waited_for_and_that_it_is_back():
    bench = Bench(ScriptedSink(SinkTransientError("too many parts"), None))
    bench.awake.clear()
    async with bench.running():
        bench.fold("a")
        await bench.asleep.wait()
        part = bench.status.parts()["clickhouse"]
        assert not part.ok
        assert "too many parts" in part.detail
        bench.awake.set()
        await bench.settle()
        assert bench.status.parts()["clickhouse"].ok


async def test_readiness_says_that_clickhouse_hangs_and_that_it_is_back(monkeypatch):
    monkeypatch.setattr(flusher, "SILENT_S", 0.001)
    bench = Bench(ScriptedSink(None))
    bench.gate.clear()
    async with bench.running():
        bench.fold("a")
        await asyncio.sleep(0.1)
        part = bench.status.parts()["clickhouse"]
        assert not part.ok
        assert "has not answered" in part.detail
        bench.gate.set()
        await bench.settle()
        assert bench.status.parts()["clickhouse"].ok


async def test_waits_between_attempts_grow_up_to_a_bound_and_start_anew_after_a_success():
    away = SinkTransientError("away")
    bench = Bench(ScriptedSink(away, away, away, away, None, away, None))
    async with bench.running():
        bench.fold("a")
        await bench.settle()
        bench.fold("b")
        await bench.settle()
    bounds = [1.0, 2.0, 4.0, 4.0, 1.0]
    assert len(bench.slept) == len(bounds)
    assert all(bound / 2 <= slept <= bound for slept, bound in zip(bench.slept, bounds, strict=True))


async def test_memory_is_bounded_while_clickhouse_is_away():
    bench = Bench(ScriptedSink(), max_rows=10)
    bench.gate.clear()
    async with bench.running():
        bench.fold("being written")
        await bench.settle()
        bench.fold("waiting", rows=10)
        waiting = asyncio.create_task(bench.flusher.room())
        await bench.settle()
        assert not waiting.done()
        bench.gate.set()
        await asyncio.wait_for(waiting, 1)


async def test_too_many_rows_are_written_before_the_interval_is_over():
    bench = Bench(ScriptedSink(), interval_s=3600, max_rows=10)
    async with bench.running():
        bench.fold("starts the interval")
        await bench.settle()
        many = bench.fold("many", rows=10)
        await bench.settle()
        assert many.acknowledged


@pytest.mark.parametrize(
    ("error", "name"), [(SinkSchemaError("no such column", 16), "schema"), (SinkRowError("bad value", 53), "row")]
)
async def test_an_error_that_waiting_cannot_cure_ends_the_flusher_and_acknowledges_nothing(error, name):
    bench = Bench(ScriptedSink(error))
    async with bench.running() as task:
        folded = bench.fold("a")
        with pytest.raises(type(error)):
            await asyncio.wait_for(asyncio.shield(task), 1)
        assert not folded.acknowledged
    assert bench.metrics.value(Metric.SINK_ERRORS, name) == 1


async def test_a_drain_gives_up_at_its_deadline():
    bench = Bench(ScriptedSink())
    bench.gate.clear()
    async with bench.running():
        folded = bench.fold("a")
        assert not await bench.flusher.drain(0.01)
        assert not folded.acknowledged


async def test_a_drain_waits_for_rows_that_came_while_others_were_written_though_no_range_waits_for_them():
    bench = Bench(ScriptedSink())
    async with bench.running():
        bench.gate.clear()
        bench.fold("a")
        await bench.settle()
        bench.changed.append("told meanwhile")
        bench.flusher.nudge()
        draining = asyncio.create_task(bench.flusher.drain(60))
        await bench.settle()
        first, bench.gate = bench.gate, asyncio.Event()
        first.set()
        await bench.settle()
        assert not draining.done()
        bench.gate.set()
        assert await draining
    assert bench.sink.written == [["a"], ["told meanwhile"]]


async def test_a_drain_with_nothing_to_do_returns_at_once():
    bench = Bench(ScriptedSink(), interval_s=3600)
    assert await bench.flusher.drain(0.01)


async def test_changes_are_kept_after_the_sink_took_the_rows_and_before_the_ranges_are_acknowledged():
    bench = Bench(ScriptedSink(SinkTransientError("away")))
    bench.frozen = ["changes"]
    bench.keeping.clear()
    async with bench.running():
        folded = bench.fold("a")
        await bench.settle()
        assert (bench.sink.written, bench.kept, folded.acknowledged) == ([["a"]], [], False)
        bench.keeping.set()
        await bench.settle()
        assert (bench.kept, folded.acknowledged) == ([(["changes"], 1)], True)


async def test_changes_without_rows_are_kept_too():
    bench = Bench(ScriptedSink())
    bench.frozen = ["only the position"]
    async with bench.running():
        bench.flusher.add(Range(0, 9), 0)
        await bench.settle()
    assert bench.kept == [(["only the position"], 0)]

"""A worker that hangs leaves by itself with its stacks in the log, and the next one goes on. One that only waits stays."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest
from support.extended import some
from support.stream import event_json
from support.worker import produce, until, worker
from support.worker_process import PROGRAM, WorkerProcess, migrated

from pipeline.errors import SinkTransientError
from pipeline.metrics import Metric
from pipeline.sinks.memory import MemorySink

PATIENCE_S = 8.0
HANGS = {
    "the event loop": "import time; from pipeline.stream.cycle import Cycle; Cycle._fold = lambda self, batch, decoded: time.sleep(1000)",
    "partition 0": "import asyncio; from pipeline.stream.flusher import Flusher; Flusher._flush = lambda self: asyncio.sleep(1000)",
}


@pytest.fixture
def settings(kafka, clickhouse):
    database = clickhouse.settings()
    made = kafka.settings(
        partitions=1,
        clickhouse_url=database.clickhouse_url,
        clickhouse_database=database.clickhouse_database,
        flush_interval_s=0.1,
        session_timeout_s=2.0,
        watchdog_s=PATIENCE_S,
    )
    migrated(made)
    return made


@pytest.mark.parametrize("stuck", some(HANGS, "partition 0"))
async def test_a_worker_that_hangs_writes_its_stacks_and_exits_with_1(settings, tmp_path, stuck):
    await produce(settings, [(b"c", event_json("e"))])
    program = ("-c", f"{HANGS[stuck]}; {PROGRAM}")
    hanging = await asyncio.to_thread(WorkerProcess, settings, tmp_path / "worker.log", program=program)
    assert await asyncio.to_thread(hanging.process.wait, 90) == 1
    log = hanging.log.read_text()
    said = next(line for line in log.splitlines() if "CRITICAL" in line)
    assert "nothing has moved for 8 s" in said
    assert stuck in said
    assert "most recent call first" in log
    following = await asyncio.to_thread(WorkerProcess, settings, tmp_path / "next.log")
    await asyncio.to_thread(following.wait_for, "cascades_events_folded_total", 1)
    assert await asyncio.to_thread(following.stop) == 0


@pytest.mark.extended
async def test_a_worker_that_was_stopped_for_longer_than_the_patience_goes_on(settings, tmp_path):
    running = await asyncio.to_thread(WorkerProcess, settings, tmp_path / "worker.log")
    await asyncio.to_thread(running.wait_until, lambda: running.get("/readyz")[0] == 200, "ready")
    running.process.send_signal(signal.SIGSTOP)
    await produce(settings, [(b"c", event_json("e"))])
    await asyncio.sleep(1.5 * PATIENCE_S)
    running.process.send_signal(signal.SIGCONT)
    await asyncio.to_thread(running.wait_for, "cascades_events_folded_total", 1)
    await asyncio.sleep(1.5 * PATIENCE_S)
    assert await asyncio.to_thread(running.stop) == 0, [
        line for line in running.log.read_text().splitlines() if " cascades." in line
    ]


async def test_a_worker_that_waits_for_clickhouse_or_has_nothing_to_do_stays(kafka):
    class Away(MemorySink):
        away = True

        def write(self, blocks):
            if self.away:
                raise SinkTransientError("connection refused")
            super().write(blocks)

    settings, sink, alarms = kafka.settings(partitions=1, flush_interval_s=0.1, watchdog_s=2.0), Away(), []
    await produce(settings, [(b"c", event_json("e"))])
    async with worker(settings, sink) as running:
        running.member.watchdog.alarm = alarms.append
        end = time.monotonic() + 5
        await until(lambda: running.status.tick() or time.monotonic() > end)
        assert alarms == []
        sink.away = False
        await until(lambda: running.status.tick() or running.lag() == 0 < running.value(Metric.RECORDS_IN))
        end = time.monotonic() + 5
        await until(lambda: running.status.tick() or time.monotonic() > end)
    assert alarms == []

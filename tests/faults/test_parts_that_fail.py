"""Kafka, ClickHouse, the disk or the clock fails under a worker process. It waits or stops with the reason; afterwards no figure is wrong."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import psutil
import pytest
from campaign.proxy import LOOPBACK, Proxy
from support.campaign import expected, finish, shown
from support.extended import some
from support.messy import messy
from support.worker import produce, serial
from support.worker_process import WorkerProcess, migrated

from pipeline.config import Settings
from pipeline.embedded import ports
from pipeline.embedded.clickhouse import EmbeddedClickHouse
from pipeline.embedded.kafka import EmbeddedKafka

TESTS = Path(__file__).parents[1]
QUICK = {"partitions": 2, "flush_interval_s": 0.2, "fetch_max_records": 100, "session_timeout_s": 4.0}
SECONDS = 4.0


def start(settings, log):
    """A worker that takes orders (`support.stricken`)."""
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    more = {"STRICKEN_ORDERS": str(log.with_suffix(".orders")), "PYTHONPATH": path}
    return WorkerProcess(settings, log, program=("-W", "ignore", "-m", "support.stricken"), more=more)


async def order(worker, **what):
    await asyncio.to_thread(worker.wait_until, lambda: worker.get("/livez")[0] == 200, "it listens")
    worker.log.with_suffix(".orders").write_text(json.dumps(what))
    worker.process.send_signal(signal.SIGUSR1)


async def ends_well(settings, worker):
    await finish(settings, worker)
    assert await asyncio.to_thread(worker.stop) == 0, worker.log.read_text()[-4000:]
    assert shown(settings) == expected(await serial(settings))


async def says_why(worker, part):
    """Readiness names the part that is away."""
    await asyncio.to_thread(
        worker.wait_until, lambda: not worker.parts().get(part, {"ok": True})["ok"], f"{part} is away"
    )


@pytest.fixture
def settings(kafka, clickhouse):
    database = clickhouse.settings()
    made = kafka.settings(
        clickhouse_url=database.clickhouse_url, clickhouse_database=database.clickhouse_database, **QUICK
    )
    migrated(made)
    return made


@asynccontextmanager
async def behind_a_proxy(settings):
    proxy = Proxy(int(settings.clickhouse_url.rpartition(":")[2]), Random(4))
    await proxy.open()
    try:
        yield proxy, settings.model_copy(update={"clickhouse_url": f"http://{LOOPBACK}:{proxy.port}"})
    finally:
        await proxy.close()


@pytest.mark.parametrize(
    "mode",
    some(
        [
            "ClickHouse refuses",
            "ClickHouse hangs",
            "ClickHouse fails half-way",
            "ClickHouse does not answer",
            "ClickHouse is full",
            "ClickHouse is read-only",
            "a gateway answers",
        ],
        "ClickHouse fails half-way",
        "ClickHouse is full",
    ),
)
async def test_a_clickhouse_that_fails_is_waited_for_and_then_has_every_row_once(settings, tmp_path, mode):
    async with behind_a_proxy(settings) as (proxy, theirs):
        await produce(settings, messy(300))
        worker = await asyncio.to_thread(start, theirs, tmp_path / "worker.log")
        await asyncio.to_thread(worker.wait_for, "cascades_rows_written_total", 1)
        harming = asyncio.create_task(proxy.harm(mode, SECONDS))
        await produce(settings, messy(600, start=300))
        if mode not in {"ClickHouse hangs", "ClickHouse fails half-way"}:
            await says_why(worker, "clickhouse")
        await harming
        await ends_well(settings, worker)


async def test_after_a_kill_of_clickhouse_every_row_is_there_once(kafka, tmp_path):
    clickhouse = EmbeddedClickHouse(tmp_path / "clickhouse", ports.choose())
    await asyncio.to_thread(clickhouse.start)
    try:
        settings = kafka.settings(clickhouse_url=clickhouse.url, **QUICK)
        await asyncio.to_thread(migrated, settings)
        await produce(settings, messy(300))
        worker = await asyncio.to_thread(start, settings, tmp_path / "worker.log")
        await asyncio.to_thread(worker.wait_for, "cascades_rows_written_total", 1)
        kill(clickhouse)
        await produce(settings, messy(600, start=300))
        await says_why(worker, "clickhouse")
        await asyncio.to_thread(clickhouse.stop)
        await asyncio.to_thread(clickhouse.start)
        await ends_well(settings, worker)
    finally:
        await asyncio.to_thread(clickhouse.stop)


@pytest.mark.parametrize("how", some(["restarts", "is killed", "hangs"], "is killed"))
async def test_a_broker_that_goes_away_is_waited_for_and_no_figure_changes(clickhouse, tmp_path, how):
    broker = EmbeddedKafka(tmp_path / "kafka", ports.choose())
    await asyncio.to_thread(broker.start)
    try:
        database = clickhouse.settings()
        settings = Settings(
            kafka_bootstrap=broker.bootstrap,
            clickhouse_url=database.clickhouse_url,
            clickhouse_database=database.clickhouse_database,
            state_dir=tmp_path / "state",
            **QUICK,
        )
        await asyncio.to_thread(migrated, settings)
        await produce(settings, messy(900))
        worker = await asyncio.to_thread(start, settings, tmp_path / "worker.log")
        await asyncio.to_thread(worker.wait_for, "cascades_records_in_total", 100)
        await go_away(broker, worker, how)
        await produce(settings, messy(600, start=900))
        await ends_well(settings, worker)
    finally:
        await asyncio.to_thread(broker.stop)


async def go_away(broker, worker, how):
    if how == "hangs":
        (java,) = psutil.Process(broker.pid).children()
        java.suspend()
        await asyncio.sleep(2 * QUICK["session_timeout_s"])
        java.resume()
        return
    if how == "is killed":
        kill(broker)
    await asyncio.to_thread(broker.stop)
    await says_why(worker, "kafka")
    await asyncio.to_thread(broker.start)


async def test_a_full_disk_stops_the_worker_with_the_reason_and_the_next_one_goes_on(settings, tmp_path):
    await produce(settings, messy(300))
    worker = await asyncio.to_thread(start, settings, tmp_path / "worker.log")
    await order(worker, disk_full=True)
    await produce(settings, messy(300, start=300))
    assert await asyncio.to_thread(worker.process.wait, 90) == 1
    log = worker.log.read_text()
    assert "No space left on device" in log
    assert "make room, or set CASCADES_STATE_DIR" in log
    assert "Traceback" not in log
    await ends_well(settings, await asyncio.to_thread(start, settings, tmp_path / "next.log"))


@pytest.mark.parametrize("seconds", some([-86_400, 259_200], -86_400))
async def test_a_clock_that_jumps_changes_no_figure(settings, tmp_path, seconds):
    await produce(settings, messy(300))
    worker = await asyncio.to_thread(start, settings, tmp_path / "worker.log")
    await asyncio.to_thread(worker.wait_for, "cascades_records_in_total", 1)
    await order(worker, shift_s=seconds)
    await produce(settings, messy(600, start=300))
    other = await asyncio.to_thread(start, settings, tmp_path / "other.log")  # they share out the partitions, and back
    await asyncio.to_thread(other.wait_until, lambda: other.get("/readyz")[0] == 200, "it is ready")
    assert await asyncio.to_thread(other.stop) == 0
    await ends_well(settings, worker)
    days = {line[:10] for line in worker.log.read_text().splitlines() if " cascades" in line}
    assert len(days) > 1, "the dates of its own log have jumped"


def kill(part):
    (child,) = psutil.Process(part.pid).children()
    child.kill()

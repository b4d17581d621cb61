"""Kill -9 and SIGTERM of the worker while records arrive: afterwards ClickHouse shows what one undisturbed pass over the log gives."""

import asyncio
import signal

import pytest
from support.campaign import expected, finish, shown
from support.extended import some
from support.messy import messy
from support.worker import committed, produce, serial
from support.worker_process import WorkerProcess, migrated


@pytest.fixture
def settings(kafka, clickhouse):
    database = clickhouse.settings()
    made = kafka.settings(
        clickhouse_url=database.clickhouse_url,
        clickhouse_database=database.clickhouse_database,
        flush_interval_s=0.2,
        fetch_max_records=200,
        session_timeout_s=2.0,
    )
    migrated(made)
    return made


async def test_figures_after_kills_in_the_middle_equal_those_of_one_pass(settings, tmp_path):
    log = tmp_path / "worker.log"
    await produce(settings, messy(1500))
    for wanted in (200, 700, 900):
        worker = await asyncio.to_thread(WorkerProcess, settings, log)
        await asyncio.to_thread(worker.wait_for, "cascades_records_in_total", wanted)
        more = asyncio.create_task(produce(settings, messy(500, start=1500 + wanted)))
        await asyncio.sleep(0.1 * wanted / 200)
        worker.kill()
        await more
    worker = await asyncio.to_thread(WorkerProcess, settings, log)
    await finish(settings, worker)
    assert await asyncio.to_thread(worker.stop) == 0
    assert shown(settings) == expected(await serial(settings))


@pytest.mark.parametrize("how", some([signal.SIGTERM, signal.SIGINT], signal.SIGTERM))
async def test_a_stop_stores_and_commits_what_is_folded_and_exits_with_0(settings, tmp_path, how):
    await produce(settings, messy(800))
    worker = await asyncio.to_thread(WorkerProcess, settings, tmp_path / "worker.log")
    await asyncio.to_thread(worker.wait_for, "cascades_records_in_total", 100)
    assert await asyncio.to_thread(worker.stop, how) == 0
    stored = sum(offset or 0 for offset in (await committed(settings)).values())
    assert stored >= 100, worker.log.read_text()
    second = await asyncio.to_thread(WorkerProcess, settings, tmp_path / "worker.log")
    await finish(settings, second)
    assert await asyncio.to_thread(lambda: second.metric("cascades_records_skipped_total")) == 0
    assert await asyncio.to_thread(second.stop) == 0
    assert shown(settings) == expected(await serial(settings))


async def test_a_killed_workers_partitions_go_to_the_other_one(settings, tmp_path):
    await produce(settings, messy(1000))
    first, second = [await asyncio.to_thread(WorkerProcess, settings, tmp_path / f"{n}.log") for n in range(2)]
    for one in (first, second):
        await asyncio.to_thread(one.wait_until, lambda one=one: one.get("/readyz")[0] == 200, "ready")
    first.kill()
    await produce(settings, messy(1000, start=1000))
    await asyncio.to_thread(
        second.wait_until, lambda: "[0, 1, 2, 3]" in second.parts()["group"]["detail"], "all partitions"
    )
    await finish(settings, second)
    assert await asyncio.to_thread(second.stop) == 0
    assert shown(settings) == expected(await serial(settings))


async def test_a_worker_before_a_schema_that_is_behind_says_what_to_do(kafka, clickhouse, tmp_path):
    database = clickhouse.settings()
    settings = kafka.settings(clickhouse_url=database.clickhouse_url, clickhouse_database=database.clickhouse_database)
    worker = await asyncio.to_thread(WorkerProcess, settings, tmp_path / "worker.log")
    assert await asyncio.to_thread(worker.process.wait, 60) == 1
    assert "cascades migrate" in worker.log.read_text()
    assert "Traceback" not in worker.log.read_text()

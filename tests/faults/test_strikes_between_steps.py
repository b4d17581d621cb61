"""A worker is struck in each gap between two steps of the cycle; ClickHouse shows what one undisturbed pass over the log gives."""

import asyncio
import json
import os
import signal
from functools import partial
from pathlib import Path

import pytest
from support.campaign import expected, finish, shown
from support.extended import some
from support.messy import messy
from support.stricken import HAND_OVER_POINTS, POINTS, START_POINTS
from support.worker import produce, serial
from support.worker_process import WorkerProcess, migrated

TESTS = Path(__file__).parents[1]


@pytest.fixture
def settings(kafka, clickhouse):
    database = clickhouse.settings()
    made = kafka.settings(
        clickhouse_url=database.clickhouse_url,
        clickhouse_database=database.clickhouse_database,
        partitions=2,
        flush_interval_s=0.2,
        fetch_max_records=100,
        session_timeout_s=2.0,
    )
    migrated(made)
    return made


@pytest.fixture
def stricken(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), str(TESTS.parent)]))
    started = []

    async def start(point, nth, how):
        program = ["-m", "support.stricken", point, str(nth), how.name]
        started.append(await asyncio.to_thread(WorkerProcess, settings, tmp_path / "stricken.log", program=program))
        return started[-1]

    yield start
    for one in started:
        one.kill()


async def in_thread(call, *args):
    return await asyncio.to_thread(partial(call, *args))


async def end(settings, worker):
    await finish(settings, worker)
    assert await in_thread(worker.stop) == 0, worker.log.read_text()
    assert shown(settings) == expected(await serial(settings))


@pytest.mark.parametrize("point", some(POINTS, "within ClickHouse", "within the transaction"))
async def test_a_kill_between_two_steps_loses_nothing_and_counts_nothing_twice(settings, stricken, tmp_path, point):
    await produce(settings, messy(900))
    worker = await stricken(point, 1 if point.endswith("the offsets") else 2, signal.SIGKILL)
    for start in range(900, 1500, 100):
        await asyncio.sleep(0.3)
        await produce(settings, messy(100, start))
    assert await in_thread(worker.process.wait, 60) == -signal.SIGKILL, worker.log.read_text()
    second = await in_thread(WorkerProcess, settings, tmp_path / "second.log")
    await end(settings, second)


@pytest.mark.parametrize("point", some(START_POINTS, "after the tail"))
async def test_a_kill_while_the_state_is_restored_changes_no_figure(settings, stricken, tmp_path, point):
    await produce(settings, messy(600))
    first = await in_thread(WorkerProcess, settings, tmp_path / "first.log")
    await in_thread(first.wait_for, "cascades_records_in_total", 300)
    first.kill()
    for nth in (1, 2):
        struck = await stricken(point, nth, signal.SIGKILL)
        assert await in_thread(struck.process.wait, 60) == -signal.SIGKILL, struck.log.read_text()
        await produce(settings, messy(300, start=300 + 300 * nth))
    await end(settings, await in_thread(WorkerProcess, settings, tmp_path / "last.log"))


@pytest.mark.parametrize("point", some(HAND_OVER_POINTS, "after partitions are taken"))
async def test_a_kill_while_partitions_change_hands_changes_no_figure(settings, stricken, tmp_path, monkeypatch, point):
    orders = tmp_path / "orders"
    monkeypatch.setenv("STRICKEN_ORDERS", str(orders))
    await produce(settings, messy(600))
    former = await stricken("after the offsets", 1_000_000, signal.SIGKILL)
    await in_thread(former.wait_for, "cascades_records_in_total", 100)
    # Only now: its own start was a rebalance too.
    orders.write_text(json.dumps({"point": point, "nth": 1, "signal": "SIGKILL"}))
    former.process.send_signal(signal.SIGUSR1)
    joining = await in_thread(WorkerProcess, settings, tmp_path / "joining.log")
    await produce(settings, messy(600, start=600))
    assert await in_thread(former.process.wait, 60) == -signal.SIGKILL, former.log.read_text()
    await in_thread(joining.wait_until, lambda: "partitions [0, 1]" in joining.get("/readyz")[1], "takeover")
    await end(settings, joining)


@pytest.mark.parametrize("point", some(["after ClickHouse", "within the transaction"], "after ClickHouse"))
async def test_a_former_owner_that_wakes_up_is_fenced_and_joins_anew_without_damage(
    settings, stricken, tmp_path, point
):
    await produce(settings, messy(900))
    former = await stricken(point, 2, signal.SIGSTOP)
    await in_thread(_until_stopped, former)
    owner = await in_thread(WorkerProcess, settings, tmp_path / "owner.log")
    await in_thread(owner.wait_until, lambda: "partitions [0, 1]" in owner.get("/readyz")[1], "takeover")
    await produce(settings, messy(600, start=900))
    await finish(settings, owner)
    former.process.send_signal(signal.SIGCONT)
    await in_thread(former.wait_until, lambda: "joins the group anew" in former.log.read_text(), "fence")
    await produce(settings, messy(300, start=1500))
    await finish(settings, owner)
    await finish(settings, former)
    assert await in_thread(former.stop) == 0, former.log.read_text()
    await end(settings, owner)
    # The changelog is whole as well: a worker without local files goes on from it.
    elsewhere = settings.model_copy(update={"state_dir": tmp_path / "elsewhere"})
    await produce(settings, messy(300, start=1800))
    await end(settings, await in_thread(WorkerProcess, elsewhere, tmp_path / "third.log"))


def _until_stopped(worker):
    """Wait until the process is stopped (state T)."""
    stat = Path(f"/proc/{worker.process.pid}/stat")
    while stat.read_text().rpartition(")")[2].split()[0] != "T":
        assert worker.process.poll() is None, worker.log.read_text()

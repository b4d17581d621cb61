"""A worker is killed around the transaction that tells an alert: the alert is on the topic once, and ClickHouse lists it once."""

import asyncio
import os
import signal
from functools import partial
from pathlib import Path

import pytest
from support.extended import some
from support.stricken import ALERT_POINTS
from support.take_off import alerts, shares, smoulder, take_off, until_told
from support.worker import produce
from support.worker_process import WorkerProcess, migrated

from pipeline.clickhouse import client
from pipeline.kafka import ensure_topics

TESTS = Path(__file__).parents[1]


@pytest.fixture
def settings(kafka, clickhouse):
    database = clickhouse.settings()
    made = kafka.settings(
        clickhouse_url=database.clickhouse_url,
        clickhouse_database=database.clickhouse_database,
        partitions=2,
        flush_interval_s=0.2,
        session_timeout_s=2.0,
    )
    migrated(made)
    return made


@pytest.fixture
def stricken(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), str(TESTS.parent)]))
    started = []

    async def start(*point):
        program = ["-m", "support.stricken", *point]
        log = tmp_path / f"{len(started)}.log"
        started.append(await asyncio.to_thread(partial(WorkerProcess, settings, log, program=program)))
        return started[-1]

    yield start
    for one in started:
        one.kill()


async def ready(one):
    await asyncio.to_thread(one.wait_until, lambda: one.get("/readyz")[0] == 200, "ready")


def listed(settings):
    with client(settings) as connection:
        return [row[0] for row in connection.query("SELECT alert_id FROM v_alerts").result_rows]


@pytest.mark.parametrize("point", some(ALERT_POINTS, "after its record is kept"))
async def test_a_kill_around_an_alert_neither_loses_nor_repeats_it(settings, stricken, point):
    await ensure_topics(settings)
    await smoulder(settings)
    first = await stricken(point, "1", "SIGKILL")
    await ready(first)
    await asyncio.to_thread(first.wait_for, "cascades_looks_total", 1)
    await take_off(settings)
    assert await asyncio.to_thread(first.process.wait, 60) == -signal.SIGKILL, first.log.read_text()
    told = await alerts(settings)
    assert len(told) == (point not in {"before an alert", "within its transaction"})
    second = await stricken()
    await ready(second)
    (alert,) = await until_told(settings)
    await produce(settings, shares("more", 5, 1))
    await asyncio.to_thread(second.wait_for, "cascades_events_folded_total", 5)
    await asyncio.to_thread(second.wait_until, lambda: alert.alert_id in listed(settings), "its row")
    await asyncio.sleep(3)
    assert [one.alert_id for one in await alerts(settings)] == [alert.alert_id]
    assert listed(settings) == [alert.alert_id]
    assert await asyncio.to_thread(second.stop) == 0


@pytest.mark.extended
async def test_a_former_owner_that_wakes_up_around_an_alert_tells_nothing(settings, stricken):
    await ensure_topics(settings)
    await smoulder(settings)
    former = await stricken("before an alert", "1", "SIGSTOP")
    await ready(former)
    await asyncio.to_thread(former.wait_for, "cascades_looks_total", 1)
    await take_off(settings)
    await asyncio.sleep(1)
    owner = await stricken()
    (alert,) = await until_told(settings)
    former.process.send_signal(signal.SIGCONT)
    await ready(former)
    await asyncio.sleep(3)
    assert [one.alert_id for one in await alerts(settings)] == [alert.alert_id]
    for one in (former, owner):
        assert await asyncio.to_thread(one.stop) == 0, one.log.read_text()

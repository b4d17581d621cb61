"""What offsets and state speak of is gone (ClickHouse emptied, the topic made anew): the worker says so and stops, instead of partial figures."""

from __future__ import annotations

import asyncio
import time

import pytest
from support.campaign import expected, finish, shown
from support.extended import some
from support.messy import messy
from support.worker import produce, serial
from support.worker_process import WorkerProcess, migrated

from pipeline.clickhouse import client
from pipeline.kafka import admin_client, ensure_topics, missing_topics, topic_identity
from pipeline.stream.forget import forget_state

pytestmark = pytest.mark.timeout(480)


@pytest.fixture
def settings(kafka, clickhouse):
    database = clickhouse.settings()
    made = kafka.settings(
        clickhouse_url=database.clickhouse_url,
        clickhouse_database=database.clickhouse_database,
        partitions=2,
        flush_interval_s=0.2,
        session_timeout_s=6.0,
    )
    migrated(made)
    return made


def command(settings, sql):
    with client(settings, database="") as admin:
        admin.command(sql)


async def a_run(settings, log):
    """Everything in the topic is stored and committed, and the worker has stopped."""
    worker = await asyncio.to_thread(WorkerProcess, settings, log)
    await finish(settings, worker)
    assert await asyncio.to_thread(worker.stop) == 0, log.read_text()


async def last_words(settings, log):
    """The worker stops by itself; returns its log."""
    worker = await asyncio.to_thread(WorkerProcess, settings, log)
    try:
        assert await asyncio.to_thread(worker.process.wait, 90) == 1
    finally:
        worker.kill()
    text = log.read_text()
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize("lost", some(["DROP DATABASE {}", "DROP TABLE {}.edges"], "DROP TABLE {}.edges"))
async def test_a_clickhouse_that_lost_its_rows_stops_the_worker_and_a_rebuild_brings_them_back(
    settings, tmp_path, lost
):
    await produce(settings, messy(300))
    await a_run(settings, tmp_path / "first.log")
    command(settings, lost.format(settings.clickhouse_database) + " SYNC")
    if "TABLE" in lost:
        said = await last_words(settings, tmp_path / "second.log")
        assert "edges is gone" in said
        assert "cascades migrate" in said
    migrated(settings)
    await produce(settings, messy(100, start=300))
    said = await last_words(settings, tmp_path / "third.log")
    assert "made anew since this group worked with it" in said
    assert "table edges" in said
    assert "run `cascades rebuild`" in said
    await forget_state(settings)
    await a_run(settings, tmp_path / "fourth.log")
    assert shown(settings) == expected(await serial(settings))


async def test_a_topic_made_anew_and_filled_beyond_the_offsets_stops_the_worker(settings, tmp_path):
    await produce(settings, messy(200))
    await a_run(settings, tmp_path / "first.log")
    before = await topic_identity(settings)
    await make_anew(settings)
    assert (await topic_identity(settings)).keys() == before.keys()
    assert await topic_identity(settings) != before
    await produce(settings, messy(600, start=1000))
    said = await last_words(settings, tmp_path / "second.log")
    assert f"topic {settings.events_topic}" in said
    assert "raise CASCADES_EPOCH by one, run `cascades rebuild`" in said
    command(
        settings, f"DROP DATABASE {settings.clickhouse_database} SYNC"
    )  # so that only the new topic's rows are compared
    migrated(settings)
    raised = settings.model_copy(update={"epoch": 1})
    await forget_state(raised)
    await a_run(raised, tmp_path / "third.log")
    assert shown(raised) == expected(await serial(raised))


async def make_anew(settings):
    async with admin_client(settings) as admin:
        await admin.delete_topics([settings.events_topic])
    until = time.monotonic() + 30
    while settings.events_topic not in await missing_topics(settings):
        assert time.monotonic() < until
        await asyncio.sleep(0.1)
    await ensure_topics(settings)


async def test_a_topic_that_is_not_there_has_no_identity(kafka):
    assert await topic_identity(kafka.settings()) == {}

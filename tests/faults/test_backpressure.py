"""Backpressure, not loss: whatever ClickHouse or Kafka suffer, partitions pause, memory stays bounded, readiness says why, work resumes by itself."""

from __future__ import annotations

import asyncio

import pytest
from support.campaign import expected, finish, shown
from support.faulty_clickhouse import CODES, faulty_clickhouse
from support.messy import messy
from support.worker import committed, produce, serial
from support.worker_process import WorkerProcess, migrated

from pipeline.embedded import ports
from pipeline.embedded.clickhouse import EmbeddedClickHouse
from pipeline.embedded.kafka import EmbeddedKafka

ROWS, BATCH = 300, 50
BOUND = ROWS + 4 * BATCH  # one more batch of each partition may be under way; an event makes about two rows
MORE = 700
pytestmark = pytest.mark.timeout(480)


class Feed:
    """Messy events, as many as are asked for, one after the other."""

    def __init__(self, settings):
        self.settings, self.sent = settings, 0

    async def more(self, count):
        await produce(self.settings, messy(count, self.sent))
        self.sent += count


def small(made, clickhouse_url, database):
    return made.model_copy(
        update={
            "clickhouse_url": clickhouse_url,
            "clickhouse_database": database,
            "flush_max_rows": ROWS,
            "fetch_max_records": BATCH,
            "flush_interval_s": 0.2,
            "session_timeout_s": 6.0,
        }
    )


@pytest.fixture
def settings(kafka, clickhouse):
    made = small(kafka.settings(partitions=2), clickhouse.url, clickhouse.settings().clickhouse_database)
    migrated(made)
    return made


@pytest.fixture
def start(tmp_path):
    started = []

    async def run(settings):
        started.append(await asyncio.to_thread(WorkerProcess, settings, tmp_path / "worker.log"))
        return started[-1]

    yield run
    for one in started:
        one.kill()


async def until(worker, holds, what):
    await asyncio.to_thread(worker.wait_until, holds, what)


async def metric(worker, name):
    return await asyncio.to_thread(worker.metric, name)


async def assert_paused(worker, settings):
    """Rows wait up to the bound, then nothing more is read and nothing is committed."""
    await until(worker, lambda: worker.metric("cascades_rows_waiting") >= ROWS, "reading pauses")
    await asyncio.sleep(0.5)
    before = await committed(settings), await metric(worker, "cascades_records_in_total")
    await asyncio.sleep(1.0)
    assert await metric(worker, "cascades_rows_waiting") <= BOUND
    assert await metric(worker, "cascades_lag_records") > 0
    assert (await committed(settings), await metric(worker, "cascades_records_in_total")) == before


async def assert_whole(worker, settings, direct=None):
    """Everything is stored and committed, and equals one pass over the log."""
    await finish(settings, worker)
    assert await asyncio.to_thread(shown, direct or settings) == expected(await serial(settings))


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(list(CODES), marks=pytest.mark.extended),
        ["hanging", "silent after the insert", "cut off half-way"],
    ],
    ids=["faults0", "faults1"],
)
async def test_while_clickhouse_takes_no_rows_reading_pauses_and_readiness_says_why(
    settings, clickhouse, start, faults
):
    async with faulty_clickhouse(clickhouse.url) as faulty:
        feed = Feed(settings)
        await feed.more(100)
        worker = await start(settings.model_copy(update={"clickhouse_url": faulty.url}))
        await finish(settings, worker)
        for fault in faults:
            faulty.set(fault)
            await feed.more(MORE)
            await assert_paused(worker, settings)
            why = (
                CODES[fault][1]
                if fault in CODES
                else "has not answered for"
                if fault == "hanging"
                else "does not take rows"
            )
            await until(worker, lambda why=why: why in worker.parts()["clickhouse"]["detail"], f"{fault}: {why}")
            assert (await asyncio.to_thread(worker.get, "/readyz"))[0] == 503
            assert (await asyncio.to_thread(worker.get, "/livez"))[0] == 200
            assert faulty.struck, "the fault was met"
            faulty.set()
            await finish(settings, worker)
        await assert_whole(worker, settings)


async def test_a_slow_clickhouse_slows_reading_down_and_nothing_else(settings, clickhouse, start):
    async with faulty_clickhouse(clickhouse.url) as faulty:
        feed = Feed(settings)
        worker = await start(settings.model_copy(update={"clickhouse_url": faulty.url}))
        await feed.more(100)
        await finish(settings, worker)
        faulty.set("slow")
        await feed.more(MORE)
        await until(worker, lambda: worker.metric("cascades_lag_records") > 0, "lag")
        most = 0.0
        while await metric(worker, "cascades_lag_records"):
            most = max(most, await metric(worker, "cascades_rows_waiting"))
            await asyncio.sleep(0.1)
        assert 0 < most <= BOUND
        assert (await asyncio.to_thread(worker.get, "/readyz"))[0] == 200
        assert "SinkTransientError" not in worker.log.read_text()
        assert "does not take rows" not in worker.log.read_text()
        faulty.set()
        await assert_whole(worker, settings)


async def test_a_clickhouse_that_restarts_is_waited_for(kafka, start, tmp_path):
    port = ports.choose()
    server = EmbeddedClickHouse(tmp_path / "clickhouse", port)
    await asyncio.to_thread(server.start)
    try:
        settings = small(kafka.settings(partitions=2), server.url, "restarted")
        await asyncio.to_thread(migrated, settings)
        feed = Feed(settings)
        await feed.more(300)
        worker = await start(settings)
        await until(worker, lambda: worker.metric("cascades_rows_written_total") > 0, "some rows")
        await asyncio.to_thread(server.stop)
        await feed.more(MORE)
        await assert_paused(worker, settings)
        assert "refused" in (await asyncio.to_thread(worker.parts))["clickhouse"]["detail"]
        await asyncio.to_thread(server.start)
        await assert_whole(worker, settings)
        assert await asyncio.to_thread(worker.stop) == 0
    finally:
        await asyncio.to_thread(server.stop)


@pytest.mark.extended
async def test_a_kafka_that_restarts_is_waited_for(clickhouse, start, tmp_path):
    broker = EmbeddedKafka(tmp_path / "kafka", ports.choose())
    await asyncio.to_thread(broker.start)
    try:
        base = clickhouse.settings(kafka_bootstrap=broker.bootstrap, partitions=2, state_dir=tmp_path / "state")
        settings = small(base, clickhouse.url, base.clickhouse_database)
        await asyncio.to_thread(migrated, settings)
        feed = Feed(settings)
        worker = await start(settings)
        await until(worker, lambda: worker.get("/readyz")[0] == 200, "ready")
        await feed.more(MORE)
        await until(worker, lambda: worker.metric("cascades_records_in_total") > 0, "some records")
        await asyncio.to_thread(broker.stop)
        await until(worker, lambda: not worker.parts()["kafka"]["ok"], "readiness tells")
        assert str(broker.port) in (await asyncio.to_thread(worker.parts))["kafka"]["detail"]
        assert worker.process.poll() is None
        await asyncio.to_thread(broker.start)
        await feed.more(MORE)
        await assert_whole(worker, settings)
        assert await asyncio.to_thread(worker.stop) == 0
    finally:
        await asyncio.to_thread(broker.stop)

"""Kill -9 and SIGTERM of the worker while records arrive: afterwards ClickHouse shows what one undisturbed pass over the log gives."""

import asyncio
import signal

import pytest
from support.stream import event_json
from support.worker import committed, produce, serial
from support.worker_process import WorkerProcess, migrated

from pipeline.clickhouse import client

CONTENTS = 9
FIGURES = "content_id, size, shares, duplicates, depth, depth_exact, breadth, secondary_reach, structural_virality, parents_unresolved"


def messy(count, start=0):
    """Chains with copies, late parents, retractions, broken records and strays in between."""
    for n in range(start, start + count):
        content = f"content {n % CONTENTS}"
        parent = f"e{n - CONTENTS + 2 * CONTENTS * (n % 5 == 0)}"  # every fifth names a share that comes later
        good = event_json(f"e{n}", content, parent_event_id=parent, parent_basis="exact", audience_size=n % 50)
        yield content.encode() if n % 7 else None, good
        if n % 10 == 3:
            yield content.encode(), good
        if n % 11 == 4:
            undo = event_json(f"r{n}", content, "retract", target_event_id=f"e{n}", actor_id=f"actor of e{n}")
            yield content.encode(), undo
        if n % 13 == 5:
            yield content.encode(), b"broken %d" % n


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


def shown(settings):
    """The figures of every content and the place of every edge, as analysts see them; dead letters by identity."""
    with client(settings) as connection:
        contents = connection.query(f"SELECT {FIGURES} FROM contents FINAL ORDER BY content_id").result_rows
        edges = connection.query(
            "SELECT content_id, event_id, parent_event_id, depth, retracted FROM edges FINAL ORDER BY content_id, event_id"
        ).result_rows
        letters = connection.query(
            "SELECT partition, offset, reason, payload FROM v_dead_letters ORDER BY partition, offset"
        ).result_rows
        raw = connection.query("SELECT count(), uniqExact(content_id, event_id) FROM events FINAL").result_rows
    return contents, edges, letters, raw


def expected(sink):
    contents = [tuple(row[name] for name in FIGURES.split(", ")) for row in sink.rows("contents")]
    edges = [
        (row["content_id"], row["event_id"], row["parent_event_id"], row["depth"], row["retracted"])
        for row in sink.rows("edges")
    ]
    letters = [
        (row["kafka_partition"], row["kafka_offset"], row["reason"], row["payload"].decode())
        for row in sink.rows("dead_letters")
    ]
    count = len(sink.rows("events"))
    return contents, edges, letters, [(count, count)]


async def finish(settings, worker):
    """Wait until everything in the topic, copies of strays included, is stored and committed."""
    await asyncio.to_thread(worker.wait_until, lambda: worker.get("/readyz")[0] == 200, "ready")
    await asyncio.sleep(1.0)
    await asyncio.to_thread(worker.wait_until, lambda: worker.metric("cascades_lag_records") == 0, "no lag")


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


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
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


async def test_a_schema_that_is_behind_stops_the_worker_with_what_to_do(kafka, clickhouse, tmp_path):
    database = clickhouse.settings()
    settings = kafka.settings(clickhouse_url=database.clickhouse_url, clickhouse_database=database.clickhouse_database)
    worker = await asyncio.to_thread(WorkerProcess, settings, tmp_path / "worker.log")
    assert await asyncio.to_thread(worker.process.wait, 60) == 1
    assert "cascades migrate" in worker.log.read_text()
    assert "Traceback" not in worker.log.read_text()

"""`cascades repartition` on a real broker: every table is equal afterwards, whatever happened on the way."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from support.durable import settled
from support.extended import some
from support.kafka_cases import create
from support.messy import CONTENTS, messy
from support.stream import event_json
from support.worker import produce, read_all, worker
from support.worker_process import migrated

from pipeline.clickhouse import client
from pipeline.errors import TopicMismatchError, UsageError
from pipeline.kafka import client_options, ensure_topics
from pipeline.sinks.clickhouse import ClickHouseSink
from pipeline.sinks.memory import MemorySink
from pipeline.stream.larger_topic import LargerTopic, config_of
from pipeline.stream.moved import first_place
from pipeline.stream.relocate import Stays
from pipeline.stream.repartition import check, default_name, repartition
from schemas.dead_letter import REPLAY_HEADER, Identity

TESTS = Path(__file__).parents[1]
CLOCK = {
    "viral_score",
    "predicted_size",
    "state",
    "evaluated_at",
    "acceleration",
    "doubling_s",
    "live_r",
    "burst_z",
    "expected_shares",
}
CLOCK |= {"predicted_low", "predicted_high", "accelerating", "half_s", "ninety_s", "label", "severity"}
PLACE = {"kafka_partition", "kafka_offset", "updated_at", "version", "inserted_at", *CLOCK}
"""What tells where a record stands, when its row was written, or what was known at a moment."""
VIEWS = ("v_content", "v_content_minute", "v_edges", "v_generation", "v_amplifiers", "v_platform_minute", "events")
LETTER = Identity("share.events", 0, 7, 5)


@pytest.fixture
def settings(kafka):
    return kafka.settings(partitions=4, flush_interval_s=0.1)


def silent(_what, _done, _total):
    pass


def larger(settings, name, partitions):
    """The settings that the command tells."""
    return settings.model_copy(update={"events_topic": name, "partitions": partitions, "epoch": settings.epoch + 1})


async def replayed(settings, event_id, times=1):
    """A dead letter that was fixed and sent again, perhaps more than once."""
    async with AIOKafkaProducer(**client_options(settings)) as producer:
        for _ in range(times):
            value, headers = event_json(event_id, "content 1"), [(REPLAY_HEADER, str(LETTER).encode())]
            await producer.send_and_wait(settings.events_topic, value, key=b"content 1", headers=headers)


async def fold(settings, sink=None):
    """Let a worker run until everything is stored, copies of strays included."""
    async with worker(settings, sink) as running:
        await settled(running)
        return running.sink


async def filled(settings, count=600):
    """Chains, copies, retractions, strays and broken records, folded."""
    await produce(settings, messy(count))
    await replayed(settings, "fixed", times=2)
    return await fold(settings)


def shown(settings):
    """Every view, row by row, without the columns that tell the place."""
    with client(settings) as connection:
        tables = {}
        for view in VIEWS:
            columns = [row[0] for row in connection.query(f"DESCRIBE {view}").result_rows if row[0] not in PLACE]
            final = " FINAL" if view == "events" else ""
            tables[view] = connection.query(f"SELECT {', '.join(columns)} FROM {view}{final} ORDER BY ALL").result_rows
        tables["letters"] = connection.query("SELECT * FROM v_dead_letters ORDER BY ALL").result_rows
        return tables


def rows(sink):
    return {
        name: [{column: value for column, value in row.items() if column not in PLACE} for row in sink.rows(name)]
        for name in ("contents", "edges", "content_minutes", "amplifiers", "events")
    } | {"dead_letters": sink.rows("dead_letters")}


@pytest.mark.parametrize("partitions", some([6, 8], 8))
async def test_every_view_is_equal_after_growth_and_after_what_comes_then(settings, clickhouse, partitions):
    database = clickhouse.settings()
    names = ("clickhouse_url", "clickhouse_database")
    settings = settings.model_copy(update={name: getattr(database, name) for name in names})
    migrated(settings)
    await produce(settings, messy(900))
    await replayed(settings, "fixed", times=2)
    await fold(settings, ClickHouseSink(settings))
    before = shown(settings)
    assert all(before.values())

    summary = await repartition(settings, default_name(settings, partitions), partitions, silent)
    assert summary.stayed[Stays.MISPLACED] > 100
    assert summary.stayed[Stays.REPLAY_REPEAT] == 1
    new = larger(settings, summary.topic, partitions)
    await fold(new, ClickHouseSink(new))
    assert shown(new) == before
    with client(new) as connection:
        (epochs,) = connection.query(
            "SELECT groupUniqArray(bitShiftRight(version, 48)) FROM contents FINAL"
        ).result_rows
    assert epochs == ([1],)

    await replayed(new, "fixed otherwise")
    await fold(new, ClickHouseSink(new))
    assert shown(new) == before, "a letter that was replayed before has no second effect"
    await produce(new, messy(300, start=900))
    await fold(new, ClickHouseSink(new))
    after = shown(new)
    assert len(after["v_edges"]) == len(before["v_edges"]) + 300
    assert len(after["letters"]) == len(before["letters"]) + len([n for n in range(900, 1200) if n % 13 == 5])


async def test_moved_records_keep_time_key_value_and_headers(settings):
    async with AIOKafkaProducer(**client_options(settings)) as producer:
        await ensure_topics(settings)
        for n in range(20):
            value = event_json(f"e{n}", f"c{n}")
            await producer.send_and_wait(settings.events_topic, value, key=b"c%d" % n, headers=[("trace", b"%d" % n)])
        await producer.send_and_wait(settings.events_topic, b"", partition=0)
    await fold(settings)
    old = await read_all(settings, settings.events_topic)
    summary = await repartition(settings, "grown-" + settings.group, 9, silent)
    new = await read_all(settings, summary.topic)
    assert sorted((one.timestamp, one.key or b"", one.value, one.headers[:-1]) for one in new) == sorted(
        (one.timestamp, one.key or b"", one.value, one.headers) for one in old
    )
    assert {first_place(one) for one in new} == {
        Identity(settings.events_topic, one.partition, one.offset, one.timestamp) for one in old
    }


async def test_after_the_switch_kafka_stamps_records_itself_and_nobody_can_pretend_that_a_record_was_moved(settings):
    await filled(settings, 50)
    summary = await repartition(settings, "grown-" + settings.group, 8, silent)
    new = larger(settings, summary.topic, 8)
    await ensure_topics(new)
    (header,) = (await read_all(new, new.events_topic))[0].headers[-1:]
    async with AIOKafkaProducer(**client_options(new)) as producer:
        for n in range(2):
            await producer.send_and_wait(
                new.events_topic, b"broken %d" % n, partition=0, headers=[header], timestamp_ms=5
            )
    *_, forged = (one for one in await read_all(new, new.events_topic) if one.partition == 0)
    assert forged.timestamp > 5
    assert first_place(forged) is None
    sink = await fold(new)
    payloads = {row["payload"]: row["topic"] for row in sink.rows("dead_letters")}
    assert payloads[b"broken 0"] == payloads[b"broken 1"] == new.events_topic


async def test_running_it_again_after_the_end_says_so_and_changes_nothing(settings):
    await filled(settings, 100)
    first = await repartition(settings, "grown-" + settings.group, 8, silent)
    await produce(larger(settings, first.topic, 8), messy(20, start=100))
    again = await repartition(settings, first.topic, 8, silent)
    assert (again.was_open, again.sent, again.records) == (True, 0, first.records)


STRICKEN = """
import asyncio, os, signal, sys
from pipeline.config import Settings
from pipeline.stream import larger_topic, repartition
from pipeline.stream.larger_topic import Filler, LargerTopic

name, point, left = sys.argv[1], sys.argv[2], int(sys.argv[3])
repartition.BATCH_BYTES = 4000

def struck(owner, method):
    inner = getattr(owner, method)
    async def wrapped(*given):
        global left
        result = await inner(*given)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, method, wrapped)

struck({"create": LargerTopic, "open": LargerTopic, "send": Filler, "settle": Filler}[point], {"create": "prepare"}.get(point, "open" if point == "open" else f"_{point}"))
asyncio.run(repartition.repartition(Settings(), name, 6, lambda *_: None))
"""


def killed(settings, name, point, nth):
    names = settings.model_fields_set
    environment = os.environ | {f"CASCADES_{field.upper()}": str(getattr(settings, field)) for field in names}
    command = [sys.executable, "-c", STRICKEN, name, point, str(nth)]
    return subprocess.run(command, env=environment, cwd=TESTS.parent, timeout=90, check=False).returncode


async def test_killed_at_any_point_it_goes_on_and_every_record_is_there_once(settings):
    before = rows(await filled(settings, 500))
    whole = await repartition(settings, "whole-" + settings.group, 6, silent)
    name = "struck-" + settings.group
    for point, nth in (("create", 1), ("send", 1), ("send", 20), ("settle", 25), ("open", 1)):
        assert await asyncio.to_thread(killed, settings, name, point, nth) == -signal.SIGKILL, point
    done = await repartition(settings, name, 6, silent)
    assert done.records == whole.records
    extents = [await LargerTopic(settings, topic, 6).extents() for topic in (whole.topic, name)]
    assert extents[0] == extents[1]
    assert rows(await fold(larger(settings, name, 6))) == before


async def test_no_worker_starts_on_a_topic_that_is_half_filled(settings):
    await filled(settings, 200)
    name = "half-" + settings.group
    assert await asyncio.to_thread(killed, settings, name, "send", 8) == -signal.SIGKILL
    with pytest.raises(TopicMismatchError, match="repartition"):
        await ensure_topics(larger(settings, name, 6))


async def test_it_refuses_while_a_worker_runs_and_while_records_wait(settings):
    await produce(settings, messy(50))
    with pytest.raises(UsageError, match="not folded yet"):
        await check(settings, "grown", 8)
    async with worker(settings) as running:
        await settled(running)
        with pytest.raises(UsageError, match="stop them first"):
            await check(settings, "grown", 8)
    assert sum(map(len, (await check(settings, "grown", 8)).values())) > 50


@pytest.mark.parametrize(("name", "partitions", "why"), [("grown", 4, "must become more"), ("grown", 9999, "at most")])
async def test_it_refuses_what_is_no_growth(settings, name, partitions, why):
    await ensure_topics(settings)
    with pytest.raises(UsageError, match=why):
        await check(settings, name, partitions)


async def test_it_refuses_a_topic_that_holds_something_else(settings):
    await filled(settings, 50)
    name = "taken-" + settings.group
    await create(settings, name, 8)
    async with AIOKafkaProducer(**client_options(settings)) as producer:
        await producer.send_and_wait(name, b"mine", partition=0)
    with pytest.raises(UsageError, match="not copied by this command"):
        await repartition(settings, name, 8, silent)
    with pytest.raises(UsageError, match="with 8 partitions, not 6"):
        await repartition(settings, name, 6, silent)


async def test_it_refuses_an_empty_topic_that_a_worker_made_too_early(settings):
    await filled(settings, 50)
    new = larger(settings, "early-" + settings.group, 8)
    await ensure_topics(new)
    with pytest.raises(UsageError, match="does not hold what it should"):
        await repartition(settings, new.events_topic, 8, silent)


async def test_events_that_come_meanwhile_keep_the_topic_closed_until_they_are_folded_and_moved(settings, monkeypatch):
    await filled(settings, 100)
    name = "late-" + settings.group
    extents = LargerTopic.extents

    async def and_more(self, *given):
        await produce(settings, messy(40, start=100))
        monkeypatch.setattr(LargerTopic, "extents", extents)
        return await extents(self, *given)

    monkeypatch.setattr(LargerTopic, "extents", and_more)
    with pytest.raises(UsageError, match="goes on where it stopped"):
        await repartition(settings, name, 8, silent)
    with pytest.raises(TopicMismatchError):
        await ensure_topics(larger(settings, name, 8))
    before = rows(await fold(settings))
    summary = await repartition(settings, name, 8, silent)
    assert rows(await fold(larger(settings, name, 8), MemorySink()))["contents"] != []
    assert summary.records > 140
    assert len(before["contents"]) == CONTENTS


async def test_the_new_topic_has_the_configuration_of_the_old_one(settings):
    kept = {
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": "-1",
        "max.message.bytes": "2000000",
        "segment.ms": "7200000",
    }
    await create(settings, settings.events_topic, 4, kept)
    await filled(settings, 30)
    summary = await repartition(settings, "grown-" + settings.group, 8, silent)
    admin = AIOKafkaAdminClient(**client_options(settings))
    await admin.start()
    try:
        found = await config_of(admin, summary.topic)
    finally:
        await admin.close()
    assert {name: found[name] for name in kept} == kept


async def cascades(settings, *arguments):
    """Exit code, standard output, standard error of a command."""
    names = settings.model_fields_set
    environment = os.environ | {f"CASCADES_{name.upper()}": str(getattr(settings, name)) for name in names}
    command = [sys.executable, "-m", "pipeline.cli", *arguments]
    done = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True, timeout=90)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


async def test_the_command_says_what_it_would_do_does_it_and_tells_the_settings(settings):
    before = rows(await filled(settings, 100))
    name = f"{settings.events_topic}.8"
    exports = f"export CASCADES_EVENTS_TOPIC={name}\nexport CASCADES_PARTITIONS=8\nexport CASCADES_EPOCH=1\n"
    code, out, told = await cascades(settings, "repartition", "--partitions", "8", "--dry-run")
    assert (code, out) == (0, exports)
    assert "would copy" in told
    code, out, told = await cascades(settings, "repartition", "--partitions", "8")
    assert (code, out) == (0, exports), told
    assert "compared" in told
    assert "stood under a wrong key" in told
    assert rows(await fold(larger(settings, name, 8))) == before
    code, out, told = await cascades(settings, "repartition", "--partitions", "8")
    assert (code, "finished before" in told) == (0, True)
    code, _, told = await cascades(settings, "repartition", "--partitions", "3")
    assert (code, "must become more" in told) == (2, True)

"""What goes viral is told on the topic of alerts within seconds, once; figures are there at once and decay. Real Kafka, embedded ClickHouse."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer
from support.moments import content_at
from support.take_off import alerts, messages, shares, smoulder, take_off, until_told
from support.worker import produce, until, worker
from support.worker_process import migrated

from pipeline.clickhouse import client
from pipeline.clock import SystemClock
from pipeline.kafka import client_options, ensure_topics
from pipeline.sinks.clickhouse import ClickHouseSink
from schemas.alert import Control, Scope, moment

PROMISED_S = 5.0


@pytest.fixture
def settings(kafka, clickhouse):
    database = clickhouse.settings()
    made = kafka.settings(
        clickhouse_url=database.clickhouse_url,
        clickhouse_database=database.clickhouse_database,
        partitions=2,
        session_timeout_s=3.0,
    )
    migrated(made)
    return made


def rows(settings, sql):
    with client(settings) as connection:
        return list(connection.query(sql).named_results())


async def shows(settings, sql, holds):
    """Wait until ClickHouse shows something."""
    found = []

    def look():
        found[:] = rows(settings, sql)
        return found and holds(*found)

    for _ in range(300):
        if await asyncio.to_thread(look):
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"in vain: {sql}: {found}")


async def test_figures_are_there_at_once_and_an_alert_within_five_seconds_of_the_record_that_crossed(settings):
    await ensure_topics(settings)
    await smoulder(settings)
    async with worker(settings, ClickHouseSink(settings)) as running:
        await running.is_assigned(2)
        calm = "SELECT state, velocity_1h, evaluated_at, label FROM v_content WHERE content_id = 'star'"
        await shows(settings, calm, lambda row: row["state"] == "quiet" and row["velocity_1h"] > 0)
        await take_off(settings)
        crossed_ms = SystemClock().now_us() // 1000
        (alert,) = await until_told(settings)
        (record,) = await messages(settings)
        assert record.timestamp - crossed_ms < PROMISED_S * 1000
        assert (record.key, alert.kind, alert.state) == (b"star", "opened", "viral")
        hot = "SELECT * FROM v_content WHERE content_id = 'star'"
        (row,) = await shows(settings, hot, lambda row: row["state"] == "viral" and row["shares"] > 120)
        assert row["velocity_5m"] >= 24
        assert row["severity"] == alert.severity
        assert row["predicted_size"] >= row["size"]
        (listed,) = await shows(settings, "SELECT * FROM v_alerts", lambda _: True)
        assert (listed["alert_id"], listed["summary"], listed["closed_at"]) == (alert.alert_id, alert.summary, None)
        history = (
            "SELECT state, shares FROM v_content_history WHERE content_id = 'star' ORDER BY known_at, evaluated_at"
        )
        await shows(settings, history, lambda *found: found[-1]["shares"] >= 11)
    assert len(await alerts(settings)) == 1


async def test_speed_acceleration_and_doubling_time_decay_in_clickhouse_when_no_worker_runs(settings):
    await produce(settings, shares("old", 30, 30))
    async with worker(settings, ClickHouseSink(settings)) as running:
        await running.has_read(30)
        await shows(settings, "SELECT velocity_5m FROM v_content", lambda row: row["velocity_5m"] == 6)
    now_s = SystemClock().now_us() // 1_000_000
    speeds = [await asyncio.to_thread(speeds_at, settings, now_s + minutes * 60) for minutes in (0, 6, 11, 62)]
    assert [one[:2] for one in speeds] == [(6.0, 0.5), (0.0, 0.5), (0.0, 0.5), (0.0, 0.0)]
    assert [one[2] for one in speeds[1:]] == [-6.0, 0.0, 0.0]
    doubling = [one[3] for one in speeds]
    assert 0 < doubling[0] < doubling[1] < doubling[2]
    assert doubling[3] is None


def speeds_at(settings, second):
    with client(settings) as connection:
        columns = "velocity_5m, velocity_1h, acceleration, doubling_s"
        (row,) = content_at(connection, settings.clickhouse_database, second, columns)
        return tuple(row.values())


async def test_an_alert_is_told_once_across_a_rebalance_and_goes_on_with_the_next_owner(settings):
    await ensure_topics(settings)
    await smoulder(settings)
    sink = ClickHouseSink(settings)
    async with worker(settings, sink) as first:
        await first.is_assigned(2)
        await take_off(settings)
        (alert,) = await until_told(settings)
        async with worker(settings, ClickHouseSink(settings)) as second:
            await asyncio.gather(first.is_assigned(1), second.is_assigned(1))
            await produce(settings, shares("more", 30, 1))
            await until(lambda: first.lag() + second.lag() == 0)
            await asyncio.sleep(3)
        await first.is_assigned(2)
        await asyncio.sleep(3)
    told = await alerts(settings)
    assert [one.alert_id for one in told if one.kind == "opened" and one.rule == alert.rule] == [alert.alert_id]
    assert len({one.message_id for one in told}) == len(told)


async def test_a_mute_on_the_control_topic_reaches_every_worker_also_one_that_starts_later(settings):
    await ensure_topics(settings)
    await smoulder(settings)
    await smoulder(settings, "planet")
    mute = Control(action="mute", scope=Scope(content_id="star"), at=moment(SystemClock().now_us()))
    later = Control(action="mute", scope=Scope(content_id="planet"), at=moment(SystemClock().now_us()))
    async with AIOKafkaProducer(**client_options(settings)) as producer:
        await producer.send_and_wait(settings.control_topic, mute.encode(), key=mute.key())
        async with worker(settings) as running:
            await running.is_assigned(2)
            await producer.send_and_wait(settings.control_topic, b"no control", key=b"nonsense")
            await producer.send_and_wait(settings.control_topic, later.encode(), key=later.key())
            await asyncio.sleep(1)
            for content in ("star", "planet"):
                await take_off(settings, content)
            told = await until_told(settings, lambda found: {one.content_id for one in found} == {"star", "planet"})
    assert all(alert.muted for alert in told)

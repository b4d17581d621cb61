"""Rows that ClickHouse refuses, through the whole worker: dead letters with the record's own bytes, everything else stored and committed."""

from __future__ import annotations

import asyncio

import pytest
from support.database import fresh_database
from support.stream import event_json
from support.worker import committed, produce, read_all, serial, worker

from pipeline.errors import SinkRowError, SinkSchemaError
from pipeline.metrics import Metric
from pipeline.sinks.clickhouse import ClickHouseSink


@pytest.fixture
def bench(kafka, clickhouse):
    with fresh_database(clickhouse.settings()) as (database, client):
        settings = kafka.settings(
            partitions=1,
            flush_interval_s=0.1,
            clickhouse_url=database.clickhouse_url,
            clickhouse_database=database.clickhouse_database,
        )
        yield settings, client, database.clickhouse_database


TOO_MANY = 10**6
"""An audience that the narrowed column cannot hold."""


def shares(*audiences):
    return [(b"c", event_json(f"e{number}", audience_size=audience)) for number, audience in enumerate(audiences)]


async def test_a_refused_raw_row_is_a_dead_letter_its_neighbours_are_stored_and_the_figures_have_all(bench):
    settings, client, name = bench
    client.command(f"ALTER TABLE {name}.events MODIFY COLUMN audience_size Int16")
    records = shares(1, TOO_MANY, 2, TOO_MANY, 3)
    await produce(settings, records)
    async with worker(settings, ClickHouseSink(settings)) as running:
        await running.has_read(5)
        assert running.value(Metric.DEAD_LETTERS, "not_storable") == 2
    assert await committed(settings) == {0: 5}
    stored = client.query(f"SELECT audience_size FROM {name}.events FINAL ORDER BY event_id").result_columns
    assert list(map(list, stored)) == [[1, 2, 3]]
    figures = client.query(f"SELECT size, secondary_reach FROM {name}.v_content").result_rows
    assert figures == [(6, 2 * TOO_MANY + 6)]
    shown = client.query(
        f"SELECT partition, offset, reason, payload FROM {name}.v_dead_letters ORDER BY offset"
    ).result_rows
    assert shown == [(0, offset, "not_storable", records[offset][1].decode()) for offset in (1, 3)]
    letters = await read_all(settings, settings.dead_letter_topic)
    assert {(dict(one.headers)["offset"], one.key, one.value) for one in letters} == {
        (b"1", b"c", records[1][1]),
        (b"3", b"c", records[3][1]),
    }


async def test_a_refused_row_of_figures_stops_the_worker_and_commits_nothing(bench):
    settings, client, name = bench
    client.command(f"ALTER TABLE {name}.contents MODIFY COLUMN secondary_reach UInt16")
    await produce(settings, shares(1, TOO_MANY, 2))
    async with worker(settings, ClickHouseSink(settings)) as running:
        failure = await asyncio.wait_for(running.member.failure(), 60)
        assert isinstance(failure, SinkRowError)
        assert "fault of this program" in running.status.parts()["worker"].detail
    assert await committed(settings) == {0: None}
    assert await read_all(settings, settings.dead_letter_topic) == []


async def test_a_table_that_refuses_everything_stops_the_worker_and_makes_no_dead_letters(bench):
    settings, client, name = bench
    client.command(f"ALTER TABLE {name}.events MODIFY COLUMN audience_size Int16")
    await produce(settings, shares(*[TOO_MANY] * 20))
    async with worker(settings, ClickHouseSink(settings)) as running:
        assert isinstance(await asyncio.wait_for(running.member.failure(), 60), SinkSchemaError)
    assert await committed(settings) == {0: None}
    assert await read_all(settings, settings.dead_letter_topic) == []
    assert (await serial(settings)).rows("contents")[0]["size"] == 21

"""What the ClickHouse sink raises when ClickHouse, the network or a value does not play along."""

from __future__ import annotations

import socket

import pytest
from support.database import fresh_database
from support.sink_rows import blocks, standing

from pipeline.clickhouse import async_client, client
from pipeline.config import Settings
from pipeline.errors import SinkRowError, SinkSchemaError, SinkTransientError, UnavailableError
from pipeline.sinks.clickhouse import ClickHouseSink
from pipeline.sinks.errors import REFUSED, ROW, SCHEMA, TRANSIENT

A_ROW = blocks(contents=[{"content_id": "c", "version": 1}])


@pytest.fixture
def database(clickhouse):
    with fresh_database(Settings(clickhouse_url=clickhouse.url)) as made:
        yield made


@pytest.fixture
def sink(database):
    made = ClickHouseSink(database[0])
    yield made
    made.close()


@pytest.fixture
def nobody():
    """Settings of a port where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield Settings(clickhouse_url=f"http://127.0.0.1:{taken.getsockname()[1]}", clickhouse_password="hunter2")


def test_a_clickhouse_that_is_down_is_transient_and_the_sink_recovers_by_itself(database, nobody):
    settings, connection = database
    sink = ClickHouseSink(nobody)
    for _ in range(2):
        with pytest.raises(SinkTransientError, match="connection refused"):
            sink.write(A_ROW)
    sink._settings = settings
    sink.write(A_ROW)
    assert len(standing(connection, settings.clickhouse_database, "contents")) == 1
    sink.close()


def test_a_clickhouse_that_goes_away_between_two_writes_is_transient(sink, nobody):
    sink.write(A_ROW)
    sink._client._backend._base_url = nobody.clickhouse_url
    with pytest.raises(SinkTransientError):
        sink.write(A_ROW)


def test_a_missing_database_calls_for_a_migration(clickhouse):
    settings = Settings(clickhouse_url=clickhouse.url, clickhouse_database="nowhere")
    with pytest.raises(SinkSchemaError, match="cascades migrate"):
        ClickHouseSink(settings).write(A_ROW)


def test_a_missing_column_is_found_before_anything_is_written(database, sink):
    settings, connection = database
    connection.command(f"ALTER TABLE {settings.clickhouse_database}.edges DROP COLUMN depth_exact")
    with pytest.raises(SinkSchemaError, match="table edges lacks depth_exact: run `cascades migrate`"):
        sink.write(A_ROW)
    assert standing(connection, settings.clickhouse_database, "contents") == []


def test_a_table_dropped_while_running_is_a_schema_error_that_names_it(database, sink):
    settings, connection = database
    sink.write(A_ROW)
    connection.command(f"DROP TABLE {settings.clickhouse_database}.contents")
    with pytest.raises(SinkSchemaError, match="contents") as caught:
        sink.write(A_ROW)
    assert caught.value.code == 60


@pytest.mark.parametrize(
    "values",
    [{"size": -1}, {"size": 2**32}, {"size": "many"}, {"size": None}, {"content_id": "\ud800"}, {"content_id": 7}],
)
def test_a_value_that_does_not_fit_is_a_row_error_and_nothing_of_its_block_is_written(database, sink, values):
    settings, connection = database
    good = {"content_id": "good", "version": 1}
    with pytest.raises(SinkRowError, match="contents"):
        sink.write(blocks(contents=[good, good | {"content_id": "bad"} | values]))
    assert standing(connection, settings.clickhouse_database, "contents") == []


def test_the_client_says_where_nothing_answers_and_what_to_do(nobody):
    with pytest.raises(
        UnavailableError, match=rf"{nobody.clickhouse_url} \(connection refused\).*cascades doctor"
    ) as caught:
        client(nobody)
    assert "hunter2" not in str(caught.value)


async def test_the_asyncio_client_says_the_same(nobody):
    with pytest.raises(UnavailableError, match=r"does not answer at .*cascades doctor"):
        await async_client(nobody)


async def test_the_asyncio_client_reads_the_same_database(database):
    settings, _ = database
    async with await async_client(settings) as connection:
        assert (await connection.query("SELECT count() FROM contents")).result_rows == [(0,)]


def test_the_codes_have_the_names_that_clickhouse_gives_them(database):
    _, connection = database
    known = TRANSIENT | ROW | SCHEMA | REFUSED
    named = connection.query(
        f"SELECT number, errorCodeToName(number) FROM numbers(1100) WHERE number IN {tuple(known)}"
    )
    assert dict(named.result_rows) == known

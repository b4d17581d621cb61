"""clickhouse-connect's ordinary HTTP client works against the embedded ClickHouse, unchanged."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
    from plugins.clickhouse_fixture import ClickHouseForTests

TABLE = "CREATE TABLE t (n UInt64, s String, at DateTime64(6, 'UTC'), l Array(String)) ENGINE = MergeTree ORDER BY n"
COLUMNS = ["n", "s", "at", "l"]


def columns(rows: int) -> list[list[object]]:
    return [
        list(range(rows)),
        [f"value {i}" for i in range(rows)],
        [i * 1_000_000 for i in range(rows)],
        [["a", str(i)] for i in range(rows)],
    ]


@pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip"])
def test_columns_that_are_inserted_are_read_back(
    clickhouse: ClickHouseForTests, database: Client, compress: bool | str
) -> None:
    database.command(TABLE)
    with clickhouse.client(database.database, compress=compress) as client:
        done = client.insert(
            "t",
            columns(50_000),
            column_names=COLUMNS,
            column_oriented=True,
            column_type_names=["UInt64", "String", "Int64", "Array(String)"],
        )
        assert done.written_rows == 50_000
        result = client.query("SELECT n, s, l FROM t ORDER BY n")
    assert result.row_count == 50_000
    assert result.result_rows[-1] == (49_999, "value 49999", ["a", "49999"])
    assert result.summary["result_rows"] == "50000"


def test_ten_columns_whose_block_begins_with_a_newline_byte_are_taken(database: Client) -> None:
    names = [f"c{i}" for i in range(10)]
    database.command(f"CREATE TABLE t ({', '.join(f'{name} UInt8' for name in names)}) ENGINE = Memory")
    database.insert("t", [[7] * 10], column_names=names)
    assert database.query("SELECT * FROM t").result_rows == [(7,) * 10]


def test_commands_parameters_and_settings_are_heard(database: Client) -> None:
    assert database.command("SELECT 1 + 1") == 2
    assert database.query(
        "SELECT {s:String}, {l:Array(UInt8)}", parameters={"s": "a'b\\c\nd\te", "l": [1, 2]}
    ).result_rows == [("a'b\\c\nd\te", [1, 2])]
    assert database.command("SELECT getSetting('max_block_size')", settings={"max_block_size": 77}) == 77
    assert database.command("SELECT getSetting('max_block_size')") != 77


def test_a_setting_that_does_not_exist_is_refused_by_name(clickhouse: ClickHouseForTests) -> None:
    with clickhouse.client() as client, pytest.raises(DatabaseError) as refused:
        client.command("SELECT 1", settings={"no_such_setting": 1})
    assert refused.value.code == 115


def test_raw_inserts_and_raw_queries_take_and_give_bytes(database: Client) -> None:
    database.command("CREATE TABLE t (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    database.raw_insert("t", ["n", "s"], b'1,"a"\n2,"b"\n', fmt="CSV")
    database.raw_insert("t", ["n", "s"], iter([b"3\tc\n", b"4\td\n"]), fmt="TabSeparated")
    assert database.raw_query("SELECT n, s FROM t ORDER BY n", fmt="CSV") == b'1,"a"\n2,"b"\n3,"c"\n4,"d"\n'
    with database.raw_stream("SELECT number FROM numbers(200000)", fmt="TabSeparated") as stream:
        assert stream.read().count(b"\n") == 200_000


def test_rows_are_streamed(database: Client) -> None:
    with database.query_rows_stream("SELECT number FROM numbers(300000)") as stream:
        assert sum(row[0] for row in stream) == 300_000 * 299_999 // 2


def test_an_error_in_the_middle_of_a_stream_reaches_the_reader(database: Client) -> None:
    failing = "SELECT number, throwIf(number = 3000000) FROM numbers(4000000)"
    with pytest.raises(DatabaseError, match="FUNCTION_THROW_IF"), database.query_rows_stream(failing) as stream:
        for _ in stream:
            pass


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM no_such_table", 60),
        ("SELECT * FROM nodb.t", 81),
        ("SELEC 1", 62),
        ("SELECT no_such_column", 47),
        ("SELECT nofunction()", 46),
    ],
)
def test_errors_carry_the_code_of_clickhouse(database: Client, sql: str, code: int) -> None:
    with pytest.raises(DatabaseError) as refused:
        database.query(sql)
    assert refused.value.code == code


async def test_the_asyncio_client_works_and_several_requests_run_at_once(
    clickhouse: ClickHouseForTests, database: Client
) -> None:
    database.command("CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
    client = await clickhouse_connect.get_async_client(
        dsn=clickhouse.url, database=database.database, autogenerate_session_id=False
    )
    try:
        await asyncio.gather(*(client.insert("t", [[i]], column_names=["n"]) for i in range(20)))
        answers = await asyncio.gather(*(client.query("SELECT count(), sum(n) FROM t") for _ in range(20)))
        assert {tuple(answer.result_rows[0]) for answer in answers} == {(20, 190)}
        async with await client.query_rows_stream("SELECT number FROM numbers(100000)") as stream:
            assert len([row async for row in stream]) == 100_000
    finally:
        await client.close()


def test_external_data_is_joined(database: Client) -> None:
    from clickhouse_connect.driver.external import ExternalData

    data = ExternalData(file_name="names.csv", data=b"1,one\n2,two\n", fmt="CSV", structure=["n UInt8", "s String"])
    assert database.query("SELECT s FROM names ORDER BY n", external_data=data).result_rows == [("one",), ("two",)]

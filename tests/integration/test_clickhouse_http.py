"""The embedded ClickHouse's HTTP interface, as curl and scripts use it."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from urllib.parse import urlsplit

import pytest
import zstandard
from support.clickhouse_http import ask


@pytest.fixture
def table(clickhouse, database):
    database.command("CREATE TABLE t (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    return {"database": database.database}


def rows(clickhouse, table):
    return ask(clickhouse.url, "SELECT n, s FROM t ORDER BY n FORMAT CSV", **table).text


@pytest.mark.parametrize("path", ["/", "/ping", "/replicas_status"])
def test_it_says_that_it_is_there(clickhouse, path):
    answer = ask(clickhouse.url, method="GET", path=path)
    assert (answer.status, answer.body) == (200, b"Ok.\n")


def test_a_query_may_stand_in_the_url_in_the_body_or_in_both(clickhouse):
    assert ask(clickhouse.url, method="GET", query="SELECT 1").body == b"1\n"
    assert ask(clickhouse.url, query="SELECT 2").body == b"2\n"
    assert ask(clickhouse.url, "SELECT 3").body == b"3\n"
    assert ask(clickhouse.url, "number FROM numbers(2)", query="SELECT").body == b"0\n1\n"
    assert ask(clickhouse.url, [b"SELE", b"CT 4"]).body == b"4\n"
    assert ask(clickhouse.url, method="GET", path="/query", query="SELECT 5").body == b"5\n"


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", b'INSERT INTO t FORMAT CSV\n1,"a"\n2,"b"\n'),
        ("INSERT INTO t FORMAT CSV", b'1,"a"\n2,"b"\n'),
        ("INSERT INTO t (s, n) FORMAT JSONEachRow", b'{"n":1,"s":"a"}\n{"n":2,"s":"b"}'),
        ("INSERT INTO t VALUES (1, 'a')", b", (2, 'b')"),
        ("", b"INSERT INTO t VALUES (1, lower('A')), (1 + 1, 'b')"),
        ("INSERT INTO t FORMAT TabSeparatedWithNames", b"n\ts\n1\ta\n2\tb\n"),
        ("INSERT INTO t SETTINGS async_insert = 0 FORMAT RowBinary", b"\1\0\0\0\0\0\0\0\1a\2\0\0\0\0\0\0\0\1b"),
        ("INSERT INTO t SELECT n + 1, s FROM input('n UInt8, s String') FORMAT TSV", b"0\ta\n1\tb\n"),
        ("INSERT INTO t SELECT number + 1, ['a', 'b'][number + 1] FROM numbers(2)", b""),
    ],
)
def test_inserts_take_their_data_in_any_format(clickhouse, table, query, body):
    done = ask(clickhouse.url, body, query=query, **table)
    assert (done.status, done.body) == (200, b"")
    assert rows(clickhouse, table) == '1,"a"\n2,"b"\n'
    assert json.loads(done.headers["X-ClickHouse-Summary"])["written_rows"] == "2"


@pytest.mark.parametrize(
    "name",
    [
        "Parquet",
        "Arrow",
        "ArrowStream",
        "Native",
        "Avro",
        "ORC",
        "JSONCompactEachRowWithNamesAndTypes",
        "MsgPack",
        "JSON",
        "TSKV",
    ],
)
def test_what_a_format_gives_it_takes_again(clickhouse, table, name):
    given = ask(clickhouse.url, f"SELECT number AS n, toString(number) AS s FROM numbers(100000) FORMAT {name}").body
    assert ask(clickhouse.url, given, query=f"INSERT INTO t FORMAT {name}", **table).status == 200
    assert ask(clickhouse.url, "SELECT count(), sum(n), max(s) FROM t", **table).text == "100000\t4999950000\t99999\n"


def test_a_newline_as_the_first_byte_of_data_is_data(clickhouse, table):
    assert ask(clickhouse.url, b"INSERT INTO t (s) FORMAT LineAsString\n\nx\n", **table).status == 200
    assert ask(clickhouse.url, "SELECT s FROM t ORDER BY s FORMAT CSV", **table).text == '""\n"x"\n'


def test_an_insert_that_fails_says_where_and_writes_nothing(clickhouse, table):
    failed = ask(clickhouse.url, b"INSERT INTO t FORMAT CSV\n1,a\nx,b\n", **table)
    assert (failed.status, failed.code) == (400, 27)
    assert "(at row 2)" in failed.text
    assert rows(clickhouse, table) == ""


def test_the_headers_tell_what_clickhouse_tells(clickhouse):
    answer = ask(
        clickhouse.url, "SELECT number FROM numbers(3) FORMAT JSONEachRow", query_id="mine", wait_end_of_query=1
    )
    told = {
        name.removeprefix("X-ClickHouse-"): value
        for name, value in answer.headers.items()
        if name.startswith("X-ClickHouse-")
    }
    assert {
        "Query-Id": "mine",
        "Format": "JSONEachRow",
        "Server-Display-Name": "embedded",
        "Timezone": "Etc/UTC",
    }.items() <= told.items()
    assert json.loads(told["Summary"])["result_rows"] == "3"
    assert json.loads(told["Summary"])["read_rows"] == "3"
    assert answer.headers["Content-Type"] == "application/x-ndjson; charset=UTF-8"


@pytest.mark.parametrize(
    ("sql", "params", "headers", "body"),
    [
        ("SELECT 1 AS a", {"default_format": "JSONEachRow"}, {}, b'{"a":1}\n'),
        ("SELECT 1 AS a", {}, {"X-ClickHouse-Format": "CSVWithNames"}, b'"a"\n1\n'),
        ("SELECT 1 AS a FORMAT TSV", {"default_format": "JSON"}, {}, b"1\n"),
        ("SELECT currentDatabase()", {"database": "system"}, {}, b"system\n"),
        ("SELECT currentDatabase()", {}, {"X-ClickHouse-Database": "system"}, b"system\n"),
        ("SELECT {x:Array(UInt8)}, {y:String}", {"param_x": "[1,2]", "param_y": "a\\tb"}, {}, b"[1,2]\ta\\tb\n"),
        ("SELECT getSetting('max_block_size')", {"max_block_size": 5}, {}, b"5\n"),
        ("SELECT number FROM numbers(2) WHERE 0 FORMAT JSONCompact", {"output_format_write_statistics": 0}, {}, None),
        ("SELECT sum(number) FROM numbers(3) GROUP BY number % 2 WITH TOTALS ORDER BY 1", {}, {}, b"1\n2\n\n3\n"),
        ("DROP TABLE IF EXISTS no_such_table", {}, {}, b""),
        ("SHOW DATABASES LIKE 'system'", {}, {}, b"system\n"),
    ],
)
def test_parameters_and_headers_shape_the_answer(clickhouse, sql, params, headers, body):
    answer = ask(clickhouse.url, sql, headers=headers, **params)
    assert answer.status == 200
    if body is None:
        assert json.loads(answer.body)["meta"] == [{"name": "number", "type": "UInt64"}]
    else:
        assert answer.body == body


def test_settings_of_one_request_do_not_reach_the_next(clickhouse):
    ask(clickhouse.url, "SET max_block_size = 7")
    ask(clickhouse.url, "SELECT 1", max_block_size=7)
    assert ask(clickhouse.url, "SELECT getSetting('max_block_size')").text != "7\n"


@pytest.mark.parametrize(
    ("sql", "params", "code", "name", "status"),
    [
        ("SELEC 1", {}, 62, "SYNTAX_ERROR", 400),
        ("", {}, 62, "SYNTAX_ERROR", 400),
        ("SELECT 1; SELECT 2", {}, 62, "SYNTAX_ERROR", 400),
        ("SELECT * FROM nope", {}, 60, "UNKNOWN_TABLE", 404),
        ("INSERT INTO nope VALUES (1)", {}, 60, "UNKNOWN_TABLE", 404),
        ("SELECT 1", {"database": "nope"}, 81, "UNKNOWN_DATABASE", 404),
        ("SELECT 1", {"nope": 1}, 115, "UNKNOWN_SETTING", 404),
        ("SELECT 1", {"no pe": 1}, 115, "UNKNOWN_SETTING", 404),
        ("SELECT 1 FORMAT Nope", {}, 73, "UNKNOWN_FORMAT", 404),
        ("SELECT 1", {"default_format": "CSV SETTINGS x"}, 73, "UNKNOWN_FORMAT", 404),
        ("SELECT {x:UInt8}", {}, 456, "UNKNOWN_QUERY_PARAMETER", 500),
        ("SELECT throwIf(1)", {}, 395, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO", 500),
        ("SELECT sleep(3)", {"max_execution_time": 1}, 159, "TIMEOUT_EXCEEDED", 408),
        ("SELECT 1", {"compress": 1}, 48, "NOT_IMPLEMENTED", 501),
        ("SELECT 1", {"user": "nobody"}, 516, "AUTHENTICATION_FAILED", 403),
    ],
)
def test_errors_have_clickhouses_code_name_and_status(clickhouse, sql, params, code, name, status):
    failed = ask(clickhouse.url, sql, query_id="mine", **params)
    assert (failed.status, failed.code) == (status, code)
    assert re.fullmatch(rf"Code: {code}\. DB::Exception: .* \({name}\) \(version [0-9.]+\)\n", failed.text, re.DOTALL)
    assert failed.headers["X-ClickHouse-Query-Id"] == "mine"


def test_get_does_not_change_data(clickhouse, table):
    for sql in ("INSERT INTO t VALUES (1, 'a')", "DROP TABLE t", "CREATE TABLE u (a Int8) ENGINE = Memory"):
        assert ask(clickhouse.url, None, method="GET", query=sql, **table).code == 164
        assert ask(clickhouse.url, None, method="GET", query=sql, readonly=0, **table).code == 164
        assert ask(clickhouse.url, None, method="GET", query=sql, session_id="get", **table).code == 164


def test_head_and_options_are_answered(clickhouse):
    head = ask(clickhouse.url, None, method="HEAD", query="SELECT 1")
    assert (head.status, head.body, head.headers["X-ClickHouse-Format"]) == (200, b"", "TabSeparated")
    options = ask(clickhouse.url, None, method="OPTIONS")
    assert (options.status, options.headers["Allow"]) == (204, "GET, HEAD, POST, OPTIONS")
    assert "Access-Control-Allow-Origin" not in options.headers


def test_bodies_are_unpacked_and_answers_packed(clickhouse, table):
    data = b"".join(b"%d,x\n" % n for n in range(100_000))
    sent = ask(
        clickhouse.url,
        gzip.compress(data),
        query="INSERT INTO t FORMAT CSV",
        headers={"Content-Encoding": "gzip"},
        **table,
    )
    assert sent.status == 200
    select = "SELECT n, s FROM t ORDER BY n FORMAT TSV"
    packed = ask(clickhouse.url, select, headers={"Accept-Encoding": "br, zstd"}, enable_http_compression=1, **table)
    assert packed.headers["Content-Encoding"] == "zstd"
    plain = zstandard.ZstdDecompressor().decompressobj().decompress(packed.body)
    assert plain == data.replace(b",", b"\t")
    assert "Content-Encoding" not in ask(clickhouse.url, select, headers={"Accept-Encoding": "zstd"}, **table).headers


def test_an_error_after_the_answer_began_is_marked_and_the_answer_is_cut(clickhouse):
    import http.client

    address = urlsplit(clickhouse.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request("POST", "/", b"SELECT number, throwIf(number = 3000000) FROM numbers(4000000)")
    answer = connection.getresponse()
    with pytest.raises(http.client.IncompleteRead) as cut:
        answer.read()
    connection.close()
    tag = answer.headers["X-ClickHouse-Exception-Tag"].encode()
    end = cut.value.partial[-2000:]
    assert b"__exception__\r\n" + tag + b"\r\nCode: 395." in end
    assert end.endswith(b" " + tag + b"\r\n__exception__\r\n")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example:8123"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_web_pages_from_elsewhere_are_refused(clickhouse, headers):
    for path in ("/", "/ping"):
        refused = ask(clickhouse.url, "SELECT 1", headers=headers, path=path, method="POST" if path == "/" else "GET")
        assert refused.status == 403
        assert "refused" in refused.text or "may not" in refused.text


def test_a_native_block_is_led_by_its_info_when_the_client_speaks_the_native_protocol(clickhouse):
    plain = ask(clickhouse.url, "SELECT 1 AS a FORMAT Native").body
    framed = ask(clickhouse.url, "SELECT 1 AS a FORMAT Native", client_protocol_version=54405).body
    assert framed == b"\x01\x00\x02\xff\xff\xff\xff\x00" + plain
    shown = ask(clickhouse.url, "SHOW DATABASES FORMAT Native", client_protocol_version=54460).body
    assert shown[:8] == framed[:8]


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_curl_inserts_a_file_and_reads_it_packed(clickhouse, table, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("".join(f"{n},x\n" for n in range(300_000)))
    into = f"{clickhouse.url}/?query=INSERT%20INTO%20t%20FORMAT%20CSV&database={table['database']}"
    subprocess.run(["curl", "-sSf", "--noproxy", "*", "--data-binary", f"@{file}", into], check=True, timeout=60)
    query = f"{clickhouse.url}/?enable_http_compression=1&database={table['database']}"
    out = subprocess.run(
        ["curl", "-sSf", "--noproxy", "*", "--compressed", "-d", "SELECT n, s FROM t ORDER BY n FORMAT CSV", query],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert out.stdout.decode() == file.read_text().replace("x", '"x"')

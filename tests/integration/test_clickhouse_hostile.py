"""Whatever a query says, no file, no program and no address is reached."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.clickhouse_http import ask

from pipeline.embedded.clickhouse import sandbox

SECRET = "the content of a file that nobody may read"

REFUSED = """
SELECT * FROM file('{path}', LineAsString)
SELECT * FROM fileCluster('default', '{path}')
SELECT file('{path}')
SELECT * FROM url('{url}', LineAsString)
SELECT * FROM urlCluster('default', '{url}', LineAsString)
SELECT * FROM s3('{url}/bucket/key', LineAsString)
SELECT * FROM gcs('{url}/bucket/key', LineAsString)
SELECT * FROM remote('{address}', system.one)
SELECT * FROM remoteSecure('{address}', system.one)
SELECT * FROM cluster('default', system.one)
SELECT * FROM mysql('{address}', 'd', 't', 'u', 'p')
SELECT * FROM postgresql('{address}', 'd', 't', 'u', 'p')
SELECT * FROM mongodb('{address}', 'd', 't', 'u', 'p', 'a Int8')
SELECT * FROM redis('{address}', 'k', 'k String')
SELECT * FROM sqlite('{path}', 't')
SELECT * FROM odbc('DSN=x', 't')
SELECT * FROM jdbc('x', 't')
SELECT * FROM hdfs('hdfs://{address}/x', 'TSV', 'a Int8')
SELECT * FROM azureBlobStorage('{url}', 'c', 'b')
SELECT * FROM iceberg('{url}/bucket/key')
SELECT * FROM icebergLocal('{folder}')
SELECT * FROM deltaLakeLocal('{folder}')
SELECT * FROM deltaLake('{url}/bucket/key')
SELECT * FROM hudi('{url}/bucket/key')
SELECT * FROM paimonLocal('{folder}')
SELECT * FROM filesystem('{folder}')
SELECT * FROM executable('cat {path}', LineAsString, 'a String')
SELECT * FROM Python(os)
SELECT * FROM python('os')
SELECT * FROM eval('SELECT 1')
SELECT * FROM viewExplain('EXPLAIN SYNTAX', '', (SELECT 1))
SELECT * FROM bigquery('a', 'b', 'c')
SELECT * FROM ytsaurus('{url}', 'a', 'b', 'c')
SELECT * FROM format(Values, 'a String', $$(file('{path}'))$$)
SELECT * FROM format(Values, 'a String', concat('(fi', 'le(''{path}''))'))
SELECT aiGenerate('x', map('a', 'b'))
SELECT catboostEvaluate('{path}', 1)
SELECT 1 INTO OUTFILE '{folder}/out'
SELECT 1 SETTINGS additional_result_filter = 'file(''{path}'') = '''''
SELECT * FROM system.one SETTINGS additional_table_filters = {{'system.one': 'file(''{path}'') = '''''}}
SELECT 1 FORMAT Template SETTINGS format_template_row = '{path}'
SELECT 1 FORMAT Protobuf SETTINGS format_schema = '{path}:X'
SELECT 1 SETTINGS output_format_schema = '{folder}/out'
SET dialect = 'kusto'
SET `select` = 'file(''{path}'')'
INSERT INTO t FROM INFILE '{path}' FORMAT LineAsString
INSERT INTO FUNCTION file('{folder}/out', 'CSV', 'a Int8') SELECT 1
INSERT INTO FUNCTION file('{folder}/out', 'CSV', 'a Int8') VALUES (1)
INSERT INTO TABLE FUNCTION url('{url}', 'CSV', 'a Int8') SELECT 1
INSERT INTO t VALUES (file('{path}'))
INSERT INTO t VALUES ('harmless'), (arrayMap(`fi\\x6ce`, ['{path}'])[1])
INSERT INTO t VALUES ((SELECT * FROM url('{url}', LineAsString)))
CREATE TABLE u ENGINE = File(LineAsString, '{path}')
CREATE TABLE u (a String) ENGINE = URL('{url}', LineAsString)
CREATE TABLE u (a String) ENGINE = S3('{url}/bucket/key', LineAsString)
CREATE TABLE u (a String) ENGINE = Kafka('{address}', 't', 'g', 'LineAsString')
CREATE TABLE u (a String) ENGINE = MySQL('{address}', 'd', 't', 'u', 'p')
CREATE TABLE u (a String) ENGINE = PostgreSQL('{address}', 'd', 't', 'u', 'p')
CREATE TABLE u (a String) ENGINE = MongoDB('{address}', 'd', 't', 'u', 'p')
CREATE TABLE u (a String) ENGINE = Redis('{address}') PRIMARY KEY a
CREATE TABLE u (a String) ENGINE = SQLite('{path}', 't')
CREATE TABLE u (a String) ENGINE = EmbeddedRocksDB(0, '{folder}/out') PRIMARY KEY a
CREATE TABLE u (a String) ENGINE = FileLog('{folder}', 'LineAsString')
CREATE TABLE u (a String) ENGINE = Executable('x', LineAsString)
CREATE TABLE u (a String) ENGINE = IcebergLocal('{folder}', Parquet)
CREATE TABLE u (a String) ENGINE = Distributed('default', 'd', 't')
CREATE TABLE u (a String) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = '{folder}/')
CREATE TABLE u (a String) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = web, endpoint = '{url}/')
CREATE TABLE u AS file('{path}', LineAsString)
CREATE TABLE u (a String DEFAULT file('{path}')) ENGINE = Memory
CREATE VIEW u AS SELECT * FROM file('{path}', LineAsString)
CREATE VIEW u AS SELECT file('{path}')
CREATE MATERIALIZED VIEW u REFRESH EVERY 1 SECOND (a String) ENGINE = Memory AS SELECT * FROM url('{url}', LineAsString)
CREATE FUNCTION u AS x -> file(x)
CREATE DICTIONARY u (a UInt64, b String) PRIMARY KEY a SOURCE(FILE(PATH '{path}' FORMAT CSV)) LAYOUT(FLAT()) LIFETIME(0)
CREATE DICTIONARY u (a UInt64, b String) PRIMARY KEY a SOURCE(HTTP(URL '{url}' FORMAT CSV)) LAYOUT(FLAT()) LIFETIME(0)
CREATE DICTIONARY u (a UInt64, b String) PRIMARY KEY a SOURCE(EXECUTABLE(COMMAND 'id' FORMAT CSV)) LAYOUT(FLAT()) LIFETIME(0)
CREATE DATABASE u ENGINE = Filesystem('{folder}')
CREATE DATABASE u ENGINE = MySQL('{address}', 'd', 'u', 'p')
CREATE DATABASE u ENGINE = PostgreSQL('{address}', 'd', 'u', 'p')
CREATE DATABASE u ENGINE = SQLite('{path}')
CREATE DATABASE u ENGINE = S3('{url}', 'a', 'b')
CREATE DATABASE u ENGINE = DataLakeCatalog('{url}')
CREATE NAMED COLLECTION u AS a = 1
ATTACH TABLE u FROM '{folder}' (a String) ENGINE = MergeTree ORDER BY a
BACKUP TABLE t TO File('{folder}/out')
RESTORE TABLE t FROM File('{folder}/out')
DROP TABLE t PARALLEL WITH DROP TABLE t
CREATE USER u
GRANT ALL ON *.* TO default
EXECUTE AS default SELECT 1
SYSTEM SHUTDOWN
SYSTEM KILL
SELECT * FROM system.users
SELECT addressToLine(1)
EXPLAIN SELECT * FROM url('{url}', LineAsString)
DESCRIBE TABLE file('{path}', LineAsString)
""".strip().splitlines()


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A file, a folder and an address that must stay untouched."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "secret").write_text(f"{SECRET}\n")
    with listener() as (port, calls):
        yield {
            "path": folder / "secret",
            "folder": folder,
            "address": f"127.0.0.1:{port}",
            "url": f"http://127.0.0.1:{port}",
            "calls": calls,
        }


@contextmanager
def listener():
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=count, args=(server, calls), daemon=True).start()
        yield server.getsockname()[1], calls
        server.shutdown(socket.SHUT_RDWR)


def count(server, calls):
    while True:
        try:
            server.accept()[0].close()
        except OSError:
            return
        calls.append(1)


@pytest.mark.parametrize("query", REFUSED)
def test_it_is_refused_and_leaves_no_trace(clickhouse, database, outside, query):
    database.command("CREATE TABLE t (a String) ENGINE = Memory")
    sql = query.format(**outside)
    answer = ask(clickhouse.url, sql, database=database.database)
    assert answer.status != 200, answer.body
    assert answer.code in {36, 46, 48, 56, 62, 344, 452, 497, 701}, answer.text
    assert SECRET not in answer.text.replace(sql, "")
    assert [path.name for path in outside["folder"].iterdir()] == ["secret"]
    assert outside["calls"] == []
    assert database.command("SELECT count() FROM t") == 0


@pytest.mark.parametrize("value", ["file", r"fi\x6ce", "`file`"])
def test_a_parameter_cannot_name_a_function(clickhouse, outside, value):
    sql = f"SELECT arrayMap({{f:Identifier}}, ['{outside['path']}'])"
    assert ask(clickhouse.url, sql, param_f=value).status != 200
    ask(clickhouse.url, f"SET param_f = '{value}'", session_id="names")
    assert ask(clickhouse.url, sql, session_id="names").status != 200


def test_external_tables_and_input_take_no_expressions_that_reach_out(clickhouse, database, outside):
    database.command("CREATE TABLE t (a String) ENGINE = Memory")
    for structure in ("a String DEFAULT file(''{}'')", "a String) ENGINE = File(CSV) --"):
        sql = f"INSERT INTO t SELECT a FROM input('{structure.format(outside['path'])}') FORMAT Values\n('x')"
        assert ask(clickhouse.url, sql, database=database.database).status != 200
    sql = f"INSERT INTO t SELECT a FROM input('a String') FORMAT Values\n(file('{outside['path']}'))"
    assert ask(clickhouse.url, sql, database=database.database).status != 200


comments = st.sampled_from(["/**/", "/* ' */", "/* /* ` */ */", "-- '\n", '// "\n', "# $a$\n", "#!`\n", "/*\n*/"])
blanks = st.sampled_from([" ", "\t", "\n", "\r\n", "\v", "\f", "\u00a0", "\u200b", "\u3000"])
between = st.lists(st.one_of(blanks, comments), max_size=3).map("".join)
gap = st.tuples(blanks, between).map("".join)
strings = st.sampled_from(
    ["''", "'it''s'", r"'\''", "$$'$$", "$a$`$a$", '\u2018"\u2019', r"'\\'", "x'27'", "'/*'", "'--'"]
)
escaped = st.lists(st.booleans(), min_size=4, max_size=4).map(
    lambda hexed: "".join(f"\\x{ord(c):02x}" if h else c for c, h in zip("file", hexed, strict=True))
)
names = st.one_of(
    st.just("file"),
    escaped.map("`{}`".format),
    escaped.map('"{}"'.format),
    st.just("\u201cfile\u201d"),
    st.sampled_from(["File", "FILE"]),
)
calls = st.sampled_from(
    [
        "{name}{b}({b}'{path}'{b})",
        "arrayMap({name}{b},{b}['{path}'])",
        "arrayMap(x{b}->{b}{name}{b}(x), ['{path}'])",
        "(SELECT * APPLY{g}{name} FROM (SELECT '{path}' AS a))",
        "(SELECT *{g}FROM{g}{name}{b}({b}'{path}', LineAsString))",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(call=calls, name=names, string=strings, b=between, g=gap, lower=st.booleans())
def test_no_way_of_writing_it_reads_a_file(clickhouse, outside, call, name, string, b, g, lower):
    select = "select" if lower else "SeLeCt"
    sql = f"{b}{select}{g}{string}{b},{b}" + call.format(name=name, path=outside["path"], b=b, g=g)
    answer = ask(clickhouse.url, sql)
    assert answer.status != 200
    assert SECRET not in answer.text


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(string=strings, b=between, g=gap)
def test_harmless_queries_in_the_same_disguise_are_answered(clickhouse, string, b, g):
    answer = ask(clickhouse.url, f"{b}SELECT{g}{string}{b},{b}upper{b}({b}'x'{b}){b}AS{g}`a`{b}")
    assert answer.status == 200, answer.text
    assert answer.text.endswith("\tX\n")


IN_THE_SANDBOX = """
import os, sys
from pathlib import Path
from pipeline.embedded.clickhouse import sandbox
data, secret, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
os.environ["TMPDIR"] = str(data)
assert sandbox.enter(data, 1)
import socket, subprocess
from chdb.state.sqlitelike import Connection
connection = Connection(str(data))
def attempt(work):
    try:
        work()
    except Exception:
        return "stopped"
    return "went through"
print(attempt(lambda: connection.query(f"SELECT file('{secret}')")))
print(attempt(lambda: connection.query(f"SELECT * FROM file('{secret}', LineAsString)")))
print(attempt(lambda: connection.query(f"INSERT INTO FUNCTION file('{secret}.out', 'CSV', 'a Int8') SELECT 1")))
print(attempt(lambda: socket.create_connection(("127.0.0.1", port))))
print(attempt(lambda: subprocess.run(["/bin/true"], check=True)))
print(attempt(lambda: connection.query("CREATE DATABASE d; CREATE TABLE d.t (a Int8) ENGINE = MergeTree ORDER BY a")))
"""


@pytest.mark.skipif(sandbox.version() < 4, reason="this kernel has no Landlock with network rules")
def test_behind_the_guard_the_kernel_stops_the_engine_itself(outside, tmp_path):
    arguments = [str(tmp_path), str(outside["path"]), outside["address"].partition(":")[2]]
    done = subprocess.run(
        [sys.executable, "-c", IN_THE_SANDBOX, *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split("\n")[:6] == ["stopped"] * 5 + ["went through"]

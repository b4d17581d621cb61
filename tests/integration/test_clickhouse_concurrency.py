"""Many clients at once: a long query, a slow reader, a client that goes away. None of them is in another's way."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

import psutil
from support.clickhouse_http import ask

LONG = "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1 SETTINGS max_threads = 1"


def request_head(clickhouse, sql, length=0):
    return (
        f"POST /?query={quote(sql)} HTTP/1.1\r\nHost: {urlsplit(clickhouse.url).netloc}\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def connect(clickhouse):
    address = urlsplit(clickhouse.url)
    return socket.create_connection((address.hostname, address.port), timeout=30)


def running(clickhouse, text):
    sql = "SELECT count() FROM system.processes WHERE position(query, {t:String}) > 0 AND position(query, 'system.processes') = 0"
    return int(ask(clickhouse.url, sql, param_t=text).text)


def eventually(condition, within=10.0):
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_a_query_whose_client_goes_away_is_stopped(clickhouse):
    for sql in (LONG, LONG.replace("SELECT count()", "SELECT count() AS JSON") + " FORMAT JSON"):
        with connect(clickhouse) as client:
            client.sendall(request_head(clickhouse, sql))
            eventually(lambda: running(clickhouse, "sipHash64") == 1)
        eventually(lambda: running(clickhouse, "sipHash64") == 0)


def test_short_questions_are_answered_while_long_ones_run(clickhouse):
    with connect(clickhouse) as one, connect(clickhouse) as other:
        for client in (one, other):
            client.sendall(request_head(clickhouse, LONG))
        eventually(lambda: running(clickhouse, "sipHash64") == 2)
        began = time.monotonic()
        for _ in range(10):
            assert ask(clickhouse.url, method="GET", path="/ping", timeout=5).body == b"Ok.\n"
            assert ask(clickhouse.url, "SELECT 1", timeout=5).body == b"1\n"
        assert time.monotonic() - began < 5
    eventually(lambda: running(clickhouse, "sipHash64") == 0)


def test_inserts_and_questions_at_once_lose_nothing(clickhouse, database):
    database.command("CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
    name = database.database

    def insert(worker):
        for i in range(10):
            rows = "".join(f"{worker * 10_000 + i * 100 + k}\n" for k in range(100))
            assert ask(clickhouse.url, rows, query="INSERT INTO t FORMAT TSV", database=name).status == 200

    def question(_worker):
        counts = [int(ask(clickhouse.url, "SELECT count() FROM t", database=name).text) for _ in range(20)]
        assert counts == sorted(counts)

    with ThreadPoolExecutor(12) as pool:
        done = [*pool.map(insert, range(8)), *pool.map(question, range(4))]
    assert len(done) == 12
    assert database.query("SELECT count(), uniqExact(n) FROM t").result_rows == [(8000, 8000)]


def test_a_reader_that_does_not_read_holds_up_nobody_and_no_memory(clickhouse):
    server = max(psutil.Process().children(recursive=True), key=lambda child: child.memory_info().rss)
    clients = [connect(clickhouse) for _ in range(8)]
    before = server.memory_info().rss
    try:
        for client in clients:
            client.sendall(
                request_head(clickhouse, "SELECT number, toString(number) FROM numbers(200000000) FORMAT TSV")
            )
        time.sleep(2)
        assert ask(clickhouse.url, "SELECT 1", timeout=5).body == b"1\n"
        assert server.memory_info().rss - before < 500 << 20  # the results would be 27 GB
    finally:
        for client in clients:
            client.close()
    eventually(lambda: running(clickhouse, "toString(number)") == 0)


def test_an_insert_whose_client_goes_away_is_not_acknowledged_and_ends(clickhouse, database):
    database.command("CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
    sql = f"INSERT INTO {database.database}.t FORMAT TSV"
    with connect(clickhouse) as client:
        client.sendall(request_head(clickhouse, sql, length=1000) + b"1\n2\n")
        time.sleep(0.5)
    eventually(lambda: running(clickhouse, sql) == 0)
    assert database.command("SELECT count() FROM t") == 0


def test_a_connection_is_used_again_after_an_error(clickhouse):
    address = urlsplit(clickhouse.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    for sql, status in (
        ("SELECT nope", 404),
        ("SELECT 1", 200),
        ("INSERT INTO nope VALUES (1)", 404),
        ("SELECT 1", 200),
    ):
        connection.request("POST", "/", sql.encode())
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()


def test_more_queries_than_there_is_room_for_are_refused_with_clickhouses_code(clickhouse):
    clients = [connect(clickhouse) for _ in range(80)]
    try:
        for client in clients:
            client.sendall(request_head(clickhouse, "SELECT sleep(3)"))
        time.sleep(0.5)
        codes = {ask(clickhouse.url, "SELECT 1", timeout=20).code}
        assert codes == {202}
        assert ask(clickhouse.url, method="GET", path="/ping").status == 200
    finally:
        for client in clients:
            client.close()
    eventually(lambda: ask(clickhouse.url, "SELECT 1").status == 200, within=20)


def test_threads_that_only_wait_cost_nothing(clickhouse):
    server = max(psutil.Process().children(recursive=True), key=lambda child: child.memory_info().rss)
    ask(clickhouse.url, "SELECT 1")
    time.sleep(1)
    before = sum(server.cpu_times()[:2])
    time.sleep(3)
    assert sum(server.cpu_times()[:2]) - before < 0.3, threading.active_count()

"""The page answers only to its own names, and forbids the browser everything that is not its own."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from support.page import NOWHERE, FakeReader, served, sse

from pipeline.kafka import any_connects
from pipeline.serve import worker
from pipeline.serve.address import shown
from pipeline.serve.guard import allowed
from pipeline.serve.health import kafka_part


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:1", "127.9.9.9", "[::1]:8080", "a.localhost", "LOCALHOST"]
)
def test_names_of_this_machine_are_allowed(host):
    assert allowed(host, [])


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "[",
        "evil.example@localhost:x:y",
        "0.0.0.0",
    ],
)
def test_other_names_are_not(host):
    assert not allowed(host, [])


def test_names_can_be_added():
    assert allowed("Cascades.Example.org:443", ["cascades.example.org"])
    assert allowed("anything", ["*"])


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
@pytest.mark.parametrize("path", ["/", "/api/health", "/api/stream", "/main.js"])
async def test_foreign_requests_are_refused(headers, path):
    async with served(reader=FakeReader({})) as page, page.session.get(page.url + path, headers=headers) as response:
        assert response.status == 403


@pytest.mark.parametrize("path", ["/", "/main.js", "/api/contents", "/api/stream", "/nothing", "/livez"])
async def test_every_answer_forbids_foreign_code(path):
    async with served(reader=FakeReader({})) as page, page.session.get(page.url + path) as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/../run.py", "/%2e%2e/run.py", "/__init__.py", "/..%2frun.py", "/static/main.js", "/none.js"]
)
async def test_only_the_page_s_own_files_are_served(path):
    async with served(reader=FakeReader({})) as page, page.session.get(page.url + path) as response:
        assert response.status == 404


async def test_a_stopping_server_ends_its_streams_at_once():
    async with asyncio.timeout(5):
        async with aiohttp.ClientSession() as visitor:
            async with served(reader=FakeReader({})) as page:
                events = sse(await visitor.get(page.url + "/api/stream"))
                assert (await anext(events))[1] == "beat"
            assert [name async for _, name, _ in events][-1] == "bye"


async def test_bad_questions_get_a_sentence():
    async with served(reader=FakeReader({})) as page:
        status, body = await page.get("/api/contents?limit=x")
        assert (status, list(body)) == (400, ["error"])
        status, body = await page.get("/api/stream?view=admin")
        assert status == 400


async def test_a_failing_clickhouse_is_told_as_503():
    reader = FakeReader({})
    reader.down = "ClickHouse does not answer"
    async with served(reader=reader) as page:
        assert await page.get("/api/contents") == (503, {"error": "ClickHouse does not answer"})


async def test_the_reader_is_closed_with_the_page():
    reader = FakeReader({})
    async with served(reader=reader):
        pass
    assert reader.closed


def test_an_address_is_shown_without_what_may_be_secret():
    assert shown("https://user:pass@db.example:8443/path?token=1") == "https://db.example:8443"
    assert shown("http://[::1]:8123") == "http://[::1]:8123"


async def test_a_worker_that_is_not_there_is_a_report_too():
    async with served(reader=FakeReader({})) as page:
        report = await worker.ask(page.session, "http://user:secret@127.0.0.1:9")
    assert (report.answers, report.ready, report.lag) == (False, False, None)
    assert "secret" not in report.detail


def test_the_worker_s_own_words_say_what_is_missing():
    said = {"ready": False, "parts": {"kafka": {"ok": True}, "clickhouse": {"ok": False, "detail": "retrying"}}}
    assert worker.read_report(said, 7) == worker.Report(
        answers=True, ready=False, detail="clickhouse: retrying", parts=said["parts"], lag=7
    )


@pytest.mark.parametrize("said", [None, [], "ready", {"parts": 1}, {"parts": {"kafka": 1}}])
def test_something_else_at_the_worker_s_address_is_no_worker(said):
    assert not worker.read_report(said, None).answers


def test_lag_is_summed_over_partitions_and_unknown_when_not_told():
    text = '# HELP x\ncascades_lag_records{partition="0"} 3.0\ncascades_lag_records{partition="1"} 4.0\ncascades_lag_records_other 9\n'
    assert worker.read_lag(text) == 7
    assert worker.read_lag("nothing 1\n") is None


async def test_kafka_is_down_when_no_broker_accepts():
    assert not await any_connects("127.0.0.1:9,not a broker")
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        assert await any_connects(f"127.0.0.1:9, 127.0.0.1:{server.sockets[0].getsockname()[1]}")


def test_kafka_is_down_when_the_worker_says_so():
    report = worker.Report(answers=True, parts={"kafka": {"ok": False, "detail": "no partitions"}})
    assert kafka_part(report, "b:1", reachable=True) == {"ok": False, "detail": "the worker says: no partitions"}
    assert not kafka_part(worker.Report(answers=False), "b:1", reachable=False)["ok"]
    assert kafka_part(worker.Report(answers=False), "b:1", reachable=True)["ok"]


async def test_the_whole_stack_is_not_ready_while_a_part_is_down():
    async with served(NOWHERE, reader=FakeReader({})) as page:
        status, body = await page.get("/readyz")
        assert (status, body["ready"]) == (503, False)
        assert {name: part["ok"] for name, part in body["parts"].items()} == {
            "kafka": False,
            "clickhouse": True,
            "worker": False,
            "page": True,
        }
        assert (await page.get("/livez"))[0] == 200
        assert (await page.get("/api/health"))[0] == 200

"""TLS before ClickHouse, its logins, and a reader who cannot write: from settings alone."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from aiohttp.test_utils import TestClient, TestServer
from support.database import fresh_database
from support.sink_rows import blocks
from support.tls import Authority
from support.tls_proxy import tls_proxy

from pipeline.clickhouse import as_reader, async_client, client
from pipeline.config import Settings
from pipeline.errors import SinkError, UnavailableError, UsageError
from pipeline.serve.app import make_app
from pipeline.serve.reader import ClickHouseReader
from pipeline.sinks.clickhouse import ClickHouseSink

SECRET = "s3cret-of-clickhouse"


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def secured(clickhouse, authority):
    """Settings of a ClickHouse behind TLS, with a database that is migrated."""
    with tls_proxy(urlsplit(clickhouse.url).port, *authority.issue("clickhouse")) as port:
        base = Settings(
            clickhouse_url=f"https://127.0.0.1:{port}",
            clickhouse_ca_file=str(authority.ca),
            clickhouse_password=SECRET,
        )
        with fresh_database(base) as (settings, _):
            yield settings


async def test_worker_page_and_commands_reach_clickhouse_over_tls(secured):
    sink = ClickHouseSink(secured)
    sink.write(blocks(contents=[{"content_id": "c", "size": 7, "version": 1}]))
    sink.close()
    with client(secured) as connection:
        assert connection.query("SELECT size FROM contents").result_rows == [(7,)]
    async with await async_client(secured) as connection:
        assert (await connection.query("SELECT size FROM contents")).result_rows == [(7,)]
    reader = ClickHouseReader(secured)
    assert await reader.rows("SELECT size FROM contents") == [{"size": 7}]
    await reader.close()


async def test_a_certificate_of_an_unknown_authority_is_refused_and_no_password_is_told(secured, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    stranger = secured.model_copy(update={"clickhouse_ca_file": str(Authority(other, "Others").ca)})
    for settings in (stranger, secured.model_copy(update={"clickhouse_ca_file": ""})):
        with pytest.raises(UnavailableError) as caught:
            client(settings)
        assert SECRET not in str(caught.value)
        with pytest.raises(UnavailableError) as caught:
            await async_client(settings)
        assert SECRET not in str(caught.value)


def test_a_file_of_authorities_that_cannot_be_used_is_named():
    settings = Settings(clickhouse_url="https://127.0.0.1:1", clickhouse_ca_file=__file__)
    with pytest.raises(UsageError, match=rf"CASCADES_CLICKHOUSE_CA_FILE: {__file__} cannot be used"):
        client(settings)


def test_a_login_that_is_refused_names_the_user_and_not_the_password(clickhouse):
    settings = Settings(clickhouse_url=clickhouse.url, clickhouse_user="nobody", clickhouse_password=SECRET)
    with pytest.raises(UsageError, match=r"refuses the user 'nobody'.*CASCADES_CLICKHOUSE_PASSWORD") as caught:
        client(settings, database="")
    assert SECRET not in str(caught.value)


@pytest.fixture
def with_reader(clickhouse):
    base = Settings(clickhouse_url=clickhouse.url, clickhouse_reader_user="reader", clickhouse_reader_password=SECRET)
    with fresh_database(base) as (settings, _):
        yield settings


def test_the_reader_reads_and_can_write_nothing(with_reader):
    reader = as_reader(with_reader)
    assert (reader.clickhouse_user, reader.clickhouse_password.get_secret_value()) == ("reader", SECRET)
    with client(reader) as connection:
        assert connection.query("SELECT count() FROM v_content").result_rows == [(0,)]
    sink = ClickHouseSink(reader)
    with pytest.raises(SinkError):
        sink.write(blocks(contents=[{"content_id": "c"}]))
    sink.close()


def test_without_a_reader_the_writers_login_is_used(clickhouse):
    settings = Settings(clickhouse_url=clickhouse.url)
    assert as_reader(settings) is settings


async def test_the_page_logs_in_as_the_reader(with_reader):
    # Were it the writer, the page could not log in at all.
    settings = with_reader.model_copy(update={"clickhouse_user": "nobody", "worker_status_url": "http://127.0.0.1:1"})
    async with TestClient(TestServer(await make_app(settings))) as page:
        health = await (await page.get("/api/health")).json()
    assert SECRET not in str(health)
    assert health["parts"]["clickhouse"]["ok"], health


def test_in_the_demo_the_page_reads_as_the_reader_and_no_login_of_elsewhere_is_tried(monkeypatch, tmp_path):
    from pipeline.commands.running import Running, environment

    monkeypatch.setenv("CASCADES_KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("CASCADES_CLICKHOUSE_USER", "company")
    for name, value in environment(Running(tmp_path, Settings(), lambda *_: None)._asked).items():
        monkeypatch.setenv(name, value)
    child = Settings()
    assert child.kafka_security_protocol == "PLAINTEXT"
    assert (child.clickhouse_user, as_reader(child).clickhouse_user) == ("default", "reader")

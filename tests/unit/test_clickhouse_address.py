"""Where the ClickHouse client connects to, and what it refuses before it tries."""

from __future__ import annotations

import pytest

from pipeline.clickhouse import _arguments, client
from pipeline.config import Settings
from pipeline.errors import UsageError


def arguments(url, **settings):
    return _arguments(Settings(clickhouse_url=url, **settings))


def test_the_port_follows_from_the_scheme_when_it_is_left_out():
    assert arguments("http://ch")["port"] == 8123
    assert arguments("https://ch")["port"] == 8443
    assert arguments("https://ch:1234")["port"] == 1234


def test_data_is_compressed_unless_it_stays_on_this_machine():
    assert arguments("http://127.0.0.1:8123")["compress"] is False
    assert arguments("http://ch.example.org")["compress"] is True


def test_no_server_session_is_kept_so_threads_may_share_a_client():
    assert arguments("http://ch")["autogenerate_session_id"] is False


@pytest.mark.parametrize("url", ["ch:8123", "tcp://ch:9000", "", "http://", "http://ch:port", "http://[ch"])
def test_an_address_that_is_no_http_url_is_refused(url):
    with pytest.raises(UsageError, match="CASCADES_CLICKHOUSE_URL must look like"):
        client(Settings(clickhouse_url=url))


def test_a_password_in_the_url_is_refused_without_repeating_it():
    with pytest.raises(UsageError, match="CASCADES_CLICKHOUSE_PASSWORD") as caught:
        client(Settings(clickhouse_url="http://me:hunter2@ch:8123"))
    assert "hunter2" not in str(caught.value)

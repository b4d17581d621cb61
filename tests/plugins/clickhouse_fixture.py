"""One embedded ClickHouse for the whole test session, started when the first test asks for it. Each test takes a database of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import clickhouse_connect
import pytest

from pipeline.config import Settings
from pipeline.embedded.clickhouse import EmbeddedClickHouse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clickhouse_connect.driver.client import Client


class ClickHouseForTests:
    """A running ClickHouse, and names that no other test shares."""

    def __init__(self, url: str) -> None:
        self.url = url

    def settings(self, **overrides: object) -> Settings:
        """Settings for this ClickHouse with a database name of its own. The database is not created yet."""
        return Settings(**{"clickhouse_url": self.url, "clickhouse_database": f"t{uuid4().hex}", **overrides})

    def client(self, database: str = "default", **options: object) -> Client:
        """A client with clickhouse-connect's defaults. Close it."""
        return clickhouse_connect.get_client(dsn=self.url, database=database, **options)


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseForTests]:
    with EmbeddedClickHouse(tmp_path_factory.mktemp("clickhouse")) as embedded:
        yield ClickHouseForTests(embedded.url)
    log = embedded.log.read_text()
    assert "Traceback" not in log, log[-4000:]


@pytest.fixture
def database(clickhouse: ClickHouseForTests) -> Iterator[Client]:
    """A client whose current database is fresh and goes when the test ends."""
    name = f"t{uuid4().hex}"
    with clickhouse.client() as admin:
        admin.command(f"CREATE DATABASE {name}")
        with clickhouse.client(name) as client:
            yield client
        admin.command(f"DROP DATABASE {name} SYNC")

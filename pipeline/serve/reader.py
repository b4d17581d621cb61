"""Reading ClickHouse, for the page: one small door, so that everything behind it can be tested without an engine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from pipeline.clickhouse import async_client
from pipeline.errors import CascadesError, SinkSchemaError, UnavailableError, UsageError
from pipeline.serve.address import shown

if TYPE_CHECKING:
    from clickhouse_connect.driver.asyncclient import AsyncClient

    from pipeline.config import Settings

Row = dict[str, Any]

READ_ONLY = {"readonly": 1, "max_execution_time": 10}
"""Sent with every query: the page never writes, and no question of its holds ClickHouse up for long (seconds)."""

CONNECT_S = 3
ANSWER_S = 15

_UNKNOWN_TABLE_OR_COLUMN = {16, 47, 60, 81}
_ADVICE = "the tables are missing or of another version: run `cascades migrate`"


class Reader(Protocol):
    """Answers SQL."""

    async def rows(self, sql: str, **parameters: object) -> list[Row]:
        """Rows of the answer by column name. Values go as `{name:Type}` parameters, never into the text.

        Raises `UnavailableError`, whose text is fit for the page, when there is no answer.
        """
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...


class ClickHouseReader:
    """A `Reader` over ClickHouse's HTTP interface. Connects when first asked, and anew after a failure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: AsyncClient | None = None
        self._attempt: asyncio.Task[AsyncClient] | None = None

    async def rows(self, sql: str, **parameters: object) -> list[Row]:
        """See `Reader.rows`."""
        try:
            client = self._client or await self._connected()
            answer = await client.query(sql, parameters=parameters or None)
        except (CascadesError, ClickHouseError, aiohttp.ClientError, OSError, TimeoutError) as error:
            raise UnavailableError(self._explain(error)) from error
        return list(answer.named_results())

    async def close(self) -> None:
        """Close the connections, if any were opened."""
        if self._attempt is not None:
            await asyncio.wait([self._attempt], timeout=CONNECT_S)
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _connected(self) -> AsyncClient:
        """One attempt at a time, shared by all questions. The client's start swallows cancellation, hence the shield."""
        if self._attempt is None:
            self._attempt = asyncio.create_task(self._connect(), name="connect to ClickHouse")
            self._attempt.add_done_callback(self._attempted)
        return await asyncio.shield(self._attempt)

    async def _connect(self) -> AsyncClient:
        client = await async_client(self._settings, connect_timeout=CONNECT_S, send_receive_timeout=ANSWER_S)
        for name, value in READ_ONLY.items():
            known = client.server_settings.get(name)
            if (
                known is None or not known.readonly
            ):  # a user who only reads has them from the server, and may not send them
                client.set_client_setting(name, value)
        return client

    def _attempted(self, attempt: asyncio.Task[AsyncClient]) -> None:
        self._attempt = None
        if not attempt.cancelled() and attempt.exception() is None:
            self._client = attempt.result()

    def _explain(self, error: Exception) -> str:
        """A sentence without ClickHouse's own text, which may quote values and addresses."""
        if isinstance(error, UsageError | SinkSchemaError):
            return str(error)
        code = error.code if isinstance(error, DatabaseError) else None
        if code in _UNKNOWN_TABLE_OR_COLUMN:
            return f"ClickHouse answers, but {_ADVICE}"
        if code is not None:
            return f"ClickHouse refused the page's query (code {code}); its log says more"
        return f"ClickHouse does not answer at {shown(self._settings.clickhouse_url)}: is it running?"

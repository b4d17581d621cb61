"""The ClickHouse writer: one columnar insert per table and write, acknowledged synchronously."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickhouse_connect.driver.compression import get_compressor

from pipeline.clickhouse import INSERT_SETTINGS, client
from pipeline.errors import SinkSchemaError, SinkTransientError, UnavailableError
from pipeline.sinks.base import CLOCK_ORDER, WRITE_ORDER
from pipeline.sinks.errors import classified
from pipeline.sinks.native import Encoder
from pipeline.sinks.partitions import by_partitions
from schemas.rows import TABLES

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from pipeline.config import Settings
    from schemas.rows import AnyBlock, Blocks


class ClickHouseSink:
    """A `Sink` over ClickHouse's HTTP interface. It connects at the first write, so a ClickHouse that is down is a transient error."""

    def __init__(self, settings: Settings, connection: Client | None = None) -> None:
        self._settings = settings
        self._client = connection
        self._tables: dict[str, Encoder] = {}

    def write(self, blocks: Blocks) -> None:
        """Insert the blocks in `WRITE_ORDER`, then in `CLOCK_ORDER`; see `Sink.write`."""
        connection = self._connected()
        for table in (*WRITE_ORDER, *CLOCK_ORDER):
            if blocks.get(table):
                for part in by_partitions(blocks[table]):
                    self._insert(connection, part)

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connected(self) -> Client:
        if self._client is None:
            try:
                self._client = client(self._settings)
            except UnavailableError as error:
                raise SinkTransientError(str(error)) from error
        if not self._tables:
            self._tables = {table: self._described(self._client, table) for table in TABLES}
        return self._client

    def _described(self, connection: Client, table: str) -> Encoder:
        """Types as ClickHouse has them: told once, so that inserts need not ask."""
        with classified(table):
            rows = connection.query(
                "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String}",
                {"database": self._settings.clickhouse_database, "table": table},
            ).result_rows
        types: dict[str, str] = {name: type_ for name, type_ in rows}  # noqa: C416 (the row's shape is told here)
        names = list(TABLES[table].model_fields)
        lacking = [name for name in names if name not in types]
        if lacking:
            raise SinkSchemaError(f"table {table} lacks {', '.join(lacking)}: run `cascades migrate`")
        return Encoder(names, [types[name] for name in names])

    def _insert(self, connection: Client, block: AnyBlock) -> None:
        table = self._tables[block.table]
        with classified(block.table):
            connection.raw_insert(
                f"{self._settings.clickhouse_database}.{block.table}",
                table.names,
                _compressed(table.encode(block), connection.write_compression),
                INSERT_SETTINGS,
                "Native",
                connection.write_compression,
            )


def _compressed(body: bytes, method: str | None) -> bytes:
    compressor = get_compressor(method)
    return bytes(compressor.compress_block(body)) + (compressor.flush() or b"")  # type: ignore[no-untyped-call]  # it tells no types

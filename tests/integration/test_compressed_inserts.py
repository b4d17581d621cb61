"""Over a network inserts go compressed: the rows are the same."""

from __future__ import annotations

import pytest
from support.database import fresh_database
from support.sink_rows import blocks, standing

from pipeline.clickhouse import client
from pipeline.config import Settings
from pipeline.sinks.clickhouse import ClickHouseSink


@pytest.mark.parametrize("method", ["lz4", "zstd", "gzip"])
def test_compressed_rows_are_read_back_as_they_were_written(clickhouse, method):
    with fresh_database(Settings(clickhouse_url=clickhouse.url)) as (settings, reader):
        writer = client(settings, compress=method)
        assert writer.write_compression == method
        sink = ClickHouseSink(settings, writer)
        sink.write(
            blocks(edges=[{"content_id": "c", "event_id": f"e{number:04}", "depth": number} for number in range(1000)])
        )
        sink.close()
        assert [row["depth"] for row in standing(reader, settings.clickhouse_database, "edges")] == list(range(1000))

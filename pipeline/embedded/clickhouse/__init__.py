"""ClickHouse for the demo and the tests: the chDB engine in a process of its own, behind ClickHouse's HTTP interface."""

from __future__ import annotations

from pipeline.embedded.clickhouse.launcher import EmbeddedClickHouse

__all__ = ["EmbeddedClickHouse"]

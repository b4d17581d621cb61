"""No stream processor at all: raw edges in ClickHouse, every depth computed anew by WITH RECURSIVE at each refresh of a page.

The same shape of cascades as the topic, a million and ten million edges. The embedded engine, both cores.
"""

from __future__ import annotations

import random
import time
from array import array
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.report import NO_MARK, Row, spread
from benchmarks.runner import cpu_of
from benchmarks.topic import CONTENTS
from pipeline.clickhouse import client
from pipeline.config import Settings

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from benchmarks.stage import Stage

CHUNK = 500_000
TIMES = 3
TABLE = "CREATE TABLE bench_edges (content UInt32, event String, parent String) ENGINE = MergeTree ORDER BY (content, event)"
REFRESH = """WITH RECURSIVE walk AS (
    SELECT content, event, toUInt32(1) AS depth FROM bench_edges WHERE parent = ''
    UNION ALL
    SELECT edge.content, edge.event, walk.depth + 1 FROM bench_edges AS edge
    INNER JOIN walk ON edge.content = walk.content AND edge.parent = walk.event
)
SELECT count(), sum(nodes), max(deepest), sum(depths) FROM
    (SELECT content, count() AS nodes, max(depth) AS deepest, sum(depth) AS depths FROM walk GROUP BY content)"""


def rows(stage: Stage, part: float, _runs: object) -> list[Row]:
    return [_row(stage, int(edges * part)) for edges in (1_000_000, 10_000_000)]


def _row(stage: Stage, edges: int) -> Row:
    name = f"i: no stream processor, {edges:,} raw edges"
    how = f"WITH RECURSIVE over all edges in the embedded ClickHouse, {TIMES} times; CPU of its process"
    with client(Settings(clickhouse_url=stage.clickhouse.url), database="default") as connection:
        connection.command("DROP TABLE IF EXISTS bench_edges SYNC")
        connection.command(TABLE)
        wanted = _fill(connection, edges)
        try:
            walls, cpus = zip(*(_refresh(stage, connection, wanted) for _ in range(TIMES)), strict=True)
        except Exception as error:  # noqa: BLE001 - the finding itself: what stops a refresh at this size
            return Row(name, "none set", f"fails: {str(error)[:160]}", NO_MARK, how)
        finally:
            connection.command("DROP TABLE bench_edges SYNC")
    measured = f"{spread(walls, 2)} s and {median(cpus):.2f} CPU s for one refresh"
    return Row(name, "none set", measured, NO_MARK, how)


def _refresh(stage: Stage, connection: Client, wanted: tuple[int, ...]) -> tuple[float, float]:
    guards = stage.guards(clickhouse=True)
    began, before = time.perf_counter(), cpu_of(guards)["ClickHouse"]
    found = connection.query(REFRESH).result_rows[0]
    wall, used = time.perf_counter() - began, cpu_of(guards)["ClickHouse"] - before
    if found != wanted:
        raise AssertionError(f"{found} instead of {wanted}")
    return wall, used


def _fill(connection: Client, edges: int) -> tuple[int, ...]:
    """Edges of Zipf-sized cascades; returns contents, nodes, greatest depth and the sum of depths."""
    rng = random.Random(7)
    weights = [1 / (rank + 1) for rank in range(CONTENTS)]
    nodes = [array("i") for _ in range(CONTENTS)]
    depth = array("i")
    for start in range(0, edges, CHUNK):
        contents = rng.choices(range(CONTENTS), weights, k=min(CHUNK, edges - start))
        parents = []
        for number, content in enumerate(contents, start):
            there = nodes[content]
            parent = there[int(len(there) * rng.random() ** 2)] if there and rng.random() < 0.93 else -1
            there.append(number)
            depth.append(depth[parent] + 1 if parent >= 0 else 1)
            parents.append(f"e{parent:09d}" if parent >= 0 else "")
        events = [f"e{number:09d}" for number in range(start, start + len(contents))]
        connection.insert("bench_edges", [contents, events, parents], column_oriented=True)
    return sum(map(bool, nodes)), edges, max(depth), sum(depth)

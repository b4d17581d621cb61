"""The rows of the core go into ClickHouse as they are, and the views add up to the core's own totals."""

from __future__ import annotations

from itertools import pairwise

import pytest
from support.core import CoreRun
from support.database import fresh_database
from support.events import CONTENT
from support.moments import content_at
from support.sink_rows import standing, view
from support.strategies import large_log

from pipeline.cascade.clock import figures
from pipeline.config import Settings
from pipeline.sinks.clickhouse import ClickHouseSink
from pipeline.sinks.memory import MemorySink
from schemas.rows import Blocks

NODES = 600
PER_FREEZE = 50
SECOND = 1_000_000


@pytest.fixture(scope="module", params=["recursive tree", "path"])
def folded(request, clickhouse):
    """A cascade frozen every `PER_FREEZE` events into ClickHouse (late parents move nodes in between) and into memory."""
    run, memory = CoreRun(), MemorySink()
    with fresh_database(Settings(clickhouse_url=clickhouse.url)) as (settings, client):
        sink = ClickHouseSink(settings)
        for number, event in enumerate(large_log(request.param, NODES, seed=7), start=1):
            run.fold(event)
            if number % PER_FREEZE == 0:
                flush(run, sink, memory)
        flush(run, sink, memory)
        yield client, settings.clickhouse_database, memory, run.content
        sink.close()


@pytest.fixture(scope="module")
def written(folded):
    return folded[:3]


def flush(run, *sinks):
    run.freeze()
    for sink in sinks:
        sink.write(run.blocks)
    run.blocks = Blocks()


@pytest.mark.parametrize("table", ["contents", "edges", "content_minutes", "amplifiers"])
def test_clickhouse_and_memory_hold_the_same_rows(written, table):
    client, database, memory = written
    assert standing(client, database, table) == memory.rows(table)


def test_mean_depth_and_r_of_each_generation_are_those_of_the_edges(written):
    client, database, _ = written
    (content,) = view(client, f"SELECT mean_depth, r_by_generation FROM {database}.v_content")
    edges = view(
        client, f"SELECT least(depth, 64) AS depth, count() AS nodes FROM {database}.v_edges GROUP BY 1 ORDER BY 1"
    )
    counts = [row["nodes"] for row in edges]
    assert content["mean_depth"] == pytest.approx(sum(row["depth"] * row["nodes"] for row in edges) / sum(counts))
    assert content["r_by_generation"] == [after / before for before, after in pairwise(counts)]
    generations = view(client, f"SELECT r FROM {database}.v_generation ORDER BY depth")
    assert [row["r"] for row in generations] == [*content["r_by_generation"], None]


def test_speed_acceleration_and_doubling_time_decay_as_the_core_says(folded):
    client, database, _, content = folded
    (first,) = view(client, f"SELECT toUnixTimestamp(first_seen) AS second FROM {database}.v_content")
    last = f"SELECT toUnixTimestamp(max(minute)) AS second FROM {database}.v_content_minute WHERE shares > 0"
    begin, (end,) = first["second"], view(client, last)
    middle = (begin + end["second"]) // 2
    after = [end["second"] + 60 * minutes + 7 for minutes in (1, 5, 6, 11, 59, 60)]
    shown, said = [], []
    for second in (begin - 1, begin + 2, begin + 402, middle, middle + 661, *after):
        (row,) = content_at(client, database, second, "velocity_5m, velocity_1h, acceleration, doubling_s")
        now = figures(content, second * SECOND)
        wanted = {name: getattr(now, name) for name in row}
        shown.append(row)
        said.append({name: value if value is None else pytest.approx(value) for name, value in wanted.items()})
    assert shown == said
    assert min(row["acceleration"] for row in shown) < 0 < max(row["acceleration"] for row in shown)
    assert (shown[0]["doubling_s"], *shown[-1].values()) == (None, 0, 0, 0, None)


def test_lifetime_generations_minutes_and_edges_add_up_to_one_total(written):
    client, database, _ = written
    (content,) = view(client, f"SELECT size, shares, depth, breadth, secondary_reach FROM {database}.v_content")
    (generations,) = view(
        client, f"SELECT sum(shares) AS shares, sum(reach) AS reach, sum(nodes) AS nodes FROM {database}.v_generation"
    )
    (minutes,) = view(
        client,
        f"SELECT sum(shares) AS shares, sum(secondary_reach) AS reach, max(depth) AS depth FROM {database}.v_content_minute",
    )
    (edges,) = view(
        client,
        f"SELECT count() AS nodes, countIf(NOT retracted) AS shares, max(depth) AS depth, uniqExact(event_id) AS ids FROM {database}.v_edges",
    )
    assert content["size"] > NODES
    assert content["secondary_reach"] > 0
    assert (generations["shares"], generations["reach"], generations["nodes"]) == (
        content["shares"],
        content["secondary_reach"],
        content["size"] - 1,
    )
    assert (minutes["shares"], minutes["reach"], minutes["depth"]) == (
        content["shares"],
        content["secondary_reach"],
        content["depth"],
    )
    assert (edges["nodes"], edges["shares"], edges["depth"]) == (
        content["size"] - 1,
        content["shares"],
        content["depth"],
    )
    assert edges["ids"] == edges["nodes"]


def test_walking_the_parents_in_sql_gives_the_depths_of_the_core(written):
    client, database, _ = written
    walked = f"""
    WITH RECURSIVE walk AS
    (
        SELECT event_id, 1 AS walked FROM {database}.v_edges WHERE parent_event_id IS NULL
        UNION ALL
        SELECT edge.event_id AS event_id, walk.walked + 1 AS walked
        FROM {database}.v_edges AS edge INNER JOIN walk ON edge.parent_event_id = walk.event_id
    )
    SELECT count() AS nodes, countIf(walk.walked = edge.depth) AS agreed
    FROM walk INNER JOIN {database}.v_edges AS edge USING (event_id)
    SETTINGS max_recursive_cte_evaluation_depth = 100000"""
    (row,) = view(client, walked)
    assert row == {"nodes": NODES, "agreed": NODES}


def test_the_shares_of_amplifiers_are_the_shares_of_the_content(written):
    client, database, _ = written
    (row,) = view(
        client,
        f"SELECT sum(shares) AS shares, sum(spreads) AS spreads FROM {database}.v_amplifiers WHERE content_id = '{CONTENT}'",
    )
    (content,) = view(client, f"SELECT shares, size FROM {database}.v_content")
    assert row == {"shares": content["shares"], "spreads": content["size"] - 1}

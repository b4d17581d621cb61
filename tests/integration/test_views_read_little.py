"""Asking a view for one content reads that content, not the table."""

from __future__ import annotations

from json import loads

import pytest
from support.database import fresh_database

from pipeline.config import Settings

A_GRANULE_OR_TWO = 2
"""Most granules (of 8,192 rows) that one content may cost per table read."""


@pytest.fixture(scope="module")
def crowded(clickhouse):
    """A database with 200,000 contents, a row of each in every table."""
    fill = {
        "contents": "(content_id, size, breadth, shares_by_depth, reach_by_depth) SELECT toString(number), 1, [1], [0], [0]",
        "content_minutes": "(content_id, minute, acts) SELECT toString(number), toStartOfMinute(now()), 1",
        "edges": "(content_id, event_id, depth) SELECT toString(number), 'e', 1",
        "merged_contents": "(content_id, merged_into, steps, version) SELECT toString(number), 'home', 1, 1",
        "amplifiers": "(content_id, actor_id, spreads) SELECT toString(number), 'a', 1",
    }
    with fresh_database(Settings(clickhouse_url=clickhouse.url)) as (settings, client):
        for table, select in fill.items():
            client.command(f"INSERT INTO {settings.clickhouse_database}.{table} {select} FROM numbers(200000)")
        yield client, settings.clickhouse_database


@pytest.mark.parametrize(
    "name", ["v_content", "v_content_minute", "v_edges", "v_generation", "v_amplifiers", "v_merged_contents"]
)
def test_asking_for_one_content_reads_that_content_only(crowded, name):
    client, database = crowded
    plan = client.query(f"EXPLAIN indexes = 1, json = 1 SELECT * FROM {database}.{name} WHERE content_id = '77'")
    reads = granules(plan.first_row[0])
    assert reads
    assert max(reads) <= A_GRANULE_OR_TWO


def granules(plan):
    """Granules that each table read of the plan has left after its indexes."""
    found = []

    def walk(node):
        if node["Node Type"] == "ReadFromMergeTree":
            found.append(node["Indexes"][-1]["Selected Granules"])
        for child in node.get("Plans", []):
            walk(child)

    walk(loads(plan)[0]["Plan"])
    return found

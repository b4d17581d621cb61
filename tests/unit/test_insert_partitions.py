"""One insert touches at most fifty of ClickHouse's partitions."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from support.sink_rows import MINUTE, NOON, blocks

from pipeline.sinks.partitions import MOST_PARTITIONS, by_partitions

YEAR = 365 * 1440 * MINUTE


def minutes(*times):
    return blocks(content_minutes=[{"content_id": str(at), "minute": at} for at in times])["content_minutes"]


def months(block):
    times = (datetime.fromtimestamp(row[2] / 1e6, UTC) for row in block.rows)
    return {(time.year, time.month) for time in times}


def test_a_block_of_few_months_goes_as_it_is():
    block = minutes(NOON, NOON - 4 * YEAR)
    assert [part is block for part in by_partitions(block)] == [True]


def test_a_table_without_partitions_is_never_cut():
    block = blocks(edges=[{"occurred_at": NOON - years * YEAR} for years in range(20)])["edges"]
    assert [part is block for part in by_partitions(block)] == [True]


def test_an_empty_block_stays_one():
    assert [len(part) for part in by_partitions(minutes())] == [0]


@given(st.lists(st.integers(1_041_379_200_000_000, 1_800_000_000_000_000), max_size=200))
def test_no_row_is_lost_or_doubled_and_no_part_has_too_many_months(times):
    parts = list(by_partitions(minutes(*times)))
    assert all(len(months(part)) <= MOST_PARTITIONS for part in parts)
    assert sorted(row for part in parts for row in part.rows) == sorted(minutes(*times).rows)


def test_a_month_is_in_one_part_only():
    parts = list(by_partitions(minutes(*(NOON - day * 1440 * MINUTE for day in range(7000)))))
    assert len(parts) == 5
    assert sum(len(months(part)) for part in parts) == len(set.union(*map(months, parts)))

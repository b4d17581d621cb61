"""Columns are the rows, turned."""

from __future__ import annotations

import pytest
from support.sink_rows import blocks, row

from schemas.rows import KEYS, TABLES, Block, Blocks


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_columns_hold_every_row_in_order(count):
    block = Block("edges", [row("edges", event_id=str(number), depth=number) for number in range(count)])
    columns = dict(zip(block.names, block.columns, strict=True))
    assert columns["event_id"] == [str(number) for number in range(count)]
    assert columns["depth"] == list(range(count))
    assert {len(column) for column in columns.values()} == {count}


def test_a_row_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match="shorter"):
        Block("edges", [row("edges"), row("edges")[:-1]]).columns  # noqa: B018 (the property does the work)


def test_blocks_count_the_rows_of_all_tables():
    assert blocks(edges=[{}, {}], contents=[{}]).row_count == 3
    assert Blocks().row_count == 0


def test_the_key_of_a_table_is_made_of_its_columns():
    assert KEYS.keys() == TABLES.keys()
    for table, key in KEYS.items():
        assert set(key) <= TABLES[table].model_fields.keys()

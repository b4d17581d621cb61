"""Blocks of rows: loose ones as tuples, packed ones as columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sink_rows import blocks, row

from pipeline.cascade import blocks as packed
from pipeline.cascade.packed import ANY, CODED, FLAG, FRACTION, NUMBER, TEXT, Column
from schemas.rows import KEYS, TABLES, Block, Blocks

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
VALUES = {
    ANY: st.dictionaries(TEXTS, TEXTS, max_size=2),
    NUMBER: st.integers(-(2**63), 2**63 - 1),
    FLAG: st.booleans(),
    FRACTION: st.floats(allow_nan=False),
    TEXT: TEXTS,
    CODED: st.sampled_from(["", "x", "é", "x" * 300]),
}
COLUMNS = st.sampled_from(list(VALUES)).flatmap(lambda kind: st.tuples(st.just(kind), st.lists(VALUES[kind])))
PACKED = [packed.Events, packed.Edges, packed.ContentMinutes, packed.Amplifiers]


def filled(kind, values):
    column = Column(kind)
    column.take_all(values)
    return column


@given(COLUMNS)
def test_a_column_gives_back_what_it_took(column):
    kind, values = column
    assert filled(kind, values).values() == values
    assert len(filled(kind, values)) == len(values)


@given(COLUMNS, st.data())
def test_a_column_appended_to_another_comes_after_it(column, data):
    kind, values = column
    more = data.draw(st.lists(VALUES[kind]))
    both = filled(kind, values)
    both.extend(filled(kind, more))
    assert both.values() == values + more
    assert both.wire(8, True, 1) == filled(kind, values + more).wire(8, True, 1)


def test_a_text_longer_than_its_column_so_far_has_room():
    assert filled(TEXT, ["a", "b" * 10**6, "c"]).values() == ["a", "b" * 10**6, "c"]


@pytest.mark.parametrize("kind", PACKED)
def test_a_packed_block_has_the_columns_of_its_table_in_order(kind):
    block = kind()
    assert block.names == list(TABLES[block.table].model_fields)
    assert len(block.columns) == len(block.names)
    assert (len(block), block.rows) == (0, ())


def events(*names):
    out = packed.Events()
    for number, name in enumerate(names):
        out.add(*row("events", event_id=name, kafka_offset=number, attributes={"n": name}))
    return out


def test_a_row_of_events_comes_back_as_it_was_added():
    values = row(
        "events", **{name: name for name, field in TABLES["events"].model_fields.items() if field.annotation is str}
    )
    out = packed.Events()
    out.add(*values)
    assert out.rows == (values,)


def test_rows_of_two_partitions_go_into_one_block():
    out = Blocks()
    out.packed("events", packed.Events).extend(events("a", "b"))
    out.packed("events", packed.Events).extend(events("c"))
    assert [one[1] for one in out["events"].rows] == ["a", "b", "c"]
    assert out.row_count == 3


def test_packed_rows_can_be_loosened_and_changed():
    out = Blocks(events=events("a", "b"))
    out.loose("events").rows.pop(0)
    assert [one[1] for one in out["events"].rows] == ["b"]
    assert out.loose("events") is out["events"]


def test_loose_rows_are_not_packed_again():
    with pytest.raises(TypeError, match="events"):
        blocks(events=[{}]).packed("events", packed.Events)


def test_blocks_count_the_rows_of_all_tables():
    assert blocks(edges=[{}, {}], contents=[{}]).row_count == 3
    assert Blocks().row_count == 0
    assert isinstance(Blocks()["edges"], Block)


def test_the_key_of_a_table_is_made_of_its_columns():
    assert KEYS.keys() == TABLES.keys()
    for table, key in KEYS.items():
        assert set(key) <= TABLES[table].model_fields.keys()

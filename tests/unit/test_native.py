"""The bytes of an insert: what the compiled core packs is, byte for byte, what clickhouse-connect writes."""

from __future__ import annotations

from datetime import datetime

import pytest
from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver.insert import InsertContext
from clickhouse_connect.driver.transform import NativeTransform
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sink_rows import row

from pipeline.cascade import COMPILED, Events
from pipeline.sinks import native
from pipeline.sinks.errors import UNWRITABLE
from pipeline.sinks.native import Encoder
from schemas.rows import TABLES, Block

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
FEW = st.sampled_from(["", "twitter", "é✓", "bluesky"])
VALUES = {
    "String": TEXT,
    "LowCardinality(String)": FEW,
    "Int8": st.integers(-(2**7), 2**7 - 1),
    "Int16": st.integers(-(2**15), 2**15 - 1),
    "Int32": st.integers(-(2**31), 2**31 - 1),
    "Int64": st.integers(-(2**63), 2**63 - 1),
    "UInt8": st.integers(0, 2**8 - 1),
    "UInt16": st.integers(0, 2**16 - 1),
    "UInt32": st.integers(0, 2**32 - 1),
    "UInt64": st.integers(0, 2**63 - 1),
    "Float64": st.floats(allow_nan=False),
    "Bool": st.booleans(),
    "Array(UInt32)": st.lists(st.integers(0, 2**32 - 1), max_size=5),
    "Array(UInt64)": st.lists(st.integers(0, 2**64 - 1), max_size=3),
    "Array(Float64)": st.lists(st.floats(allow_nan=False), max_size=3),
    "Array(LowCardinality(String))": st.lists(FEW, max_size=3),
    "Map(LowCardinality(String), String)": st.dictionaries(FEW, TEXT, max_size=3),
}
TICKS = {"DateTime('UTC')": 1_000_000, "DateTime64(3, 'UTC')": 1000, "DateTime64(6, 'UTC')": 1}
TIMES = {
    type_: st.integers(0, (2**32 - 1) * 1_000_000) if tick > 1000 else st.integers(-(2**60), 2**60)
    for type_, tick in TICKS.items()
}
ROWS = st.lists(st.tuples(*(VALUES | TIMES).values()), min_size=1, max_size=40)
TYPES = list(VALUES | TIMES)


_TYPE = {str: "String", int: "Int64", datetime: "DateTime64(6, 'UTC')"}
EVENT_TYPES = [
    "LowCardinality(String)"
    if name in {"kind", "platform", "parent_basis", "counter_kind"}
    else _TYPE.get(field.annotation, "Map(LowCardinality(String), String)")
    for name, field in TABLES["events"].model_fields.items()
]
NARROW = [{"Int64": "UInt16", "DateTime64(6, 'UTC')": "DateTime('UTC')"}.get(type_, type_) for type_ in EVENT_TYPES]


def encoder(types):
    return Encoder([f"c{number}" for number in range(len(types))], types)


def borrowed(types, rows, names=None):
    """What clickhouse-connect writes after the statement."""
    names = names or [f"c{number}" for number in range(len(types))]
    columns = [
        [value // TICKS[type_] for value in column] if type_ in TICKS else list(column)
        for type_, column in zip(types, zip(*rows, strict=True), strict=True)
    ]
    context = InsertContext("t", names, [get_from_name(type_) for type_ in types], columns, column_oriented=True)
    context.block_row_count = len(rows)
    return b"".join(NativeTransform.build_insert(context)).split(b"FORMAT Native\n", 1)[1]


@settings(deadline=None)  # the first call imports what clickhouse-connect can use
@given(rows=ROWS)
def test_every_type_has_the_bytes_that_clickhouse_connect_writes(rows):
    assert encoder(TYPES).encode(Block("events", rows)) == borrowed(TYPES, rows)


@pytest.mark.parametrize("texts", [1, 2, 255, 256, 257, 65_535, 65_536, 65_537])
def test_a_dictionary_of_any_size_has_their_bytes_too(texts, monkeypatch):
    monkeypatch.setattr(native, "PIECE", 1 << 20)
    rows = [(f"p{number % texts}",) for number in range(texts + 3)]
    types = ["LowCardinality(String)"]
    assert encoder(types).encode(Block("events", rows)) == borrowed(types, rows)


def test_many_rows_go_as_several_blocks_in_order(monkeypatch):
    monkeypatch.setattr(native, "PIECE", 1500)
    rows = [(f"e{number}", number) for number in range(4000)]
    types = ["String", "Int64"]
    pieces = [rows[:1500], rows[1500:3000], rows[3000:]]
    assert encoder(types).encode(Block("events", rows)) == b"".join(borrowed(types, piece) for piece in pieces)


def test_packed_rows_have_the_bytes_of_loose_ones():
    out = Events()
    for number in range(50):
        out.add(
            *row(
                "events", event_id=f"e{number}", platform="xyz"[number % 3], attributes={"a": "b"} if number % 7 else {}
            )
        )
    for types in (
        EVENT_TYPES,
        [type_.replace("LowCardinality(String)", "String") if type_[0] == "L" else type_ for type_ in EVENT_TYPES],
        NARROW,
    ):
        assert encoder(types).encode(out) == encoder(types).encode(Block("events", list(out.rows)))


def test_a_text_of_bytes_goes_as_it_is():
    rows = [(bytes(range(256)) * 300,), (b"",)]
    assert encoder(["String"]).encode(Block("events", rows)) == borrowed(["String"], rows)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("Int16", 10**6),
        ("UInt32", -1),
        ("UInt32", 2**32),
        ("UInt64", -1),
        ("UInt64", 2**64),
        ("DateTime('UTC')", 2**32 * 1_000_000),
        ("String", "\ud800"),
        ("String", 7),
        ("LowCardinality(String)", "\ud800"),
        ("Array(UInt32)", [-1]),
        ("Int64", "seven"),
        ("Int64", None),
        ("Float64", "x"),
        ("Map(LowCardinality(String), String)", 3),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_refused_as_a_fault_of_the_row(type_, value):
    with pytest.raises(UNWRITABLE):
        encoder([type_]).encode(Block("events", [(value,)]))


def test_a_row_that_is_too_short_is_refused():
    with pytest.raises((ValueError, IndexError)):
        encoder(["String", "Int64"]).encode(Block("events", [("a", 1), ("b",)]))


@pytest.mark.skipif(not COMPILED, reason="the plain form packs nothing")
@pytest.mark.parametrize(
    "type_", sorted({*VALUES, *TIMES} - {name for name in VALUES if "(" in name and "Low" not in name[:3]})
)
def test_the_plain_types_are_packed_by_the_core(type_):
    assert native._packing(type_)[0] != native.ANY


def test_every_table_has_an_encoder_of_its_columns():
    for table, model in TABLES.items():
        assert Encoder(list(model.model_fields), ["String"] * len(model.model_fields)).names == list(
            model.model_fields
        ), table

"""A block with refused rows: all others are stored, the guilty are named, and a wrong table is not taken for guilty rows."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SinkRowError, SinkSchemaError, SinkTransientError
from pipeline.sinks.bisect import MOST_REFUSED, TELLING, store_the_rest
from schemas.rows import Block


class Picky:
    """Takes a block only when no guilty row is in it."""

    def __init__(self, guilty):
        self.guilty, self.taken, self.writes = set(guilty), [], 0

    def write(self, blocks):
        self.writes += 1
        rows = blocks["events"].rows
        if bad := [row for row in rows if row[0] in self.guilty]:
            raise SinkRowError(f"row {bad[0][0]}", 53, "events")
        self.taken += rows

    def close(self):
        pass


def block(count):
    return Block("events", [(number,) for number in range(count)])


@given(st.integers(1, 200), st.sets(st.integers(0, 199), max_size=8))
def test_every_row_is_stored_once_or_named_with_its_reason(count, guilty):
    guilty = {number for number in guilty if number < count}
    if len(guilty) == count >= TELLING:
        return
    sink = Picky(guilty)
    refused = store_the_rest(sink, block(count))
    assert [refusal.row[0] for refusal in refused] == sorted(guilty)
    assert [str(refusal.error) for refusal in refused] == [f"row {number}" for number in sorted(guilty)]
    assert sorted(row[0] for row in sink.taken) == sorted(set(range(count)) - guilty)


def test_one_guilty_row_of_many_costs_a_few_writes():
    sink = Picky({123_456})
    store_the_rest(sink, block(200_000))
    assert sink.writes <= 2 * math.ceil(math.log2(200_000)) + 1


def test_a_table_that_takes_nothing_is_the_tables_fault():
    sink = Picky(range(TELLING))
    with pytest.raises(SinkSchemaError, match="not what we think"):
        store_the_rest(sink, block(TELLING))


def test_a_few_rows_all_guilty_are_guilty_rows():
    assert len(store_the_rest(Picky(range(TELLING - 1)), block(TELLING - 1))) == TELLING - 1


def test_more_guilty_rows_than_chance_explains_are_the_tables_fault_too():
    with pytest.raises(SinkSchemaError):
        store_the_rest(Picky(range(0, 1000, 2)), block(1000))
    assert len(store_the_rest(Picky(range(MOST_REFUSED)), block(1000))) == MOST_REFUSED


def test_a_clickhouse_that_goes_away_in_between_is_told_as_that():
    class Leaving(Picky):
        def write(self, blocks):
            if self.writes == 3:
                raise SinkTransientError("gone")
            super().write(blocks)

    with pytest.raises(SinkTransientError):
        store_the_rest(Leaving({5}), block(100))

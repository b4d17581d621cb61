"""Every figure that the core writes equals the brute-force oracle's, for random logs with every kind of disorder."""

from __future__ import annotations

from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.core import EPOCH, FIRST_OFFSET, PARTITION, CoreRun, differences, fold_and_freeze
from support.events import CONTENT, written_keys
from support.oracle import expected, expected_outcomes, expected_windows
from support.strategies import (
    POPULATION,
    SHAPES,
    any_logs,
    consistent_logs,
    cut_points,
    examples,
    large_log,
    moments,
)

from pipeline.cascade import windows

MANY = settings(max_examples=examples(500), deadline=None)
SOME = settings(max_examples=examples(100), deadline=None)


def oracle(log):
    return expected(log, CONTENT, POPULATION)


@MANY
@given(log=any_logs, cuts=cut_points)
def test_each_freeze_leaves_the_tables_as_of_that_event(log, cuts):
    run = CoreRun()
    for position, (event, cut) in enumerate(zip(log, cycle(cuts), strict=False), start=1):
        run.fold(event)
        if cut or position == len(log):
            run.freeze()
            assert differences(run.tables(), oracle(log[:position])) == []


@SOME
@given(log=any_logs)
def test_the_outcome_tells_what_became_of_each_event(log):
    run = CoreRun()
    assert [run.fold(event) for event in log] == expected_outcomes(log)


@MANY
@given(data=st.data(), log=consistent_logs)
def test_figures_depend_on_the_set_of_events_not_on_their_order(data, log):
    shuffled = data.draw(st.permutations(log))
    assert differences(fold_and_freeze(shuffled).tables(), fold_and_freeze(log).tables()) == []


@MANY
@given(log=any_logs, now_us=moments)
def test_windows_equal_the_oracle_at_any_time(log, now_us):
    got = windows(CoreRun(log).content, now_us)
    shown = {name: (window.shares, window.secondary_reach, window.depth) for name, window in got.items()}
    assert shown == expected_windows(log, CONTENT, now_us)


@SOME
@given(data=st.data(), log=any_logs)
def test_an_event_that_comes_twice_more_changes_only_the_count_of_duplicates(data, log):
    run = fold_and_freeze(log)
    before = run.tables()
    again = data.draw(st.sampled_from(log))
    assert [run.fold(again), run.fold(again)] == ["DUPLICATE", "DUPLICATE"]
    run.freeze()
    before["contents"][CONTENT]["duplicates"] += 2
    assert run.tables() == before


@MANY
@given(data=st.data(), log=any_logs)
def test_a_rebuilt_content_writes_the_current_rows_of_all_that_changes_after(data, log):
    restored = data.draw(st.integers(0, len(log) - 1))
    run = CoreRun(log[:restored])
    run.discard()
    for event in log[restored:]:
        run.fold(event)
    run.freeze()
    before, after = oracle(log[:restored]), oracle(log)
    written = {table: set(keys) for table, keys in written_keys(run.blocks).items()}
    for table, keys in written.items():
        changed = {
            key for key in before[table].keys() | after[table].keys() if before[table].get(key) != after[table].get(key)
        }
        assert changed - keys == set(), table
    assert (
        differences(
            run.tables(),
            {table: {key: row for key, row in after[table].items() if key in written[table]} for table in after},
        )
        == []
    )


@SOME
@given(log=any_logs, cuts=cut_points)
def test_rows_carry_the_place_and_version_they_were_frozen_with(log, cuts):
    run = fold_and_freeze(log, cuts)
    row = run.tables(keep_place=True)["contents"][CONTENT]
    last = FIRST_OFFSET + len(log) - 1
    assert (row["kafka_partition"], row["kafka_offset"], row["version"]) == (PARTITION, last, EPOCH << 48 | last)


@SOME
@given(log=any_logs)
def test_nothing_is_written_twice_for_the_same_change(log):
    run = fold_and_freeze(log)
    for table, keys in written_keys(run.blocks).items():
        assert len(keys) == len(set(keys)), table
    rows = run.blocks.row_count
    run.freeze()
    assert run.blocks.row_count == rows


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("shape", SHAPES)
def test_a_cascade_of_hundreds_of_shares_equals_the_oracle(shape, seed):
    log = large_log(shape, nodes=250, seed=seed)
    assert differences(fold_and_freeze(log, cuts=[False] * 60 + [True]).tables(), oracle(log)) == []


@pytest.mark.parametrize("shape", ["recursive tree", "path"])
def test_a_cascade_of_over_a_thousand_shares_equals_the_oracle(shape):
    log = large_log(shape, nodes=1_100, seed=7)
    assert differences(fold_and_freeze(log, cuts=[False] * 400 + [True]).tables(), oracle(log)) == []

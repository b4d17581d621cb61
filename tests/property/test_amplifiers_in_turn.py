"""Rows of amplifiers may wait for later freezes: all of them come, each as of the freeze that makes it."""

from __future__ import annotations

from itertools import cycle

from hypothesis import given, settings
from hypothesis import strategies as st
from support.core import CoreRun, differences, fold_and_freeze
from support.strategies import POPULATION, any_logs, cut_points, examples

from pipeline.cascade import Content, is_behind, suspect

MANY = settings(max_examples=examples(300), deadline=None)


def to_the_end(run, at_once):
    """Freeze until nothing waits; how often it took."""
    times = 1
    while run.freeze(at_once=at_once):
        times += 1
    assert not is_behind(run.content)
    return times


@MANY
@given(log=any_logs, cuts=cut_points, at_once=st.integers(0, 3))
def test_a_few_rows_at_a_time_come_to_the_same_tables(log, cuts, at_once):
    run = CoreRun()
    for event, cut in zip(log, cycle(cuts), strict=False):
        run.fold(event)
        if cut:
            run.freeze(at_once=at_once)
    amplifiers = len(fold_and_freeze(log).tables()["amplifiers"])
    assert to_the_end(run, max(1, at_once)) <= 1 + amplifiers
    assert differences(run.tables(), fold_and_freeze(log).tables()) == []


@MANY
@given(log=any_logs, cuts=cut_points, at_once=st.integers(0, 3))
def test_no_row_waits_but_of_amplifiers_who_did_nothing(log, cuts, at_once):
    run = CoreRun()
    for event, cut in zip(log, cycle(cuts), strict=False):
        run.fold(event)
        if cut:
            run.freeze(at_once=at_once)
    run.freeze(at_once=at_once)
    for line in differences(run.tables(), fold_and_freeze(log).tables()):
        assert line.startswith("amplifiers")
        assert "downstream" in line


@MANY
@given(log=any_logs, at_once=st.integers(0, 3))
def test_what_was_left_by_a_worker_that_stopped_is_made_again(log, at_once):
    run = CoreRun(log)
    run.freeze(at_once=at_once)
    run.discard()
    suspect(run.content, at_once)
    to_the_end(run, max(1, at_once))
    assert differences(run.tables(), fold_and_freeze(log).tables()) == []


def test_a_content_without_events_is_never_behind():
    content = Content("c", POPULATION)
    assert not suspect(content, 0)

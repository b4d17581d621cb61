"""Rows of amplifiers that wait for later freezes: a partition knows of them, and no stop loses them."""

from __future__ import annotations

import pytest
from support.stream import apply, record, state

from pipeline.stream.thaw import thaw
from schemas.rows import Blocks

MANY = 9000  # more than a freeze makes for amplifiers who did nothing


def large():
    target = state()
    apply(target, *[record(number, f"e{number}") for number in range(MANY)])
    return target


def amplifiers(target):
    out = Blocks()
    target.freeze(out)
    return {row[2] for row in out["amplifiers"].rows} if "amplifiers" in out else set()


def frozen_to_the_end(target):
    found, times = set(), 0
    while target.behind:
        some = amplifiers(target)
        assert some
        assert not some & found
        found |= some
        times += 1
    return found, times


def test_everybody_who_did_something_has_a_row_at_once():
    target = large()
    assert not target.behind
    assert len(amplifiers(target)) == MANY
    assert not target.behind
    assert amplifiers(target) == set()


def test_rows_that_may_be_missing_are_made_again_after_a_rebuild():
    target = large()
    target.discard()
    found, times = frozen_to_the_end(target)
    assert (len(found), times) == (MANY, 2)


def test_rows_that_may_be_missing_are_made_again_after_a_restore():
    target, again = large(), state()
    records = target.changes().records
    again.admit(thaw(b"c", [value for _, value in sorted(records)], {}))
    assert len(frozen_to_the_end(again)[0]) == MANY


def test_a_content_stays_in_memory_while_its_rows_wait():
    target = large()
    target.changes()
    target.discard()
    assert target.evict(10**9, surplus=MANY) == 0
    frozen_to_the_end(target)
    assert target.evict(10**9, surplus=MANY) == 1


@pytest.mark.parametrize("count", [1, 100])
def test_a_small_content_is_never_behind(count):
    target = state()
    apply(target, *[record(number, f"e{number}") for number in range(count)])
    target.discard()
    assert not target.behind

"""Expectations equal the rule as it is written, however often and in whatever order contents were noted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import baselines as rule
from support.baselines import EPOCH_US, MINUTE_US, content
from support.strategies import examples

from pipeline.cascade.baselines import Baselines

MANY = settings(max_examples=examples(100), deadline=None)

places = st.tuples(st.sampled_from(("x", "x", "x", "y")), st.sampled_from(("spring", "spring", None)))
lives = st.tuples(
    st.integers(0, 3000) | st.integers(0, 200).map(lambda quarter: quarter / 4),
    st.lists(st.sampled_from((0, 3, 4.5, 5, 9, 11, 30, 59, 61, 119, 500, 1439, 4400)), max_size=12),
    places,
)
worlds = st.integers(1, 60).flatmap(lambda count: st.lists(lives, min_size=count, max_size=count))
ages = st.sampled_from((1, 299, 300, 301, 450, 600, 3600, 5000, 86_400, 10**6, 10**7))


def named(world):
    return [(f"c{number:02}", born, shares, *place) for number, (born, shares, place) in enumerate(world)]


def noted(known, moments):
    found = Baselines()
    for one, moment in zip(known, moments, strict=True):
        found.note(content(*one), moment)
    return found


def end_of(known):
    return EPOCH_US + 3000 * MINUTE_US


@MANY
@given(data=st.data(), world=worlds, age_s=ages, after=st.integers(0, 40_000))
def test_an_expectation_is_the_middle_half_of_the_last_hundred_that_are_old_enough(data, world, age_s, after):
    known, now = named(world), 3000 + after
    found = noted(data.draw(st.permutations(known)), [EPOCH_US + now * MINUTE_US] * len(known))
    for platform, campaign in (("x", ""), ("x", "spring"), ("y", "spring"), ("z", "")):
        for without in ("", "c03"):
            wanted = rule.expected(known, platform, campaign, age_s, now, without)
            got = found.expected(platform, campaign, age_s, without)
            assert got == (wanted if wanted is None else pytest.approx(wanted, rel=1e-9, abs=1e-12))


@MANY
@given(data=st.data(), world=worlds)
def test_what_was_noted_before_and_how_often_leaves_no_trace(data, world):
    known, now_us = named(world), end_of(world) + MINUTE_US
    once, often = noted(known, [now_us] * len(known)), Baselines()
    for name, born, shares, *place in data.draw(st.permutations(known)):
        partly = data.draw(st.integers(0, len(shares)))
        often.note(content(name, born + 1, shares[:partly], "y", None), EPOCH_US)
        often.note(content(name, born, shares[:partly], *place), end_of(world))
    for one in data.draw(st.permutations(known)):
        often.note(content(*one), now_us)
        often.note(content(*one), now_us)
    assert often.dump() == once.dump()


@MANY
@given(world=worlds, more=worlds)
def test_what_was_dumped_goes_on_as_if_it_had_never_left(world, more):
    known, now_us = named(world), end_of(world)
    found = noted(known, [now_us] * len(known))
    back = Baselines.load(found.dump())
    assert (back.dump(), back.rows(), back.now_us) == (found.dump(), found.rows(), found.now_us)
    for both in (found, back):
        for one in named(more):
            both.note(content(*one), now_us + MINUTE_US)
    assert back.dump() == found.dump()


@MANY
@given(world=worlds)
def test_a_note_that_says_nothing_new_changes_nothing(world):
    known, now_us = named(world), end_of(world)
    found = noted(known, [now_us] * len(known))
    before, found.changed = found.dump(), False
    for one in known:
        found.note(content(*one), now_us)
    assert not found.changed
    assert found.dump() == before


@MANY
@given(world=worlds, after=st.integers(0, 40_000))
def test_every_row_of_the_list_is_what_is_expected_then(world, after):
    known = named(world)
    found = noted(known, [end_of(world) + after * MINUTE_US] * len(known))
    for row in found.rows():
        assert row.expected == pytest.approx(
            rule.of_group(
                [one for one in known if one[3] == row.platform and row.campaign_id in ("", one[4])],
                row.age_s / 60,
                3000 + after,
                1,
            )
        )
        assert row.contents >= (20 if row.campaign_id else 10)

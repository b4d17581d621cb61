"""Figures as the page shows them: unknown is never 0, and series have no gaps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.page import NOWHERE

from pipeline.serve.content import with_r
from pipeline.serve.facts import facts, shape
from pipeline.serve.letters import letter, readable
from pipeline.serve.pulse import Rate, hour
from pipeline.serve.series import HOUR, MAX_SLOTS, last_hour, life, step_minutes

ROW = {
    "platforms": ("x", "y"), "size": 3, "structural_virality": 2.0, "r": 0.5, "live_r": 0.9, "audience_coverage": 0.5, "primary_reach": 7,
    "secondary_reach": 8, "secondary_reach_5m": 0, "secondary_reach_1h": 0, "secondary_reach_24h": 8, "potential_reach": 15, "estimated_reach": 14.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("virality", "label"), [(1.0, "broadcast"), (2.29, "broadcast"), (2.3, "mixed"), (3.99, "mixed"), (4.0, "chain")]
)
def test_a_tree_is_labelled_by_its_structural_virality(virality, label):
    assert shape(10, virality, NOWHERE) == label


def test_a_content_without_a_share_has_no_form():
    shown = facts(ROW | {"size": 1, "structural_virality": 0.0, "r": 0.0, "live_r": 0.0}, NOWHERE)
    assert (shown["shape"], shown["structural_virality"], shown["r"], shown["live_r"]) == (None, None, None, None)


def test_known_figures_stay_as_they_are():
    assert facts(ROW, NOWHERE) == ROW | {"platforms": ["x", "y"], "shape": "broadcast"}


def test_reach_is_unknown_when_no_audience_is_known():
    shown = facts(
        ROW
        | {
            "audience_coverage": 0.0,
            "primary_reach": 0,
            "secondary_reach": 0,
            "potential_reach": 0,
            "estimated_reach": 0.0,
        },
        NOWHERE,
    )
    names = (
        "primary_reach",
        "secondary_reach",
        "secondary_reach_5m",
        "secondary_reach_1h",
        "secondary_reach_24h",
        "potential_reach",
        "estimated_reach",
    )
    assert [shown[name] for name in names] == [None] * len(names)


def test_reach_is_zero_when_nobody_has_shared():
    assert facts(ROW | {"audience_coverage": None, "secondary_reach": 0}, NOWHERE)["secondary_reach"] == 0


def test_the_last_generation_has_no_r_yet():
    assert [row["r"] for row in with_r([{"nodes": 4}, {"nodes": 6}, {"nodes": 3}])] == [1.5, 0.5, None]


def test_minutes_without_a_row_are_zero_and_old_ones_fall_out():
    rows = [
        {"slot": 100, "n": 3},
        {"slot": 100, "n": 1},
        {"slot": 41, "n": 2},
        {"slot": 40, "n": 9},
        {"slot": 101, "n": 9},
    ]
    assert last_hour(rows, "n", this_minute=100) == [2] + [0] * (HOUR - 2) + [4]


@given(st.integers(0, 40_000_000), st.integers(0, 15_000_000))
def test_a_whole_life_fits_the_chart_and_begins_and_ends_with_its_acts(first, length):
    last = first + length
    step = step_minutes(first, last)
    rows = [{"slot": first // step, "shares": 1, "reach": 2}, {"slot": last // step, "shares": 3, "reach": 4}]
    drawn = life(rows, step, first, last)
    assert len(drawn["shares"]) == len(drawn["reach"]) <= MAX_SLOTS
    assert drawn["start"] <= first < drawn["start"] + step
    assert drawn["shares"][-1] == 3
    assert drawn["reach"][-1] == 4


def test_a_rate_needs_two_looks_and_forgets_after_ten_seconds():
    rate = Rate()
    assert rate.add(0, 100) is None
    assert rate.add(1_000_000, 150) == 50.0
    assert rate.add(30_000_000, 150) == 0.0


def test_a_total_that_shrinks_starts_the_rate_anew():
    rate = Rate()
    rate.add(0, 100)
    assert rate.add(1_000_000, 5) is None
    assert rate.add(2_000_000, 7) == 2.0


def test_the_last_hour_shows_the_busiest_platform_first():
    rows = [
        {"platform": name, "slot": 100, "shares": shares, "reach": 1, "acts": 9}
        for name, shares in (("a", 1), ("b", 5))
    ]
    shown = hour(rows, 100)
    assert [one["platform"] for one in shown["platforms"]] == ["b", "a"]
    assert shown["reach"][-1] == 2
    assert shown["acts"][-1] == 18


@given(st.binary(max_size=40), st.booleans())
def test_any_bytes_are_readable(head, cut):
    assert isinstance(readable(head, cut=cut), str)


def test_bytes_that_are_no_text_are_shown_as_numbers():
    assert readable(b"ok \xff\x00", cut=False) == "ok \\xff\x00"


def test_a_character_torn_by_the_cut_is_left_out():
    assert readable("aé".encode()[:2], cut=True) == "a"


def test_a_letter_says_whether_its_payload_was_cut():
    shown = letter({"head": "4142", "bytes": 3, "reason": "not_json"})
    assert shown == {"bytes": 3, "reason": "not_json", "preview": "AB", "cut": True}

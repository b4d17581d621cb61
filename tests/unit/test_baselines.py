"""Expectations of contents that can be worked out by hand, and the bounds of what is kept."""

import random

import msgspec
import pytest
from support.baselines import EPOCH_US, MINUTE_US, content

from pipeline.cascade import Content
from pipeline.cascade.baselines import CAMPAIGNS, GRID, LAST, PLATFORMS, Baselines, middle_half

HOUR_S = 3600


def noted(contents, minute):
    found = Baselines()
    for one in contents:
        found.note(one, EPOCH_US + minute * MINUTE_US)
    return found


def with_shares(counts, name="c", **options):
    """Contents with so many shares in their first minute."""
    return [content(f"{name}{number}", 0, [0] * count, **options) for number, count in enumerate(counts)]


def test_the_lowest_and_the_highest_quarter_do_not_count():
    assert middle_half([0, 0, 4, 6, 5, 5, 1000, 900]) == 5
    assert middle_half([1, 2, 6]) == 3
    found = noted(with_shares([0, 0, 1, 2, 3, 4, 5, 6, 10**3, 10**3, 0, 10**3]), 3 * 60)
    assert found.expected("x", "", HOUR_S) == pytest.approx((1 + 2 + 3 + 4 + 5 + 6) / 6)


def test_nothing_is_expected_from_nine_contents():
    assert noted(with_shares([5] * 9), 3 * 60).expected("x", "", HOUR_S) is None
    assert noted(with_shares([5] * 10), 3 * 60).expected("x", "", HOUR_S) == 5


def test_a_content_counts_at_an_age_only_when_it_is_that_old():
    found = noted(with_shares([5] * 10), 2 * 60)
    assert found.expected("x", "", HOUR_S) == 5
    assert found.expected("x", "", 3 * HOUR_S) is None
    found.note(content("later", 300), EPOCH_US + 300 * MINUTE_US)
    assert found.expected("x", "", 3 * HOUR_S) == 5


def test_before_the_first_age_of_the_grid_nothing_is_expected():
    assert noted(with_shares([5] * 10), 600).expected("x", "", 299) is None


def test_between_ages_of_the_grid_shares_grow_with_the_logarithm_of_the_age():
    found = noted([content(f"c{n}", 0, [1] * 10 + [70] * 10) for n in range(10)], 600)
    assert [found.expected("x", "", minutes * 60) for minutes in (60, 120)] == [10, 20]
    assert found.expected("x", "", 60 * 60 * 2**0.5) == pytest.approx(15)


def test_a_campaign_with_twenty_contents_has_its_own_expectation():
    contents = with_shares([4] * 19, campaign="spring") + [content(f"o{n}", 0, [0] * 40) for n in range(60)]
    found = noted(contents, 600)
    assert found.expected("x", "spring", HOUR_S) == found.expected("x", "", HOUR_S) > 20
    found.note(content("twentieth", 0, [0] * 4, campaign="spring"), EPOCH_US + 600 * MINUTE_US)
    assert found.expected("x", "spring", HOUR_S) == 4


def test_a_content_is_compared_with_the_others_of_its_platform_and_its_own_age():
    found = noted(with_shares([7] * 10) + with_shares([90] * 10, "y", platform="y"), 600)
    own = content("own", 540, [0] * 1000)
    found.note(own, EPOCH_US + 600 * MINUTE_US)
    assert found.expected_for(own, EPOCH_US + 600 * MINUTE_US) == 7
    assert found.expected_for(own, EPOCH_US + 541 * MINUTE_US) is None
    assert found.expected_for(Content("without acts", {}), EPOCH_US) is None


def test_of_more_than_a_hundred_contents_the_last_count():
    contents = [content(f"c{n:03}", n, [0] * (0 if n < LAST else 8)) for n in range(2 * LAST)]
    assert noted(contents, 100_000).expected("x", "", 30 * 86_400) == 8


def test_a_platform_with_many_contents_keeps_a_fair_sample_of_bounded_size():
    rng = random.Random(3)
    found, kept = Baselines(), []
    for minute in range(6000):
        shares = [0] * rng.randrange(9) + [90] * 4
        found.note(content(f"c{minute}-{rng.random()}", minute, shares), EPOCH_US + minute * MINUTE_US)
        kept.append(len(found.dump()) if minute % 10 == 0 else 0)
    assert max(kept[4000:]) < 1.7 * max(kept[500:1000])
    rows = {row.age_s: row for row in found.rows()}
    assert {rows[age].contents for age in (300, HOUR_S, 86_400)} == {LAST}
    assert rows[HOUR_S].expected == pytest.approx(4, rel=0.25)
    assert rows[86_400].expected == pytest.approx(8, rel=0.15)


def test_however_many_platforms_and_campaigns_come_the_state_stays_bounded():
    found, now_us = Baselines(), EPOCH_US + 600 * MINUTE_US
    for number in range(3 * PLATFORMS):
        found.note(content(f"p{number}", number, platform=f"platform {number}", campaign="spring"), now_us)
    for number in range(3 * CAMPAIGNS):
        found.note(content(f"c{number}", number, platform="platform 95", campaign=f"campaign {number}"), now_us)
    shelves = msgspec.msgpack.decode(found.dump())[2]
    assert len({platform for platform, _, _ in shelves}) == PLATFORMS
    assert {f"platform {number}" for number in range(2 * PLATFORMS, 3 * PLATFORMS)} == {name for name, _, _ in shelves}
    ours = [campaign for platform, campaign, _ in shelves if platform == "platform 95" and campaign]
    assert ours == sorted(["spring", *[f"campaign {n}" for n in range(2 * CAMPAIGNS + 1, 3 * CAMPAIGNS)]])


def test_a_content_whose_first_act_comes_late_moves_to_its_platform():
    found = noted(with_shares([5] * 10), 600)
    found.note(content("c0", 0, [0] * 5, platform="y"), EPOCH_US + 600 * MINUTE_US)
    assert found.expected("x", "", HOUR_S) is None


@pytest.mark.parametrize("value", [b"", b"no msgpack", msgspec.msgpack.encode([99, 0, []])])
def test_bytes_of_another_origin_are_refused(value):
    with pytest.raises(ValueError, match=r".+"):
        Baselines.load(value)


def test_the_grid_reaches_from_five_minutes_to_thirty_days():
    assert (GRID[0], GRID[-1]) == (5, 30 * 1440)
    assert sorted(set(GRID)) == list(GRID)

"""The oracle that the core is tested against is itself right: tiny cascades with figures worked out by hand.

Each test is one rule of the metrics: structure, parents, copies, retractions, reach, minutes, amplifiers.
"""

from __future__ import annotations

import math

import pytest
from support.events import CONTENT, START_US, act, child, retract
from support.oracle import expected, expected_outcomes, expected_windows

MINUTE_US = 60_000_000
POPULATION = {"x": 100}


def tables(*events):
    return expected(list(events), CONTENT, POPULATION)


def content(*events):
    return tables(*events)["contents"][CONTENT]


def edges(*events):
    return tables(*events)["edges"]


def place(event_id, *events):
    edge = edges(*events)[event_id]
    return edge["parent_event_id"], edge["parent_status"], edge["depth"]


def path(length):
    return [child("n0", CONTENT)] + [child(f"n{i}", f"n{i - 1}", at=i) for i in range(1, length)]


# Structure


def test_no_event_gives_no_row():
    assert tables() == {"contents": {}, "edges": {}, "content_minutes": {}, "amplifiers": {}}


def test_a_post_alone_is_a_tree_of_one_node():
    row = content(act("p", "post"))
    assert (row["size"], row["depth"], row["breadth"], row["max_breadth"]) == (1, 0, [1], 1)
    assert (row["structural_virality"], row["r"], row["posts"], row["shares"]) == (0.0, 0.0, 1, 0)
    assert (row["shares_by_depth"], row["reach_by_depth"]) == ([0], [0])


@pytest.mark.parametrize("shares", [1, 2, 5, 40])
def test_a_star_has_the_virality_of_the_formula(shares):
    row = content(*[child(f"n{i}", CONTENT) for i in range(shares)])
    size = shares + 1
    assert row["structural_virality"] == pytest.approx(2 * (size - 1) / size, rel=1e-15)
    assert (row["depth"], row["breadth"], row["max_breadth"], row["r"]) == (1, [1, shares], max(1, shares), 0.0)


@pytest.mark.parametrize("shares", [1, 2, 5, 40])
def test_a_path_has_the_virality_of_the_formula(shares):
    row = content(*path(shares))
    size = shares + 1
    assert row["structural_virality"] == pytest.approx((size + 1) / 3, rel=1e-15)
    assert (row["depth"], row["breadth"], row["r"]) == (shares, [1] * size, (shares - 1) / shares)


def test_virality_of_a_small_tree_counted_pair_by_pair():
    # root-a, root-b, a-d: distances 1 1 2 (from the root), a-b 2, a-d 1, b-d 3
    row = content(child("a", CONTENT), child("b", CONTENT), child("d", "a"))
    assert row["structural_virality"] == pytest.approx(10 / 6, rel=1e-15)
    assert row["r"] == pytest.approx(1 / 3)


def test_what_is_deeper_than_63_shares_the_last_slot():
    row = content(*path(70))
    assert (row["depth"], len(row["breadth"]), row["breadth"][63], row["breadth"][64], row["max_breadth"]) == (
        70,
        65,
        1,
        7,
        7,
    )
    assert row["shares_by_depth"] == [0] + [1] * 63 + [7]
    assert row["r"] == pytest.approx(69 / 70)


def test_depth_over_exact_edges_starts_again_at_every_edge_that_is_not_exact():
    events = [child("a", CONTENT), child("b", "a", parent_basis="inferred"), child("d", "b"), child("e", "d")]
    assert [edge["depth"] for edge in edges(*events).values()] == [1, 2, 3, 4]
    assert [edge["depth_exact"] for edge in edges(*events).values()] == [1, 1, 2, 3]
    assert (content(*events)["depth"], content(*events)["depth_exact"]) == (4, 3)


# Where a parent comes from


def test_a_share_without_a_parent_hangs_on_the_root():
    assert place("a", act("a")) == ("", "none", 1)


@pytest.mark.parametrize("root", [CONTENT, "p1", "p2"])
def test_the_content_and_each_post_stand_for_the_root(root):
    assert place(
        "a",
        child("a", root),
        act("p1", "post"),
        act("p2", "post"),
        retract("r", "p2", attributes={"right": "moderate"}),
    ) == ("", "root", 1)


def test_the_content_id_means_the_root_even_when_a_share_has_that_id():
    events = [act(CONTENT), child("a", CONTENT)]
    assert place("a", *events) == ("", "root", 1)
    assert content(*events)["size"] == 3


def test_a_late_parent_takes_its_subtree_with_it():
    early = [child("b", "a"), child("d", "b")]
    assert place("b", *early) == ("", "unresolved", 1)
    assert content(*early)["parents_unresolved"] == 1
    late = [*early, child("a", CONTENT)]
    assert place("d", *late) == ("b", "event", 3)
    assert content(*late)["parents_unresolved"] == 0


def test_edges_to_itself_and_to_acts_that_do_not_spread_are_counted():
    events = [child("a", "a"), act("l", "like"), child("b", "l"), retract("r", "zzz"), child("d", "r")]
    assert [place(name, *events) for name in "abd"] == [
        ("", "self", 1),
        ("", "not_a_spread", 1),
        ("", "not_a_spread", 1),
    ]
    row = content(*events)
    assert (row["parents_self"], row["parents_not_a_spread"], row["parents_unresolved"], row["parents_cycle"]) == (
        1,
        2,
        0,
        0,
    )


def test_a_cycle_is_cut_at_its_earliest_node():
    events = [child("a", "d", at=5), child("b", "a", at=5), child("d", "b", at=7), child("e", "d", at=1)]
    assert [place(name, *events) for name in "abde"] == [
        ("", "cycle", 1),
        ("a", "event", 2),
        ("b", "event", 3),
        ("d", "event", 4),
    ]
    assert content(*events)["parents_cycle"] == 1


def test_a_parent_by_actor_is_the_last_share_of_that_actor_before():
    first, second, after = act("s1", by="u", at=1), act("s2", by="u", at=2), act("s3", by="u", at=4)
    named_by_actor = act("v", at=3, parent_actor_id="u")
    assert place("v", first, second, after, named_by_actor) == ("s2", "actor", 2)
    assert place("v", first, second, after, named_by_actor, retract("r", "s2", by="u")) == ("s2", "actor", 2)
    assert place("v", after, named_by_actor) == ("", "unresolved", 1)


def test_at_the_same_moment_the_event_id_tells_who_was_first():
    assert place("v", act("s", by="u"), act("w", by="u"), act("v", parent_actor_id="u")) == ("s", "actor", 2)


def test_a_parent_by_actor_is_sought_on_the_same_platform():
    assert place("v", act("s", by="u", on="y"), act("v", at=1, parent_actor_id="u")) == ("", "unresolved", 1)


def test_the_author_of_a_post_serves_as_the_root():
    share = act("v", parent_actor_id="u")
    assert place("v", share, act("p", "post", by="u", at=9), retract("r", "p", by="u")) == ("", "root", 1)
    assert place("v", share, act("p", "post", by="u", at=9), act("s", by="u", at=-1)) == ("s", "actor", 2)


def test_a_named_event_outranks_a_named_actor_once_it_is_there():
    share = child("v", "late", at=5, parent_actor_id="u")
    by_actor = act("s", by="u")
    assert place("v", by_actor, share) == ("s", "actor", 2)
    assert place("v", by_actor, share, child("late", "s", at=8)) == ("late", "event", 3)
    assert place("v", by_actor, share, act("late", "like")) == ("", "not_a_spread", 1)


# Copies


def test_the_copy_with_the_best_basis_stands_then_the_earliest():
    none, inferred = act("v", at=1), child("v", "a", at=3, parent_basis="inferred", by="other", audience_size=7)
    exact_late, exact_early = child("v", "b", at=9), child("v", "b", at=8)
    log = [none, inferred, exact_late, exact_early, none]
    assert expected_outcomes(log) == ["APPLIED", "REPLACED", "REPLACED", "REPLACED", "DUPLICATE"]
    assert edges(*log)["v"]["occurred_at"] == START_US + 8_000_000
    assert edges(*log[:2])["v"]["actor_id"] == "other"
    assert (content(*log)["size"], content(*log)["duplicates"]) == (2, 4)


def test_of_other_kinds_the_first_copy_stands():
    log = [act("l", "like", at=5), act("l", "like", at=1), act("l", "view", at=0), child("l", CONTENT)]
    assert expected_outcomes(log) == ["APPLIED", "DUPLICATE", "DUPLICATE", "DUPLICATE"]
    row = content(*log)
    assert (row["likes"], row["views"], row["size"], row["duplicates"], row["first_seen"]) == (
        1,
        0,
        1,
        3,
        START_US + 5_000_000,
    )


def test_the_first_copy_decides_whether_an_id_is_a_spread():
    row = content(act("v"), act("v", "post"), child("v", CONTENT))
    assert (row["posts"], row["shares"], row["duplicates"]) == (0, 1, 2)


# Retractions


def test_a_retracted_share_stays_in_the_structure_and_leaves_shares_and_reach():
    events = [act("a", by="u", audience_size=10), child("b", "a", audience_size=20), retract("r", "a", by="u")]
    row = content(*events)
    assert (row["size"], row["depth"], row["breadth"], row["shares"], row["retracted"]) == (3, 2, [1, 1, 1], 1, 1)
    assert (row["shares_by_depth"], row["reach_by_depth"], row["secondary_reach"], row["sharers"]) == (
        [0, 0, 1],
        [0, 0, 20],
        20,
        1,
    )
    assert edges(*events)["a"]["retracted"] is True
    assert tables(*reversed(events)) == tables(*events)


@pytest.mark.parametrize("kind", ["post", "like", "comment", "mention", "click", "view", "follow"])
def test_any_act_can_be_retracted(kind):
    events = [act("a", kind, by="u"), retract("r", "a", by="u")]
    assert content(*events)[f"{kind}s"] == 0
    assert content(*events)["retracted"] == 1
    minute = tables(*events)["content_minutes"]["x", START_US]
    assert (minute["acts"], minute[f"{kind}s"]) == (1, 0)


def test_only_the_actor_or_a_moderator_can_retract():
    share = act("a", by="u")
    for refused in (
        retract("r", "a", by="v"),
        retract("r", "a", by="u", on="y"),
        retract("r", "a", by="v", attributes={"right": "read"}),
    ):
        row = content(share, refused)
        assert (row["shares"], row["retracted"], row["retractions_refused"], row["retractions_waiting"]) == (1, 0, 1, 0)
    row = content(share, retract("r", "a", by="v", attributes={"right": "moderate"}))
    assert (row["shares"], row["retracted"], row["retractions_refused"]) == (0, 1, 0)


def test_one_valid_retraction_is_enough_and_two_undo_once():
    row = content(
        act("a", by="u"),
        retract("r1", "a", by="u"),
        retract("r2", "a", by="u"),
        retract("r3", "a", by="v"),
        retract("r1", "a", by="u"),
    )
    assert (row["retracted"], row["retractions_refused"], row["duplicates"]) == (1, 1, 1)


def test_what_is_no_act_cannot_be_retracted():
    log = [
        act("a", by="u"),
        retract("r", "a", by="u"),
        retract("q", "r", by="u"),
        retract("s", "s", by="u"),
        retract("t", "gone", by="u"),
    ]
    row = content(*log)
    assert (row["retracted"], row["retractions_refused"], row["retractions_waiting"]) == (1, 2, 1)


def test_a_retraction_is_judged_against_the_copy_that_stands():
    weak, better = act("a", by="u"), child("a", CONTENT, by="v")
    assert content(weak, retract("r", "a", by="v"))["retractions_refused"] == 1
    assert content(weak, retract("r", "a", by="v"), better)["retracted"] == 1
    assert content(weak, retract("r", "a", by="u"), better)["retracted"] == 0


# Reach


def test_a_sharer_counts_once_with_its_largest_audience_at_its_earliest_live_share():
    events = [
        child("a", CONTENT, by="u", audience_size=5),
        child("b", "d", by="u", at=60, audience_size=9),
        child("d", CONTENT, at=30),
    ]
    row = content(*events)
    assert (row["secondary_reach"], row["reach_by_depth"], row["sharers"], row["sharers_known"]) == (9, [0, 9, 0], 2, 1)
    moved = content(*events, retract("r", "a", by="u"))
    assert (moved["secondary_reach"], moved["reach_by_depth"]) == (9, [0, 0, 9])


def test_an_author_is_never_a_sharer_whenever_the_post_comes():
    events = [
        act("a", by="u", audience_size=50),
        act("b", audience_size=3),
        act("p", "post", by="u", at=99, audience_size=40),
    ]
    row = content(*events)
    assert (row["primary_reach"], row["secondary_reach"], row["sharers"]) == (40, 3, 1)
    undone = content(*events, retract("r", "p", by="u"))
    assert (undone["primary_reach"], undone["secondary_reach"]) == (0, 3)


def test_primary_reach_takes_the_largest_audience_of_each_author():
    posts = [
        act("p1", "post", by="u", audience_size=4),
        act("p2", "post", by="u", audience_size=6),
        act("p3", "post", by="u", on="y", audience_size=1),
    ]
    assert content(*posts)["primary_reach"] == 7
    assert content(*posts, act("p4", "post", by="w"))["primary_reach"] == 7


def test_estimated_reach_leaves_out_the_expected_overlap():
    halves = [act("p", "post", audience_size=50), act("a", audience_size=50)]
    assert content(*halves)["estimated_reach"] == pytest.approx(75, abs=1e-6)
    assert content(act("a", audience_size=30))["estimated_reach"] == pytest.approx(30, abs=1e-6)
    assert content(act("a", audience_size=500))["estimated_reach"] == pytest.approx(99, abs=1e-6)
    assert content(act("a"), act("b", audience_size=0))["estimated_reach"] == 0.0


def test_estimated_reach_is_a_sum_over_platforms():
    events = [
        act("a", audience_size=50),
        act("b", on="y", audience_size=1_000_000),
        act("d", on="y", audience_size=2_000_000),
    ]
    on_y = 1e8 * (1 - math.prod([1 - 0.01, 1 - 0.02]))
    assert content(*events)["estimated_reach"] == pytest.approx(50 + on_y, abs=1e-3)


# Counters, campaign, times


def test_the_latest_counter_of_each_platform_stands():
    def counter(event_id, count, kind="like", **fields):
        return act(event_id, "counter", counter_kind=kind, count=count, **fields)

    row = content(
        counter("1", 10, at=5),
        counter("2", 3, at=9),
        counter("3", 99, at=1),
        counter("4", 7, on="y"),
        counter("5", 2, "share"),
    )
    assert (row["counted_likes"], row["counted_shares"], row["counted_views"]) == (10, 2, 0)
    assert (row["likes"], row["platforms"], row["first_seen"], row["last_seen"]) == (
        0,
        [],
        START_US,
        START_US + 9_000_000,
    )


def test_the_campaign_is_that_of_the_earliest_post_else_of_the_earliest_event_that_names_one():
    like, share = act("l", "like", at=1, campaign_id="of like"), act("a", at=0)
    late_post, early_post = act("p", "post", at=9, campaign_id="of post"), act("q", "post", at=8)
    assert content(share)["campaign_id"] == ""
    assert content(share, like)["campaign_id"] == "of like"
    assert content(share, like, late_post)["campaign_id"] == "of post"
    assert content(share, like, late_post, early_post)["campaign_id"] == "of like"


def test_platforms_and_times_are_those_of_acts():
    row = content(act("a", on="y", at=5), act("l", "like", at=7), retract("r", "gone", on="z", at=99))
    assert (row["platforms"], row["first_seen"], row["last_seen"]) == (
        ["x", "y"],
        START_US + 5_000_000,
        START_US + 7_000_000,
    )


# Minutes and windows


def test_an_act_belongs_to_its_minute_and_platform():
    events = [
        act("a", at=59.999999),
        act("l", "like", at=60),
        child("b", "a", at=61, audience_size=5),
        act("v", "view", at=-0.000001, on="y"),
    ]
    minutes = tables(*events)["content_minutes"]
    shown = {
        key: (row["acts"], row["shares"], row["likes"], row["views"], row["depth"], row["secondary_reach"])
        for key, row in minutes.items()
    }
    assert shown == {
        ("x", START_US): (1, 1, 0, 0, 1, 0),
        ("x", START_US + MINUTE_US): (2, 1, 1, 0, 2, 5),
        ("y", START_US - MINUTE_US): (1, 0, 0, 1, 0, 0),
    }


def test_a_window_is_whole_minutes_up_to_the_present_one():
    events = [
        act("a", at=0, audience_size=3),
        child("b", "a", at=60, audience_size=4),
        child("d", "b", at=500, audience_size=9),
    ]

    def five_minutes(seconds):
        return expected_windows(events, CONTENT, START_US + seconds * 1_000_000)["5m"]

    assert five_minutes(0) == (1, 3, 1)
    assert five_minutes(299) == (2, 7, 2)
    assert five_minutes(300) == (1, 4, 2)
    assert five_minutes(360) == (0, 0, 0)
    assert five_minutes(480) == (1, 9, 3)


def test_longer_windows_hold_the_shares_of_an_hour_and_a_day():
    events = [act("a", at=0), act("b", at=3600)]
    windows = expected_windows(events, CONTENT, START_US + 3600 * 1_000_000)
    assert windows == {"5m": (1, 0, 1), "1h": (1, 0, 1), "24h": (2, 0, 1)}


# Amplifiers


def test_downstream_is_what_others_shared_below_each_once():
    events = [
        child("a", CONTENT, by="u", audience_size=1),
        child("b", "a", by="v", at=1, audience_size=10),
        child("d", "b", by="u", at=2),
        child("e", "d", by="w", at=3, audience_size=100),
        child("f", "e", by="v", at=4, audience_size=10),
    ]
    below = {
        actor: (row["downstream_shares"], row["downstream_reach"])
        for (_, actor), row in tables(*events)["amplifiers"].items()
    }
    assert below == {"u": (3, 110), "v": (2, 100), "w": (1, 0)}
    without_e = tables(*events, retract("r", "e", by="w"))["amplifiers"]["x", "u"]
    assert (without_e["downstream_shares"], without_e["downstream_reach"]) == (2, 10)


def test_an_amplifier_is_shown_by_its_earliest_live_share():
    events = [child("a", CONTENT, by="u", at=1, audience_size=9), child("b", "a", by="u", at=2)]
    row = tables(*events)["amplifiers"]["x", "u"]
    assert (row["spreads"], row["shares"], row["audience_size"], row["depth"], row["first_shared_at"]) == (
        2,
        2,
        9,
        1,
        START_US + 1_000_000,
    )
    row = tables(*events, retract("r", "a", by="u"))["amplifiers"]["x", "u"]
    assert (row["spreads"], row["shares"], row["audience_size"], row["depth"], row["first_shared_at"]) == (
        2,
        1,
        -1,
        2,
        START_US + 2_000_000,
    )
    row = tables(*events, retract("r", "a", by="u"), retract("s", "b", by="u"))["amplifiers"]["x", "u"]
    assert (row["spreads"], row["shares"], row["audience_size"], row["depth"], row["first_shared_at"]) == (
        2,
        0,
        -1,
        1,
        START_US + 1_000_000,
    )


def test_an_author_who_shares_is_an_amplifier_too():
    events = [act("p", "post", by="u"), act("a", by="u", at=1), child("b", "a", at=2, audience_size=8)]
    row = tables(*events)["amplifiers"]["x", "u"]
    assert (row["shares"], row["downstream_shares"], row["downstream_reach"]) == (1, 1, 8)

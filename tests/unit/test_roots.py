"""Quotations that are found out late: which links follow from what passes a reader, and what comes of them in the worker."""

from itertools import permutations

import pytest
from msgspec.structs import replace
from support.events import act
from support.merging import Topic, Workers, differences, expected

from pipeline.ingest.homeward import Homeward
from pipeline.ingest.posts import Posts
from pipeline.ingest.roots import Roots
from schemas import posts
from schemas.check import check
from schemas.posts import PostLink
from schemas.wire import encode


def of(content, event_id, kind="share", parent=None, **fields):
    basis = fields.pop("basis", "root_only" if kind == "share" else "exact")
    named = {"parent_event_id": parent, "parent_basis": basis} if parent else {}
    return replace(act(event_id, kind, **{"on": "twitter", **named, **fields}), content_id=content)


REPOST = of("quote", "repost", parent="quote")
QUOTE = of("root", "quote", "quote", parent="root")


def found(*events, listed=(), most=100):
    """(post, content) of each link, in order."""
    roots = Roots(
        Posts(PostLink(post=post, content_id=to, linked_us=1_700_000_000_000_000) for post, to in listed), most
    )
    return [(link.content_id, link.target_content_id) for event in events for link in roots.links(event)]


@pytest.mark.parametrize("kind", ["quote", "share", "repin"])
def test_whichever_comes_first_the_second_is_followed_by_the_link(kind):
    quote = of("root", "quote", kind, parent="root")
    for first, second in permutations((REPOST, quote)):
        assert found(first) == []
        assert found(first, second) == [("quote", "root")]


def test_whatever_named_the_post_and_nothing_deeper_took_it_for_a_root():
    counter = of("quote", "total", "counter", counter_kind="like", count=7)
    for event in (of("quote", "l", "like", parent="quote"), of("quote", "c", "comment", parent="quote"), counter):
        assert found(event, QUOTE) == [("quote", "root")]
    assert found(of("quote", "quote", "post"), QUOTE) == []


def test_the_event_of_a_link_is_good_and_its_id_that_of_the_two_alone():
    *events, link = Homeward(remembered=9).mapped([REPOST, QUOTE])
    assert events == [REPOST, QUOTE]
    assert check(encode(link), 1_800_000_000_000) == link
    assert link.event_id == posts.found("quote", "root", 1_600_000_000_000_000).event_id
    assert link.event_id != posts.found("quote", "other", 1_600_000_000_000_000).event_id


def test_a_link_is_told_once_and_anew_when_it_may_have_been_lost():
    roots = Roots(Posts(), 9)
    assert [len(roots.links(event)) for event in (QUOTE, REPOST, REPOST, QUOTE)] == [0, 1, 0, 0]
    roots.again()
    assert [len(roots.links(event)) for event in (REPOST, QUOTE)] == [1, 0]


@pytest.mark.parametrize("kind", ["like", "comment", "post", "mention", "view", "click"])
def test_what_is_no_spread_says_nothing_of_where_it_stands(kind):
    assert found(REPOST, of("root", "quote", kind, parent="root")) == []


def test_a_retraction_and_a_link_say_nothing_either():
    retraction = of("root", "quote", "retract", target_event_id="x")
    assert found(REPOST, retraction, of("root", "quote", "link", target_content_id="quote")) == []


def test_what_the_operator_linked_stands():
    assert found(REPOST, QUOTE, listed=[("quote", "film")]) == []


def test_no_link_closes_a_ring():
    back = of("quote", "root", "quote", parent="quote")
    assert found(REPOST, QUOTE, of("root", "s"), back) == [("quote", "root")]
    assert found(REPOST, QUOTE, listed=[("root", "film"), ("film", "quote")]) == []
    middle, end = of("b", "a", "quote", parent="b"), of("c", "b", "quote", parent="c")
    round_it = of("a", "c", "quote", parent="a")
    assert found(middle, end, round_it) == [("b", "c"), ("a", "b")]


def test_of_two_links_of_a_post_the_first_stands():
    roots = Roots(Posts(), 9)
    told = []
    for event in (REPOST, QUOTE, of("elsewhere", "quote", "quote", parent="elsewhere"), QUOTE):
        told += [link.target_content_id for link in roots.links(event)]
        roots.again()
    assert told == ["root", "root"]


def test_where_the_platform_says_what_a_post_quotes_the_parent_of_a_spread_stands_in_its_content_too():
    deep = of("root", "again", parent="quote")
    assert found(REPOST, deep) == found(deep, REPOST) == [("quote", "root")]
    assert found(REPOST, of("root", "again", parent="quote", basis="inferred")) == []


@pytest.mark.parametrize("platform", ["bluesky", "mastodon"])
def test_where_strangers_write_the_records_they_speak_for_their_own_acts_only(platform):
    mine = replace(REPOST, platform=platform)
    assert found(mine, of("junk", "mine", parent="quote", basis="exact", on=platform)) == []
    assert found(mine, replace(QUOTE, platform=platform)) == [("quote", "root")]


@pytest.mark.parametrize("platform", ["web", "tumblr"])
def test_pages_and_reblogs_are_not_linked(platform):
    assert found(replace(REPOST, platform=platform), replace(QUOTE, platform=platform)) == []


def test_only_what_came_up_last_is_remembered_and_reposts_push_no_quotation_out():
    crowd = [of("other", f"s{number}", parent="other") for number in range(50)]
    assert found(QUOTE, *crowd, REPOST, most=5) == [("quote", "root")]
    others = [of(f"r{number}", f"q{number}", "quote", parent=f"r{number}") for number in range(5)]
    assert found(QUOTE, *others, REPOST, most=5) == []
    assert found(QUOTE, *others[1:], REPOST, most=5) == [("quote", "root")]
    assert found(QUOTE, REPOST, most=0) == []


@pytest.mark.parametrize("again", [REPOST, QUOTE], ids=["reposted", "told again"])
def test_a_quotation_that_comes_up_again_is_remembered_for_longer(again):
    others = [of(f"r{number}", f"q{number}", "quote", parent=f"r{number}") for number in range(5)]
    roots = Roots(Posts(), 5)
    for event in (QUOTE, *others[:3], again, *others[3:]):
        roots.links(event)
    roots.again()
    assert [link.content_id for link in roots.links(REPOST)] == ["quote"]


def test_what_is_forgotten_is_told_again_when_it_comes_again():
    others = [of(f"r{number}", f"s{number}") for number in range(5)]
    assert found(QUOTE, REPOST, *others, QUOTE, REPOST, most=3) == [("quote", "root")] * 2


def test_what_was_known_for_a_root_hangs_below_its_quotation_after_the_merge():
    told = [REPOST, of("quote", "next", parent="repost", basis="exact", at=2), of("quote", "liked", "like"), QUOTE]
    wanted = expected([*told, *told], {"quote": "root"})
    assert {key[1]: row["depth"] for key, row in wanted["root"].items() if key[0] == "edges"} == {
        "quote": 1,
        "repost": 2,
        "next": 3,
    }
    for order in permutations(told):
        homeward, workers = Homeward(remembered=9), Workers(Topic())
        for event in homeward.mapped([*order, *order]):
            workers.topic.send(event)
        workers.settle()
        assert not differences(workers.shown(), wanted)

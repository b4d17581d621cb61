"""What each platform is asked, how its lists go on, and what comes of it: against servers that speak its protocol."""

from __future__ import annotations

import pytest
from support.polled.graph import Graph, stamp
from support.polled.linkedin import ORGANIZATION, SHARE, LinkedIn
from support.polled.pinterest import Pinterest
from support.polled.polling import polling
from support.polled.reddit import Reddit
from support.polled.server import Fault, serving
from support.polled.tumblr import Tumblr

from pipeline.metrics import Metric


@pytest.fixture
async def tumblr():
    server = Tumblr()
    async with serving(server):
        yield server


@pytest.fixture
async def reddit():
    server = Reddit()
    async with serving(server):
        yield server


@pytest.fixture
async def pinterest():
    server = Pinterest()
    async with serving(server):
        yield server


@pytest.fixture
async def linkedin():
    server = LinkedIn()
    async with serving(server):
        yield server


@pytest.fixture
async def graph():
    server = Graph()
    async with serving(server):
        yield server


def tumbling(server, **more):
    return polling(server, "tumblr", ["ann/1000"], api_key=server.token, **more)


def redditing(server, **more):
    own = {"client_id": "app", "client_secret": "app secret", "user_agent": "test:unusual:1 (by /u/ann)"}
    return polling(server, "reddit", ["t3_a1"], token_address=f"{server.url}/token", **own, **more)


def linking(server, **more):
    return polling(server, "linkedin", [SHARE], access_token=server.token, organization=ORGANIZATION, **more)


async def test_the_notes_of_tumblr_are_read_page_by_page_down_to_the_first(tumblr):
    tumblr.reblog(1001, "bo", "ann", 10)
    for number in range(2, 9):
        tumblr.reblog(1000 + number, f"b{number}", "bo", 10 * number)
    tumblr.reply("dee", 15)
    async with tumbling(tumblr) as poll:
        await poll.settled()
    first = ("tumblr:1001", "tumblr:1000", "bo", "tumblr:1000", "ann", "exact")
    shares = poll.facts("share")
    assert len(shares) == 8
    assert first in shares
    assert ("tumblr:1008", "tumblr:1000", "b8", None, "bo", "exact") in shares
    assert len(poll.facts("comment")) == 1
    assert poll.facts("post") == [("tumblr:1000", "tumblr:1000", "ann", None, None, "none")]
    assert poll.totals() == [("like", 0), ("share", 8)]


async def test_a_second_look_at_tumblr_reads_only_what_is_new(tumblr):
    for number in range(1, 8):
        tumblr.reblog(1000 + number, f"b{number}", "ann", 10 * number)
    async with tumbling(tumblr) as poll:
        await poll.settled()
        before, pages = len(poll.running.sender.entries), len(tumblr.of("/notes"))
        tumblr.reblog(1009, "b9", "b7", 500)
        await poll.look_again()
    assert poll.ids("share")[-1] == "tumblr:1009"
    assert len(tumblr.of("/notes")) - pages == 2  # one page of reblogs, one of the conversation
    told = poll.running.sender.entries[before:]
    assert len([one for one in told if one.topic == "share.events"]) == 2  # the reblog, and their number


async def test_single_likes_on_tumblr_are_read_when_they_are_wanted(tumblr):
    tumblr.like("dee", 5)
    async with tumbling(tumblr, likes=True) as poll:
        await poll.settled()
    assert poll.ids("like") == ["tumblr:like:1000:dee"]


async def test_notes_of_a_reblog_go_to_the_content_of_its_root(tumblr):
    tumblr.more = {"reblogged_from_id": "901", "reblogged_root_id": "900"}
    tumblr.reblog(1001, "bo", "ann", 10)
    async with tumbling(tumblr) as poll:
        await poll.settled()
        kept = poll.kept
    assert {event["content_id"] for event in poll.events} == {"tumblr:900"}
    assert kept["roots"] == {"ann/1000": "tumblr:900"}


async def test_reddit_gives_a_token_and_then_crossposts_with_their_audience_comments_and_totals(reddit):
    for number in range(1, 6):
        reddit.crosspost(f"t3_b{number}", f"p{number}", 10 * number, 100 * number)
    reddit.comment("t1_c1", "dee", 5)
    reddit.comment("t1_c2", "eve", 6, parent="t1_c1")
    async with redditing(reddit) as poll:
        await poll.settled()
    assert {(one["event_id"], one["audience_size"]) for one in poll.events if one["kind"] == "share"} == {
        (f"reddit:t3_b{number}", 100 * number) for number in range(1, 6)
    }
    assert {fact[3] for fact in poll.facts("comment")} == {"reddit:t3_a1", "reddit:t1_c1"}
    assert set(poll.totals()) == {("share", 5), ("comment", 2), ("like", 1)}
    assert reddit.tokens == 1


async def test_a_crosspost_that_was_deleted_is_retracted_though_no_list_has_it_any_more(reddit):
    reddit.crosspost("t3_b1", "bo", 10, 100)
    reddit.crosspost("t3_b2", "cy", 20, 100)
    async with redditing(reddit) as poll:
        await poll.settled()
        reddit.delete("t3_b1")
        await poll.look_again()
        await poll.look_again()
    (gone,) = [one for one in poll.events if one["kind"] == "retract"]
    assert (gone["target_event_id"], gone["content_id"]) == ("reddit:t3_b1", "reddit:t3_a1")


async def test_a_deleted_comment_is_retracted_whatever_its_age(reddit):
    reddit.comment("t1_c1", "dee", 5)
    reddit.comment("t1_c2", "eve", 50)
    async with redditing(reddit) as poll:
        await poll.settled()
        reddit.delete("t1_c1")
        await poll.look_again()
    assert [one["target_event_id"] for one in poll.events if one["kind"] == "retract"] == ["reddit:t1_c1"]


async def test_a_token_of_reddit_is_renewed_before_it_ends_and_when_it_is_not_taken_any_more(reddit):
    reddit.lasts_s = 200
    async with redditing(reddit) as poll:
        await poll.settled()
        await poll.look_again(150)
        assert reddit.tokens == 2
        reddit.tokens += 5  # theirs is another one now
        await poll.look_again()
        assert reddit.tokens == 8
    assert poll.running.counted(Metric.COLLECT_FAILURES) == 0


async def test_a_pin_tells_how_often_it_was_saved_and_only_when_that_changes(pinterest):
    pinterest.pin(500, save=3, reaction=1, impression=90)
    async with polling(pinterest, "pinterest", ["500"], access_token=pinterest.token) as poll:
        await poll.settled()
        await poll.look_again()
        pinterest.pin(500, save=4, reaction=1, impression=90)
        await poll.look_again()
    assert poll.totals() == [("share", 3), ("like", 1), ("view", 90), ("share", 4)]
    assert len(poll.ids("post")) == 1
    assert [one.status for one in pinterest.asked] == [200, 304, 200]


async def test_all_pins_of_an_account_come_in_pages_with_exact_parents(pinterest):
    for number in (500, 501, 502, 503):
        pinterest.pin(number, save=1)
    pinterest.pin(900, parent="501")
    async with polling(pinterest, "pinterest", ["account"], access_token=pinterest.token) as poll:
        await poll.settled()
    assert len(poll.ids("post")) == 4
    assert poll.facts("repin") == [("pinterest:900", "pinterest:501", "ann", "pinterest:501", None, "exact")]
    assert [one.query.get("bookmark") for one in pinterest.asked] == [None, "2", "4"]


async def test_a_pin_that_is_not_found_twice_is_retracted_once(pinterest):
    pinterest.pin(500, save=3)
    async with polling(pinterest, "pinterest", ["500"], access_token=pinterest.token, longest_s=600) as poll:
        await poll.settled()
        pinterest.pins.clear()
        for _ in range(4):
            await poll.look_again(700)
    (gone,) = [one for one in poll.events if one["kind"] == "retract"]
    assert (gone["target_event_id"], gone["attributes"]) == ("pinterest:500", {"right": "moderate"})


async def test_a_pin_that_was_missing_once_is_not_gone(pinterest):
    pinterest.pin(500, save=3)
    async with polling(pinterest, "pinterest", ["500"], access_token=pinterest.token) as poll:
        await poll.settled()
        for _ in range(2):
            pinterest.faults.append(Fault(404))
            await poll.look_again()
            await poll.look_again()
    assert not poll.ids("retract")


async def test_linkedin_tells_acts_and_the_posts_behind_shares_tell_through_whom_they_came(linkedin):
    linkedin.reshare("urn:li:share:7000100", "urn:li:person:Bo", 10, SHARE)
    linkedin.reshare("urn:li:share:7000101", "urn:li:person:Cy", 20, "urn:li:share:7000100")
    linkedin.notify("LIKE", 30, f"urn:li:like:(urn:li:person:Dee,{SHARE})")
    linkedin.statistics = {"shareCount": 2, "likeCount": 1, "clickCount": 7, "uniqueImpressionsCount": 9}
    async with linking(linkedin) as poll:
        await poll.settled()
    last = [fact for fact in poll.facts("share") if fact[0] == "linkedin:urn:li:share:7000101"]
    assert [(fact[3], fact[5]) for fact in last] == [
        (f"linkedin:{SHARE}", "root_only"),
        ("linkedin:urn:li:share:7000100", "exact"),
    ]
    assert {fact[1] for fact in poll.facts("share")} == {f"linkedin:{SHARE}"}
    assert poll.facts("like")[0][2] == "urn:li:person:Dee"
    assert set(poll.totals()) == {("share", 2), ("like", 1), ("click", 7)}


async def test_shares_on_linkedin_whose_posts_we_may_not_read_stay_with_the_original(linkedin):
    linkedin.may_read_posts = False
    linkedin.reshare("urn:li:share:7000100", "urn:li:person:Bo", 10, SHARE)
    async with linking(linkedin) as poll:
        await poll.settled()
        linkedin.notify("LIKE", 3600 * 3 - 5, f"urn:li:like:(urn:li:person:Dee,{SHARE})")
        await poll.look_again()
    assert [fact[5] for fact in poll.facts("share")] == ["root_only"]
    assert len(poll.facts("like")) == 1


async def test_more_notifications_than_a_page_are_all_read_and_none_twice(linkedin):
    for number in range(120):
        linkedin.notify("LIKE", 60 * number, f"urn:li:like:(urn:li:person:P{number},{SHARE})")
    async with linking(linkedin) as poll:
        await poll.settled()
        await poll.look_again()
    assert len(poll.ids("like")) == len(set(poll.ids("like"))) == 120
    assert [one.query["start"] for one in linkedin.of("Notifications")] == ["0", "50", "100", "0"]


async def test_threads_tells_replies_of_every_depth_and_totals(graph):
    root = {"root_post": {"id": "100"}, "username": "bo"}
    graph.nodes["100"] = {"id": "100", "username": "ann", "timestamp": stamp(0), "media_type": "TEXT_POST"}
    graph.add("100/conversation", 101, 10, replied_to={"id": "100"}, **root)
    for number in range(102, 106):
        graph.add("100/conversation", number, number, replied_to={"id": "101"}, **root)
    graph.metrics = {"views": 70, "reposts": 2, "quotes": 1}
    async with polling(graph, "threads", ["100"], access_token=graph.token) as poll:
        await poll.settled()
        graph.add("100/conversation", 110, 900, replied_to={"id": "105"}, **root)
        await poll.look_again()
    assert poll.ids("comment")[-1] == "threads:110"
    assert {fact[3] for fact in poll.facts("comment")} == {"threads:100", "threads:101", "threads:105"}
    assert len(poll.ids("comment")) == 6
    assert {("share", 3), ("view", 70)} <= set(poll.totals())
    assert poll.facts("post")[0][2] == "ann"


async def test_what_an_account_of_threads_reposts_and_quotes_is_told(graph):
    graph.add("me/threads", 201, 10, username="ann", media_type="REPOST_FACADE", reposted_post={"id": "100"})
    graph.add("me/threads", 202, 20, username="ann", media_type="TEXT_POST", quoted_post={"id": "100"})
    graph.add("me/threads", 203, 30, username="ann", media_type="TEXT_POST")
    async with polling(graph, "threads", ["me"], access_token=graph.token) as poll:
        await poll.settled()
    assert [fact[5] for fact in poll.facts("share") + poll.facts("quote")] == ["root_only", "exact"]
    assert poll.ids("post") == ["threads:203"]


async def test_instagram_tells_comments_with_their_replies_and_totals(graph):
    media = {"media": {"id": "300"}}
    reply = {"id": "402", "timestamp": stamp(50), "username": "eve", "parent_id": "401", **media}
    graph.add("300/comments", 401, 10, username="dee", replies={"data": [reply]}, **media)
    for number in range(403, 407):
        graph.add("300/comments", number, number, username="dee", **media)
    graph.metrics = {"shares": 5, "likes": 8}
    async with polling(graph, "instagram", ["300"], access_token=graph.token) as poll:
        await poll.settled()
        await poll.look_again()
    answered = {fact[0]: fact[3] for fact in poll.facts("comment")}
    assert len(answered) == len(poll.ids("comment")) == 6
    assert answered["instagram:402"] == "instagram:401"
    assert {("share", 5), ("like", 8)} <= set(poll.totals())

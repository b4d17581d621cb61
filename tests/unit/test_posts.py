"""Posts that are counted for another content: at the door, in the topic, on the command line."""

from types import SimpleNamespace

import pytest
from msgspec.structs import replace
from support.events import act

from pipeline.commands.content import _link, post_id
from pipeline.errors import UsageError
from pipeline.ingest.posts import Posts, _apply
from schemas.check import check
from schemas.posts import PostLink, encode
from schemas.wire import encode as encode_event

AT = 1_700_000_000_000_000


def linked(post, content):
    return PostLink(post=post, content_id=content, linked_us=AT)


def of(content, event):
    return replace(event, content_id=content)


def test_an_event_of_a_linked_post_goes_to_its_content_under_its_own_id():
    posts = Posts([linked("twitter:1", "film")])
    share = of("twitter:1", act("s", parent_event_id="twitter:1"))
    assert posts.at_home(share) == replace(share, content_id="film")


def test_other_events_are_left_as_they_are():
    event = act("s")
    assert Posts([linked("twitter:1", "film")]).at_home(event) is event


def test_a_chain_of_links_leads_to_its_end_and_a_ring_to_its_smallest_id():
    posts = Posts([linked("a", "b"), linked("b", "c"), linked("y", "x"), linked("x", "y")])
    assert posts.home("a") == "c"
    assert posts.home("x") == posts.home("y") == "x"


def test_totals_of_two_posts_are_kept_apart():
    posts = Posts([linked("a", "film"), linked("b", "film")])
    totals = [posts.at_home(of(post, act("k", "counter", counter_kind="view", count=1))) for post in "ab"]
    assert [total.parent_event_id for total in totals] == ["a", "b"]


def test_links_and_what_ends_them_stay_with_their_post():
    link = linked("a", "film")
    posts = Posts([link])
    for event in (link.link(), link.unlink(AT + 1)):
        assert posts.at_home(event) is event


def test_the_events_of_a_link_are_good_and_always_the_same():
    link = linked("a", "film")
    for event in (link.link(), link.unlink(AT + 1)):
        assert check(encode_event(event), AT // 1000 + 1) == event
    assert link.link() == linked("a", "film").link()
    assert link.link().event_id != linked("a", "other").link().event_id
    assert link.unlink(AT + 1).target_event_id == link.link().event_id


def test_what_the_topic_says_last_stands_and_what_cannot_be_read_is_passed_over():
    link, posts = linked("a", "film"), Posts()
    values = [
        (b"a", encode(linked("a", "old"))),
        (b"a", encode(link)),
        (b"b", b"{"),
        (b"b", encode(linked("b", "film"))),
        (b"b", None),
    ]
    records = [SimpleNamespace(key=key, value=value, topic="share.posts", offset=0) for key, value in values]
    _apply({"share.posts": records}, posts)
    assert list(posts) == [link]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("facebook:123_456", "facebook:123_456"),
        ("https://mobile.twitter.com/brand/status/789?s=20", "twitter:789"),
        ("https://www.youtube.com/watch?v=dQw4w9&feature=share", "youtube:dQw4w9"),
        ("https://www.pinterest.com/pin/42/", "pinterest:42"),
        ("http://www.example.org/film/?utm_source=x", "web:https://example.org/film"),
    ],
)
def test_a_post_is_named_by_its_id_or_its_address(text, name):
    assert post_id(text) == name


@pytest.mark.parametrize("text", ["", " ", "https://", "x" * 513])
def test_what_names_no_post_is_refused(text):
    with pytest.raises(UsageError):
        post_id(text)


def test_a_post_is_not_linked_twice_nor_to_what_is_linked_itself():
    known = Posts([linked("a", "film")])
    assert _link(known, "a", "film", AT + 5) == linked("a", "film")
    for post, content in (("a", "other"), ("b", "a"), ("b", "b")):
        with pytest.raises(UsageError):
            _link(known, post, content, AT)

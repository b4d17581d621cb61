"""What blogs, feeds and news pages mean."""

from __future__ import annotations

import pytest
from support.platform_samples.webmention import SOURCE, TARGET, page
from support.platforms import NOW, mapped, one, short, told, totals

from pipeline.ingest.platforms import REGISTRY, UnknownShapeError
from pipeline.ingest.platforms.webmention import Link, asked

FILM, BLOG, ANN = f"web:{TARGET}", f"web:{SOURCE}", "https://ann.example/"
DECODE = REGISTRY["webmention"].decode
PINGBACK = f"""<?xml version="1.0"?><methodCall><methodName>pingback.ping</methodName><params>
<param><value><string>{SOURCE}</string></value></param><param><value>{TARGET}</value></param></params></methodCall>"""


@pytest.mark.parametrize(
    ("sample", "kind", "parent", "basis"),
    [
        ("repost", "share", FILM, "root_only"),
        ("quotation", "quote", FILM, "exact"),
        ("reply", "comment", FILM, "exact"),
        ("like", "like", FILM, "exact"),
        ("bookmark", "mention", None, "none"),
        ("mention", "mention", None, "none"),
    ],
)
def test_a_pages_microformats_decide_what_its_link_is(sample, kind, parent, basis):
    found = one("webmention", sample)
    assert short(found) == (kind, BLOG, FILM, ANN, parent, basis)
    assert found.occurred_at.isoformat() == "2024-03-01T09:00:00+00:00"


def test_a_link_without_microformats_is_a_mention_by_the_site_when_it_was_received():
    found = one("webmention", "no microformats")
    assert short(found)[:4] == ("mention", "web:https://bo.example/x", FILM, "bo.example")
    assert found.occurred_at == NOW


def test_a_repost_of_a_repost_belongs_to_the_original():
    second = page("repost-of") | {"source": "https://cy.example/1", "target": SOURCE}
    second["mf2"]["items"][0]["properties"]["repost-of"] = [SOURCE]
    found = one("webmention", second, contents={BLOG: FILM})
    assert (found.kind, found.content_id, found.parent_event_id) == ("share", FILM, BLOG)


@pytest.mark.parametrize("sample", ["gone", "links no more"])
def test_a_page_that_is_gone_or_links_no_more_retracts_whoever_wrote_it(sample):
    found = one("webmention", sample)
    assert (found.kind, found.target_event_id, found.content_id) == ("retract", BLOG, FILM)
    assert found.attributes == {"right": "moderate"}


def test_microformats_of_any_form_are_passed_over_and_never_refused():
    for mf2 in (
        {},
        {"items": 5},
        {"items": [5, {"properties": []}, {"type": "h-entry", "properties": {}}]},
        {"items": [{"children": [{}]}]},
    ):
        assert one("webmention", page() | {"mf2": mf2}).kind == "mention"
    odd = page("like-of")
    odd["mf2"]["items"][0]["properties"] |= {
        "author": [5, {"properties": []}],
        "published": [None, "soon"],
        "repost-of": ["http://["],
    }
    assert short(one("webmention", odd))[:4] == ("like", BLOG, FILM, "ann.example")


def test_an_entry_within_a_feed_of_the_page_is_found():
    inner = page("repost-of")["mf2"]["items"][0]
    found = one(
        "webmention", page() | {"mf2": {"items": [{"type": ["h-feed"], "properties": {}, "children": [inner]}]}}
    )
    assert found.kind == "share"


def test_posts_of_webmention_io_are_read():
    answer = mapped("webmention", "webmention.io")
    assert [short(event)[:4] for event in answer.events] == [("share", BLOG, FILM, ANN), ("like", BLOG, FILM, ANN)]
    assert answer.ignored == ("a relation that spreads nothing",)
    # A time without its offset is no time; the next best is when it came.
    assert [event.occurred_at.isoformat() for event in answer.events] == [NOW.isoformat(), "2024-03-01T11:00:00+00:00"]


def test_the_three_protocols_ask_for_a_page():
    form = DECODE(f"source={SOURCE}&target={TARGET}".encode(), "application/x-www-form-urlencoded; charset=utf-8")
    assert asked(form) == Link(SOURCE, TARGET, "webmention")
    trackback = DECODE(f"url={SOURCE}&title=One".encode(), "application/x-www-form-urlencoded")
    assert asked(trackback, TARGET) == Link(SOURCE, TARGET, "trackback")
    assert asked(DECODE(PINGBACK.encode(), "text/xml")) == Link(SOURCE, TARGET, "pingback")


@pytest.mark.parametrize(
    "payload",
    [
        {"source": "file:///etc/passwd", "target": TARGET},
        {"source": SOURCE, "target": "gopher://x/"},
        {"url": SOURCE},
        {"title": "nothing"},
        5,
        {"name": "methodCall", "children": [{"name": "methodName", "text": "system.listMethods"}]},
        {"name": "methodCall", "children": [{"name": "methodName", "text": "pingback.ping"}]},
    ],
)
def test_a_request_that_asks_for_no_page_is_refused(payload):
    with pytest.raises(UnknownShapeError):
        asked(payload)


def test_an_entry_of_a_feed_is_a_content_named_by_its_address():
    posted, counter, *_ = mapped("feeds", "atom").events
    assert short(posted) == (
        "post",
        "web:https://ann.example/1",
        "web:https://ann.example/1",
        "ann.example",
        None,
        "none",
    )
    assert posted.occurred_at.isoformat() == "2024-03-01T09:00:00+00:00"
    assert totals([counter]) == {"comment": 3}


def test_an_entry_that_names_what_it_came_from_or_answers_has_an_exact_parent():
    share, comment = mapped("feeds", "atom").events[2:]
    nine = "web:https://bo.example/9"
    assert short(share) == ("share", "web:https://ann.example/2", nine, "ann.example", nine, "exact")
    assert short(comment) == ("comment", "web:https://ann.example/3", nine, "ann.example", nine, "exact")


def test_a_deleted_entry_is_undone_by_the_id_that_its_event_carries():
    answer = mapped("feeds", "atom")
    (undo,) = answer.undos
    assert undo.target_event_id == answer.events[2].attributes["local_id"]
    assert undo.actor_id is None


def test_rss_is_read_in_its_two_shapes_and_bad_dates_are_no_reason_to_refuse():
    nine, _, ten = told("feeds", "rss")
    assert (nine.event_id, nine.occurred_at.isoformat()) == ("web:https://bo.example/9", "2024-03-01T09:00:00+00:00")
    assert (ten.event_id, ten.occurred_at) == ("web:https://bo.example/10", NOW)
    assert one("feeds", "rdf").occurred_at.isoformat() == "2004-03-01T09:00:00+00:00"


def test_a_chain_of_tokens_is_exact_from_the_first_share_to_the_last_click():
    share, view, copy, click = told("news", "beacons")
    story = "web:https://news.example/story"
    assert short(share) == ("share", "web:token:t1", story, "visitor:t1", story, "exact")
    assert (view.kind, view.parent_event_id) == ("view", share.event_id)
    assert (copy.kind, copy.parent_event_id, copy.actor_id) == ("share", share.event_id, view.actor_id)
    assert (click.kind, click.parent_event_id) == ("click", copy.event_id)
    assert view.attributes == {"channel": "chat", "utm_medium": "social"}


def test_a_row_of_the_upworthy_archive_is_a_package_with_its_totals():
    posted, *counters = told("news", "archive")
    assert posted.occurred_at.isoformat() == "2014-11-20T06:43:16.005000+00:00"
    assert totals(counters) == {"view": 3052, "click": 150}

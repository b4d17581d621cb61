"""What Instagram's payloads mean."""

from __future__ import annotations

from support.platform_samples.instagram import ACCOUNT, MEDIA
from support.platforms import mapped, one, short, told, totals

CONTENT = f"instagram:{MEDIA}"


def test_a_comment_hangs_on_its_medium_and_an_answer_on_the_comment():
    assert short(one("instagram", "comment")) == ("comment", "instagram:701", CONTENT, "661", CONTENT, "exact")
    assert one("instagram", "answer").parent_event_id == "instagram:701"


def test_a_comment_on_an_advertisement_made_of_a_post_belongs_to_the_post():
    assert one("instagram", "comment on an advertisement").content_id == CONTENT


def test_both_envelopes_are_read():
    assert short(one("instagram", "login envelope"))[1:4] == ("instagram:704", CONTENT, "661")


def test_a_comment_without_its_medium_is_ignored_and_one_without_its_person_counts():
    assert mapped("instagram", "old comment").ignored == ("a comment that does not tell its medium",)
    assert one("instagram", "comment of nobody").actor_id == "anonymous:instagram:705"


def test_a_mention_addresses_the_account():
    found = one("instagram", "mention")
    assert (found.content_id, found.parent_actor_id) == ("instagram:17890077", ACCOUNT)


def test_insights_are_totals_where_shares_and_reposts_add_up_and_views_replace_impressions():
    events = told("instagram", "insights")
    assert totals(events) == {"share": 7, "view": 900}
    assert {event.content_id for event in events} == {CONTENT}
    assert totals(told("instagram", "story")) == {"view": 444, "comment": 3}


def test_metrics_that_are_not_counted_are_ignored():
    assert mapped("instagram", "reach alone").ignored == ("metrics that are not counted",)
    assert mapped("instagram", "private message").ignored == ("a private message",)


def test_polled_comments_have_iso_times():
    found = one("instagram", "comments polled")
    assert (found.actor_id, found.occurred_at.isoformat()) == ("bo", "2018-04-24T08:14:12+00:00")

"""What Threads, Tumblr, Reddit, YouTube and TikTok tell."""

from __future__ import annotations

from support.platforms import NOW, mapped, one, short, told, totals


def test_threads_replies_are_comments_on_the_root():
    found = one("threads", "reply")
    assert short(found) == ("comment", "threads:8901", "threads:123456", "ann.example", "threads:567890", "exact")


def test_threads_reposts_name_the_original_only_and_quotes_are_exact():
    posted, repost, quote = told("threads", "media")
    assert short(posted) == ("post", "threads:8904", "threads:8904", "ann.example", None, "none")
    assert short(repost)[2:] == ("threads:123456", "ann.example", "threads:123456", "root_only")
    assert short(quote)[2:] == ("threads:123456", "ann.example", "threads:123456", "exact")


def test_threads_deletions_do_not_tell_the_content():
    (undo,) = mapped("threads", "delete").undos
    assert (undo.target_event_id, undo.actor_id) == (one("threads", "publish").event_id, None)


def test_threads_mentions_address_the_account_and_insights_are_totals():
    assert one("threads", "mention").parent_actor_id == "78901"
    assert totals(told("threads", "insights")) == {"like": 2, "comment": 2, "share": 6, "view": 2}


def test_notes_of_tumblr_are_the_cascade_with_blogs_as_parents():
    later, first, like, reply, posted = told("tumblr", "notes")
    assert (later.kind, later.event_id, later.content_id, later.actor_id) == (
        "share",
        "tumblr:1002",
        "tumblr:1000",
        "cy",
    )
    assert (later.parent_event_id, later.parent_actor_id, later.parent_basis) == (None, "bo", "exact")
    assert (first.parent_event_id, first.parent_actor_id) == ("tumblr:1000", "ann")
    assert [event.kind for event in (like, reply, posted)] == ["like", "comment", "post"]
    assert posted.event_id == "tumblr:1000"


def test_the_conversation_of_tumblr_tells_how_many_likes_and_reblogs_there_are():
    reply, *counters = told("tumblr", "totals")
    assert (reply.kind, totals(counters)) == ("comment", {"like": 40, "share": 7})
    assert {event.content_id for event in counters} == {"tumblr:1000"}
    of_a_reblog = told("tumblr", "totals", contents={"tumblr:1000": "tumblr:900"})
    assert {event.content_id for event in of_a_reblog} == {"tumblr:900"}


def test_notes_of_a_reblog_belong_to_the_root_where_it_was_seen():
    events = told("tumblr", "notes", contents={"tumblr:1000": "tumblr:900"})
    assert {event.content_id for event in events} == {"tumblr:900"}
    assert events[1].parent_event_id == "tumblr:1000"


def test_posts_of_tumblr_name_root_and_parent_unless_the_trail_is_broken():
    facts = [(event.kind, event.content_id, event.parent_event_id) for event in told("tumblr", "posts")]
    assert facts == [
        ("post", "tumblr:1003", None),
        ("share", "tumblr:1000", "tumblr:1002"),
        ("share", "tumblr:1000", "tumblr:1002"),
        ("share", "tumblr:1002", "tumblr:1002"),
        ("share", "tumblr:1000", "tumblr:1002"),
    ]


def test_notifications_of_tumblr_tell_the_same_likes_as_its_notes():
    answer = mapped("tumblr", "notifications")
    assert answer.events[0].event_id == told("tumblr", "notes")[2].event_id
    assert [event.kind for event in answer.events] == ["like", "share", "comment", "mention"]
    assert answer.ignored == ("not about a post",)


def test_a_crosspost_names_the_original_and_reaches_the_subreddits_audience():
    found = one("reddit", "crosspost")
    assert short(found) == ("share", "reddit:t3_b1", "reddit:t3_a1", "ann", "reddit:t3_a1", "root_only")
    assert found.audience_size == 5000


def test_a_crosspost_whose_parent_is_itself_one_is_exact():
    assert short(one("reddit", "crosspost of a crosspost"))[2:] == ("reddit:t3_a1", "ann", "reddit:t3_b1", "exact")


def test_what_reddit_shows_as_deleted_or_removed_is_retracted():
    for sample, target in (("deleted crosspost", "t3_b1"), ("removed", "t3_a1"), ("deleted comment", "t1_x1")):
        found = one("reddit", sample)
        assert (found.kind, found.target_event_id, found.content_id) == ("retract", f"reddit:{target}", "reddit:t3_a1")
        assert found.attributes["right"] == "moderate"


def test_more_votes_against_than_for_are_no_likes():
    assert totals(told("reddit", "submission")) == {"share": 1, "comment": 3, "like": 12}
    assert totals(told("reddit", "downvoted")) == {"share": 1, "comment": 3}


def test_replies_within_comments_are_found():
    answer = mapped("reddit", "comments")
    assert [short(event)[1:5:3] for event in answer.events if event.kind == "comment"] == [
        ("reddit:t1_x1", "reddit:t3_a1"),
        ("reddit:t1_x2", "reddit:t1_x1"),
    ]
    assert answer.ignored == ("comments that were left out",)


def test_an_upload_to_youtube_is_a_content_and_its_deletion_retracts_it():
    posted, gone = one("youtube", "push"), one("youtube", "deleted")
    assert short(posted) == ("post", "youtube:VID1", "youtube:VID1", "CH1", None, "none")
    assert (gone.kind, gone.target_event_id, gone.content_id) == ("retract", posted.event_id, posted.content_id)


def test_comments_on_youtube_have_their_replies_and_shares_are_totals_over_all_services():
    comment, reply = told("youtube", "threads")
    assert short(comment)[1:5] == ("youtube:C1", "youtube:VID1", "CH2", "youtube:VID1")
    assert (reply.parent_event_id, reply.actor_id) == ("youtube:C1", "anonymous:youtube:C1.r1")
    assert [event.count for event in told("youtube", "shares")] == [7, 1]
    posted, *counters = told("youtube", "videos")
    assert (short(posted), totals(counters)) == (short(one("youtube", "push")), {"view": 900, "like": 70, "comment": 5})
    assert [
        event.kind for event in told("youtube", {"kind": "youtube#video", "id": "V", "statistics": {"viewCount": "1"}})
    ] == ["counter"]
    assert one("youtube", "subscriptions").content_id == "account:youtube:CH1"


def test_webhooks_of_tiktok_tell_of_nothing_that_spreads():
    assert (
        mapped("tiktok", "webhook").ignored
        == mapped("tiktok", "revoked").ignored
        == ("a notice about an upload or a permission",)
    )


def test_a_repost_on_tiktok_is_by_the_user_asked_for_when_it_was_first_seen():
    found = one("tiktok", "reposts")
    video = "tiktok:7000000000000000001"
    assert short(found) == ("share", "tiktok:repost:7000000000000000001:bo", video, "bo", video, "root_only")
    assert found.occurred_at == NOW
    assert totals(told("tiktok", "videos")) == {"share": 7, "like": 90, "comment": 8, "view": 1000}


def test_comments_on_tiktok_answer_the_video_or_a_comment():
    first, answer = told("tiktok", "comments")
    assert first.parent_event_id == "tiktok:7000000000000000001"
    assert answer.parent_event_id == first.event_id

"""What X's payloads mean."""

from __future__ import annotations

from support.platform_samples.twitter import ANN, BO, ME, QUOTE, ROOT, event, post, refers, status
from support.platforms import mapped, one, short, told

CONTENT = f"twitter:{ROOT}"


def test_a_post_is_a_content_with_its_authors_audience():
    found = one("twitter", "post")
    assert short(found) == ("post", CONTENT, CONTENT, ME, None, "none")
    assert (found.audience_size, found.attributes) == (5502, {"language": "en", "actor_name": "user1"})


def test_a_repost_names_the_original_only():
    found = one("twitter", "repost")
    assert short(found) == ("share", "twitter:1900000000000000010", CONTENT, ANN, CONTENT, "root_only")
    assert found.audience_size is None
    assert "rt_chain" not in found.attributes


def test_a_quote_is_a_spread_with_an_exact_parent():
    assert short(one("twitter", "quote")) == ("quote", f"twitter:{QUOTE}", CONTENT, BO, CONTENT, "exact")


def test_a_repost_of_a_quote_belongs_to_what_is_quoted_and_hangs_on_the_quote():
    expected = (CONTENT, f"twitter:{QUOTE}", "root_only")
    for sample in ("repost of a quote", "v1 repost of a quote"):
        found = one("twitter", sample)
        assert found.kind == "share"
        assert (found.content_id, found.parent_event_id, found.parent_basis) == expected


def test_a_chain_that_the_payload_does_not_tell_is_known_from_what_was_seen():
    seen = {f"twitter:{QUOTE}": CONTENT}
    found = one(
        "twitter", event("post.repost.create", post("1900000000000000015", **refers("retweeted", QUOTE))), contents=seen
    )
    assert (found.content_id, found.parent_event_id) == (CONTENT, f"twitter:{QUOTE}")


def test_a_ring_of_quotes_has_an_end():
    ring = [post("1", **refers("quoted", "2")), post("2", **refers("quoted", "1"))]
    found = one("twitter", event("post.repost.create", post("3", **refers("retweeted", "1")), {"tweets": ring}))
    assert found.content_id in {"twitter:1", "twitter:2"}


def test_a_reply_is_a_comment_on_the_conversation_addressed_to_whom_it_answers():
    found = one("twitter", "reply")
    parent = "twitter:1900000000000000005"
    assert short(found) == ("comment", "twitter:1900000000000000012", CONTENT, ANN, parent, "exact")
    assert found.parent_actor_id == BO


def test_a_mention_addresses_a_person_within_the_post():
    posted, mention = told("twitter", "mention")
    assert posted.kind == "post"
    assert (mention.kind, mention.content_id, mention.parent_actor_id) == ("mention", posted.content_id, ME)
    assert posted.audience_size == 97


def test_an_outbound_like_is_by_the_subscriber_though_the_included_user_is_the_author():
    assert one("twitter", "like by me").actor_id == ME
    assert one("twitter", "like of mine").actor_id == ANN
    assert short(one("twitter", "like by me")) == ("like", "twitter:like:aa11", CONTENT, ME, CONTENT, "exact")


def test_a_follow_and_its_undo_name_the_same_act():
    follow, unfollow = one("twitter", "follow"), one("twitter", "unfollow")
    assert (follow.content_id, follow.audience_size) == (f"account:twitter:{ME}", 55)
    assert (unfollow.kind, unfollow.target_event_id) == ("retract", follow.event_id)


def test_a_deletion_does_not_tell_the_content():
    for sample, actor in (("delete", ANN), ("aaa delete", BO), ("v1 stream", BO)):
        (undo,) = mapped("twitter", sample).undos
        assert undo.actor_id == actor
    assert undo.target_event_id == "twitter:1900000000000000021"


def test_the_text_of_an_id_stands_where_the_number_has_lost_its_end():
    posted, repost = told("twitter", "aaa")
    assert posted.event_id == CONTENT
    assert short(repost) == ("share", "twitter:1900000000000000021", CONTENT, BO, CONTENT, "root_only")
    assert repost.audience_size == 9


def test_v1_times_are_read_whatever_the_machines_language_is():
    assert one("twitter", "v1 quote").occurred_at.isoformat() == "2026-08-12T18:10:00+00:00"
    assert one("twitter", "aaa like").occurred_at.isoformat() == "2026-08-12T18:11:00+00:00"


def test_retweets_written_by_hand_leave_a_hint_and_no_guess():
    found = one("twitter", "v1 chain in the text")
    assert (found.kind, found.parent_basis) == ("post", "none")
    assert found.attributes["rt_chain"] == "bo,ann"


def test_only_what_others_may_come_through_tells_its_authors_handle():
    assert one("twitter", "v1 quote").attributes["actor_name"] == "bo"
    assert one("twitter", "v1 repost of a quote").attributes["actor_name"] == "ann"
    posted, mention = told("twitter", "mention")
    assert posted.attributes["actor_name"] == "user2"
    assert "actor_name" not in mention.attributes
    assert all("actor_name" not in event.attributes for event in told("twitter", "v1 reply"))
    assert "actor_name" not in one("twitter", "like of mine").attributes


def test_a_handle_that_the_payload_leaves_out_is_not_made_up():
    assert "actor_name" not in one("twitter", "repost").attributes
    assert "actor_name" not in one("twitter", status(ROOT, user={"id_str": ANN})).attributes


def test_search_answers_are_taken_apart():
    assert [found.kind for found in told("twitter", "v2 search")] == ["post", "quote"]
    assert [found.kind for found in told("twitter", "aaa follow")] == ["follow", "retract"]


def test_one_unknown_event_does_not_take_its_neighbours_along():
    answer = mapped("twitter", {"for_user_id": ME, "hologram_events": [{}], "direct_message_events": [{}]})
    assert len(answer.refused) == 1
    assert answer.ignored == ("not about a post",)


def test_what_is_not_ours_is_told_apart():
    assert mapped("twitter", "profile").ignored == ("not about a post",)
    assert mapped("twitter", "aaa message").ignored == ("not about a post",)

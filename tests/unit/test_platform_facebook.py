"""What Facebook's payloads mean."""

from __future__ import annotations

from support.platform_samples.facebook import POST, change
from support.platforms import mapped, one, short, told, totals

CONTENT = f"facebook:{POST}"
LIKE = f"facebook:like:{POST}:5511"


def test_a_post_of_the_page_is_a_content():
    assert short(one("facebook", "post")) == ("post", CONTENT, CONTENT, "880011", None, "none")


def test_a_shared_link_is_the_pages_own_post_and_no_strangers_share():
    event = one("facebook", "link")
    assert short(event) == ("post", "facebook:880011_7002", "facebook:880011_7002", "880011", None, "none")
    assert event.attributes["url"] == "https://film.example/spring?utm_source=fb"


def test_a_comment_hangs_on_the_post_and_an_answer_on_the_comment():
    assert short(one("facebook", "comment")) == ("comment", "facebook:7001_1", CONTENT, "5511", CONTENT, "exact")
    assert short(one("facebook", "answer")) == (
        "comment",
        "facebook:7001_2",
        CONTENT,
        "5512",
        "facebook:7001_1",
        "exact",
    )


def test_ids_are_the_same_as_texts_and_as_numbers_in_old_and_new_shapes():
    assert one("facebook", "old like") == one("facebook", "old like")
    assert one("facebook", "old like").event_id == one("facebook", "reaction").event_id == LIKE


def test_a_reaction_taken_back_retracts_the_like_of_that_person():
    event = one("facebook", "reaction removed")
    assert (event.kind, event.target_event_id, event.content_id, event.actor_id) == ("retract", LIKE, CONTENT, "5511")


def test_a_comment_and_a_post_that_are_gone_are_retracted():
    assert one("facebook", "comment removed").target_event_id == "facebook:7001_1"
    assert one("facebook", "post removed").target_event_id == CONTENT


def test_times_are_seconds_and_a_removal_has_that_of_its_delivery():
    assert one("facebook", "comment").occurred_at.isoformat() == "2023-11-14T22:13:30+00:00"
    assert one("facebook", "comment removed").occurred_at.isoformat() == "2023-11-14T22:15:00+00:00"


def test_a_person_who_is_left_out_counts_under_a_name_of_this_act_alone():
    event = one("facebook", "like of nobody")
    assert event.actor_id == f"anonymous:{event.event_id}"
    assert one("facebook", "like of nobody") == event
    other = one("facebook", change({"item": "like", "verb": "add", "post_id": POST, "created_time": 1700000022}))
    assert other.event_id != event.event_id


def test_what_is_not_ours_is_told_apart_from_what_is_unknown():
    assert mapped("facebook", "like of a comment").ignored == ("a reaction to a comment",)
    assert mapped("facebook", "reaction changed").ignored == ("an edit, or hidden from view",)
    assert mapped("facebook", "unpublished").ignored == ("a post that is not published",)
    assert mapped("facebook", "review").ignored == ("not about a post of the Page",)
    assert mapped("facebook", "private message").ignored == ("a private message",)


def test_a_mention_addresses_the_page():
    event = one("facebook", "mention")
    assert (event.kind, event.content_id, event.parent_actor_id) == ("mention", "facebook:9_1", "880011")


def test_a_polled_post_tells_its_totals_and_the_shares_that_may_be_seen():
    events = told("facebook", "polled")
    assert totals(events) == {"share": 3, "like": 12, "comment": 2}
    assert [short(event) for event in events[3:]] == [
        ("share", "facebook:5511_81", CONTENT, "5511", CONTENT, "root_only"),
        ("share", "facebook:77_82", CONTENT, "anonymous:facebook:77_82", CONTENT, "root_only"),
    ]


def test_one_unknown_change_does_not_take_its_neighbours_along():
    payload = change({"item": "status", "verb": "add", "post_id": POST, "from": {"id": 1}, "created_time": 1700000000})
    odd = change({"item": "hologram", "verb": "add"})
    payload["entry"][0]["changes"] += odd["entry"][0]["changes"]
    answer = mapped("facebook", payload)
    assert [event.kind for event in answer.events] == ["post"]
    assert answer.refused[0].payload == odd
    assert "hologram" in answer.refused[0].error.detail


def test_a_followed_audience_is_looked_up():
    assert one("facebook", "post", audiences={"880011": 12345}).audience_size == 12345

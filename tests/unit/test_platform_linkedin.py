"""What LinkedIn's payloads mean."""

from __future__ import annotations

from support.platform_samples.linkedin import ANN, COMMENT, ORGANISATION, SHARE, SHORT_COMMENT, notification, sent
from support.platforms import mapped, one, short, told, totals

CONTENT = f"linkedin:{SHARE}"


def test_a_notified_share_names_the_original_only():
    found = one("linkedin", "share")
    assert short(found) == ("share", "linkedin:urn:li:share:7000100", CONTENT, ANN, CONTENT, "root_only")
    assert found.occurred_at.isoformat() == "2026-05-28T20:26:40+00:00"


def test_the_posts_api_names_the_exact_parent_and_the_root():
    posted, share = mapped("linkedin", "posts").events
    assert short(posted) == ("post", CONTENT, CONTENT, ORGANISATION, None, "none")
    assert short(share) == (
        "share",
        "linkedin:urn:li:share:7000200",
        CONTENT,
        ANN,
        "linkedin:urn:li:share:7000100",
        "exact",
    )
    assert mapped("linkedin", "posts").ignored == ("a post that is not published",)


def test_a_comment_is_the_same_in_both_ways_of_writing_its_urn():
    assert one("linkedin", "comment").event_id == one("linkedin", "back-fill").event_id == f"linkedin:{COMMENT}"
    assert one("linkedin", "comment").actor_id == ANN


def test_a_comment_and_a_like_hang_on_the_post_and_an_answer_on_the_comment():
    for sample in ("comment", "like"):
        assert short(one("linkedin", sample))[2:] == (CONTENT, ANN, CONTENT, "exact")
    answer = {"entity": "urn:li:comment:(urn:li:activity:7000002,8)", "owner": ANN, "parentComment": SHORT_COMMENT}
    payload = sent(notification("COMMENT", decoratedGeneratedActivity={"comment": answer}))
    assert one("linkedin", payload).parent_event_id == f"linkedin:{COMMENT}"


def test_a_deleted_comment_is_retracted_where_its_post_is_told_and_else_undone():
    retraction = one("linkedin", "comment gone")
    assert (retraction.target_event_id, retraction.content_id) == (f"linkedin:{COMMENT}", CONTENT)
    (undo,) = mapped("linkedin", "comment gone, bare").undos
    assert (undo.target_event_id, undo.actor_id) == (retraction.target_event_id, None)


def test_who_likes_is_known_from_the_urn_or_not_at_all():
    assert one("linkedin", "like").actor_id == ANN
    found = one("linkedin", "like of nobody")
    assert found.actor_id == f"anonymous:{found.event_id}"


def test_a_mention_addresses_the_organisation():
    assert one("linkedin", "mention").parent_actor_id == ORGANISATION


def test_share_statistics_are_the_totals_of_each_post_and_not_those_of_all_together():
    answer = mapped("linkedin", "statistics")
    assert totals(answer.events) == {"share": 4, "like": 30, "comment": 5, "click": 60, "view": 900}
    assert {event.content_id for event in answer.events} == {CONTENT}
    assert answer.ignored == ("totals of all posts together",)


def test_notifications_stand_alone():
    good, odd = notification("LIKE", generatedActivity="urn:li:activity:1"), notification("WAVE")
    answer = mapped("linkedin", sent(odd, good))
    assert [found.kind for found in answer.events] == ["like"]
    assert answer.refused[0].payload == sent(odd)
    assert mapped("linkedin", "edit").ignored == ("an edit",)


def test_seconds_where_milliseconds_belong_are_refused():
    (refusal,) = mapped("linkedin", sent(notification("LIKE", lastModifiedAt=1780000000))).refused
    assert refusal.error.reason == "too_old"


def test_a_list_is_taken_apart():
    assert len(told("linkedin", sent(*[notification("LIKE", notificationId=number) for number in (1, 2, 3)]))) == 3

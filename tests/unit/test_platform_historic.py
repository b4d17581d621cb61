"""What the archives of Google+ and Myspace mean."""

from __future__ import annotations

from support.platforms import mapped, one, short, told, totals

NOTE = "tag:myspace.example,2009:/Note"
ANN, BO = "tag:myspace.example,2009:/Person/11", "tag:myspace.example,2009:/Person/12"
PLUS = "googleplus:users/2001/posts/p1"


def test_an_activity_of_google_plus_is_a_content_with_its_totals():
    posted, *rest = told("googleplus", "activities")
    assert short(posted) == ("post", "googleplus:z1", "googleplus:z1", "1001", None, "none")
    assert totals(rest) == {"share": 1, "like": 44, "comment": 16}


def test_a_reshare_names_the_original_and_its_totals_overwrite_none():
    share, comment = told("googleplus", "activities")[-2:]
    assert short(share) == ("share", "googleplus:z2", "googleplus:z1", "1001", "googleplus:z1", "root_only")
    assert short(comment) == ("comment", "googleplus:z1#c1", "googleplus:z1", "1002", "googleplus:z1", "exact")


def test_takeout_tells_who_but_not_when_so_these_are_totals():
    posted, *rest = told("googleplus", "takeout")
    assert short(posted) == ("post", PLUS, PLUS, "users/2001", None, "none")
    assert posted.occurred_at.isoformat() == "2014-09-08T19:17:41+00:00"
    assert totals(rest) == {"share": 1, "like": 2}
    assert short(rest[-1]) == ("comment", f"{PLUS}/comments/c9", PLUS, "users/2004", PLUS, "exact")


def test_a_reshare_in_takeout_belongs_to_the_original_with_the_comments_on_it():
    share, comment = told("googleplus", "takeout reshare")
    assert short(share) == ("share", "googleplus:users/2002/posts/p2", PLUS, "users/2002", PLUS, "root_only")
    assert (comment.content_id, comment.parent_event_id) == (PLUS, share.event_id)


def test_an_activity_of_myspace_is_named_by_its_object_not_by_the_entry():
    events = mapped("myspace", "all").events
    root = f"myspace:{NOTE}/1"
    assert [short(event) for event in events[:4]] == [
        ("post", root, root, ANN, None, "none"),
        ("comment", f"myspace:{NOTE}/2", root, ANN, root, "exact"),
        ("share", "myspace:tag:myspace.example,2009:/Activity/3", root, BO, root, "root_only"),
        ("like", f"myspace:like:{NOTE}/1:{ANN}", root, ANN, root, "exact"),
    ]
    assert (events[4].kind, events[4].content_id) == ("follow", f"account:myspace:{BO}")
    assert mapped("myspace", "all").ignored == ("an activity that spreads nothing",)


def test_a_feed_without_activities_is_told_too():
    feed = {"name": "http://www.w3.org/2005/Atom feed", "children": []}
    assert mapped("myspace", feed).ignored == ("an empty list",)


def test_a_person_may_be_a_number():
    assert (
        one(
            "googleplus",
            {
                "kind": "plus#comment",
                "id": "c",
                "published": "2014-09-08T22:00:00Z",
                "actor": {"id": 1},
                "inReplyTo": [{"id": "z"}],
            },
        ).actor_id
        == "1"
    )

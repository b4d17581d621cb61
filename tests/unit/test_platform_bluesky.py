"""What Jetstream's events mean."""

from __future__ import annotations

from support.platform_samples.bluesky import ANN, BO, CY, REPOST, ROOT, commit, post, ref
from support.platforms import mapped, one, short, told

CONTENT, VIA = f"bluesky:{ROOT}", f"bluesky:{REPOST}"


def test_via_names_the_repost_that_a_repost_came_through_and_its_actor():
    found = one("bluesky", "repost via")
    act = f"bluesky:at://{CY}/app.bsky.feed.repost/3cyy"
    assert short(found) == ("share", act, CONTENT, CY, VIA, "exact")
    assert found.parent_actor_id == BO


def test_without_via_only_the_original_is_known():
    assert short(one("bluesky", "repost")) == ("share", VIA, CONTENT, BO, CONTENT, "root_only")
    assert one("bluesky", "repost").parent_actor_id is None


def test_both_wires_tell_the_same():
    assert one("bluesky", "second wire") == one("bluesky", "repost via")


def test_a_like_through_a_repost_is_made_on_it():
    assert short(one("bluesky", "like via"))[2:] == (CONTENT, CY, VIA, "exact")
    assert mapped("bluesky", "like of a feed").ignored == ("an act on a feed or list",)


def test_quotes_are_found_in_both_embeds():
    for sample in ("quote", "quote with media"):
        assert short(one("bluesky", sample))[2:] == (CONTENT, BO, CONTENT, "exact")
    assert one("bluesky", "picture").kind == "post"


def test_a_quote_of_a_quote_belongs_to_the_root_where_it_was_seen():
    quote = f"at://{BO}/app.bsky.feed.post/3quo"
    found = one(
        "bluesky",
        post(CY, "3qq", embed={"$type": "app.bsky.embed.record", "record": ref(quote)}),
        contents={f"bluesky:{quote}": CONTENT},
    )
    assert (found.content_id, found.parent_event_id) == (CONTENT, f"bluesky:{quote}")


def test_a_reply_is_a_comment_in_its_thread():
    found = one("bluesky", "reply")
    assert short(found)[2:] == (CONTENT, CY, f"bluesky:at://{BO}/app.bsky.feed.post/3mid", "exact")
    assert found.parent_actor_id == BO


def test_a_post_is_one_act_in_a_content_and_two_in_two():
    assert one("bluesky", "reply that quotes its thread").kind == "quote"
    other = f"at://{ANN}/app.bsky.feed.post/3other"
    reply = {"root": ref(other), "parent": ref(other)}
    both = told("bluesky", post(CY, "3two", reply=reply, embed={"$type": "app.bsky.embed.record", "record": ref(ROOT)}))
    assert [(event.kind, event.content_id) for event in both] == [("quote", CONTENT), ("comment", f"bluesky:{other}")]


def test_a_mention_addresses_a_person():
    posted, mention = told("bluesky", "post")
    assert (posted.event_id, posted.content_id) == (CONTENT, CONTENT)
    assert (mention.kind, mention.content_id, mention.parent_actor_id) == ("mention", CONTENT, CY)


def test_the_declared_time_may_lie_and_is_held_by_the_witnessed_one():
    witnessed = "2026-07-04T14:38:08.114190+00:00"
    assert one("bluesky", "repost").occurred_at.isoformat() == "2026-07-04T14:38:07.594000+00:00"
    assert one("bluesky", "time that lies").occurred_at.isoformat() == witnessed
    assert one("bluesky", "time that is none").occurred_at.isoformat() == witnessed
    assert (
        one(
            "bluesky", commit(BO, "feed.repost", "3x", {"subject": ref(ROOT), "createdAt": "soon"})
        ).occurred_at.isoformat()
        == witnessed
    )


def test_a_deletion_tells_the_act_and_its_actor_only():
    (undo,) = mapped("bluesky", "delete").undos
    assert (undo.target_event_id, undo.actor_id) == (one("bluesky", "repost").event_id, BO)


def test_what_is_not_ours_is_told_apart():
    assert one("bluesky", "follow").content_id == f"account:bluesky:{ANN}"
    assert mapped("bluesky", "update").ignored == ("an edit",)
    assert mapped("bluesky", "other record").ignored == ("a record of another kind",)
    assert mapped("bluesky", "account").ignored == mapped("bluesky", "info").ignored

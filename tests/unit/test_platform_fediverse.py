"""What Mastodon's API and ActivityPub mean, and that they agree."""

from __future__ import annotations

import pytest
from support.platform_samples.activitypub import BO, note
from support.platform_samples.mastodon import status
from support.platforms import NOW, mapped, one, short, told

ROOT = "mastodon:https://social.example/users/ann/statuses/100"
OTHER_BO = "https://social.example/users/bo"


def test_a_boost_names_the_original_only_with_the_boosters_audience():
    found = one("mastodon", "boost")
    assert short(found)[2:] == (ROOT, OTHER_BO, ROOT, "root_only")
    assert found.audience_size == 40


def test_a_boost_is_one_act_whether_it_streams_is_notified_or_comes_over_websocket():
    names = {one("mastodon", sample).event_id for sample in ("boost", "boost over WebSocket", "boost notified")}
    assert len(names) == 1
    inbox = {"type": "Announce", "id": "x", "actor": OTHER_BO, "object": ROOT.removeprefix("mastodon:")}
    assert one("activitypub", inbox).event_id in names


def test_a_deletion_names_the_number_that_the_event_carries_as_its_alias():
    (undo,) = mapped("mastodon", "delete").undos
    assert undo.target_event_id == one("mastodon", "boost").attributes["local_id"]
    assert undo.actor_id is None


def test_a_reply_is_a_comment_where_its_parent_was_seen_and_else_no_guess():
    assert mapped("mastodon", "reply to the unseen").ignored == ("a reply to a post that was not seen",)
    found = one("mastodon", "reply", contents={"mastodon:social.example:100": ROOT})
    assert short(found)[2:] == (ROOT, OTHER_BO, ROOT, "exact")


def test_a_quote_is_a_spread():
    assert short(one("mastodon", "quote")) == (
        "quote",
        "mastodon:https://social.example/users/bo/statuses/102",
        ROOT,
        OTHER_BO,
        ROOT,
        "exact",
    )


def test_posts_mention_people_and_count_as_themselves_in_notifications():
    posted, mention = told("mastodon", "post")
    assert (posted.event_id, mention.kind, mention.parent_actor_id) == (ROOT, "mention", "https://social.example/@cy")
    assert [event.kind for event in told("mastodon", "mention")] == ["post", "mention"]


def test_likes_and_follows_come_as_notifications():
    assert short(one("mastodon", "like"))[2:] == (ROOT, OTHER_BO, ROOT, "exact")
    assert one("mastodon", "follow").content_id == "account:mastodon:social.example"
    assert mapped("mastodon", "follow", instance="").ignored == ("a follow without the account that is followed",)


@pytest.mark.parametrize("visibility", ["private", "direct"])
def test_what_is_not_public_is_left_out(visibility):
    assert mapped("mastodon", status(1, visibility=visibility)).ignored == ("a post that is not public",)
    assert mapped("activitypub", "private").ignored == ("a post that is not public",)


def test_a_hidden_audience_is_unknown():
    assert one("mastodon", "hidden audience").audience_size is None


def test_what_is_not_ours_is_told_apart():
    assert mapped("mastodon", "edit").ignored == ("an edit",)
    assert mapped("mastodon", "announcement").ignored == ("not about a post",)
    assert mapped("mastodon", "poll ended").ignored == ("not about a post",)
    assert mapped("activitypub", "edit").ignored == ("an activity that spreads nothing",)
    assert mapped("activitypub", "account gone").ignored == ("an account that is gone",)


def test_what_a_group_passes_on_is_nobodys_share():
    assert mapped("activitypub", "group's relay").ignored == ("an activity that a group passes on",)


def test_an_announce_is_the_same_with_the_id_and_with_the_object():
    assert one("activitypub", "announce").event_id == one("activitypub", "announce with its object").event_id
    assert short(one("activitypub", "announce"))[2:] == (ROOT, BO, ROOT, "root_only")


@pytest.mark.parametrize(("undo", "act"), [("undo", "announce"), ("undo like", "like"), ("undo follow", "follow")])
def test_an_undo_with_its_object_retracts_the_act(undo, act):
    retraction, undone = one("activitypub", undo), one("activitypub", act)
    assert (retraction.kind, retraction.target_event_id) == ("retract", undone.event_id)
    assert (retraction.content_id, retraction.actor_id) == (undone.content_id, undone.actor_id)


def test_an_undo_with_an_id_only_names_the_alias():
    (undo,) = mapped("activitypub", "undo by id").undos
    assert (undo.target_event_id, undo.actor_id) == (one("activitypub", "announce").attributes["local_id"], BO)
    (gone,) = mapped("activitypub", "delete").undos
    assert gone.target_event_id == told("activitypub", "post")[0].event_id


def test_replies_and_quotes_are_exact():
    comment, mention = told("activitypub", "reply")
    assert short(comment)[2:] == (ROOT, BO, ROOT, "exact")
    assert (mention.content_id, mention.parent_actor_id) == (ROOT, "https://social.example/users/ann")
    for sample in ("quote", "old quote"):
        assert short(one("activitypub", sample))[2:] == (ROOT, BO, ROOT, "exact")


def test_what_a_server_declares_of_the_time_is_held_by_when_it_came():
    assert one("activitypub", "like").occurred_at == NOW
    assert one("activitypub", note(9, published="2099-01-01T00:00:00Z")).occurred_at == NOW
    assert one("activitypub", note(9, published="2007-07-07T03:04:05")).occurred_at == NOW

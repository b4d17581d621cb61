"""What comes of each format's archives: the right acts, of the right content, by the right person, at the right time."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.archives import (
    LIMITS,
    PAGE,
    facebook,
    imported,
    instagram,
    json_lines,
    myspace,
    myspace_entry,
    plus_post,
    takeout,
    tweet,
    written,
    zipped,
)
from support.platforms import NOW, short

from pipeline.config import Settings
from pipeline.errors import UsageError
from pipeline.ingest.archives.guess import guess
from pipeline.ingest.archives.opening import open_archive
from pipeline.ingest.letters import Letter
from pipeline.ingest.remap import Remap
from schemas.dead_letter import Identity, RefusedError

POST = "googleplus:users/ann/posts/p1"
WEB = f"web:{PAGE}"
MEDIUM = "web:https://instagram.com/p/Abc-1"


def test_a_takeout_gives_its_posts_and_reshares_and_nothing_else_of_it_is_read(tmp_path):
    events, counts = imported(zipped(tmp_path / "takeout-001.zip", takeout()))
    assert [short(event) for event in events] == [
        ("post", POST, POST, "users/ann", None, "none"),
        ("share", "googleplus:users/bo/posts/p2", POST, "users/bo", POST, "root_only"),
    ]
    assert events[0].occurred_at.isoformat() == "2014-05-01T10:00:00+00:00"
    assert counts.entries == 2


def test_activities_of_the_api_come_as_feeds_lines_or_arrays(tmp_path):
    activity = {
        "kind": "plus#activity",
        "id": "z1",
        "verb": "post",
        "published": "2012-01-01T00:00:00Z",
        "actor": {"id": "1"},
        "object": {"plusoners": {"totalItems": 4}},
    }
    reshare = {**activity, "id": "z2", "verb": "share", "object": {"id": "z1"}}
    feed = {"kind": "plus#activityFeed", "items": [activity, reshare]}
    texts = (json_lines(activity, reshare), json.dumps([activity, reshare]), json.dumps(feed))
    made = [imported(written(tmp_path / f"{number}.json", text))[0] for number, text in enumerate(texts)]
    assert [event.kind for event in made[0]] == ["post", "counter", "share"]
    assert made[0] == made[1] == made[2]


def test_a_takeout_of_html_pages_says_what_to_ask_for(tmp_path):
    path = zipped(tmp_path / "a.zip", {"Takeout/Google+ Stream/Posts/20140501 - lamp.html": "<html>"})
    with pytest.raises(UsageError, match="ask the platform for the download again, in the format JSON"):
        imported(path)


def test_a_facebook_download_tells_what_its_owner_shared(tmp_path):
    entries = [
        {"timestamp": 1_400_000_300, "data": [{"post": "only text"}]},
        {"timestamp": 1_400_000_400, "attachments": [{"data": [{"place": {"name": "x"}}]}], "data": []},
    ]
    events, counts = imported(zipped(tmp_path / "facebook-ann.zip", facebook(entries=entries)))
    share, post = events
    assert (share.kind, share.content_id, share.actor_id, share.parent_event_id, share.parent_basis) == (
        *("share", WEB, "ann.example"),
        *(WEB, "root_only"),
    )
    assert (share.audience_size, share.occurred_at.isoformat()) == (120, "2014-05-13T16:53:20+00:00")
    assert (post.kind, post.content_id, post.audience_size) == ("post", post.event_id, 120)
    assert counts.ignored == {
        "an entry without text, picture or address": 1,
        "a like or comment whose post the download does not name": 1,
    }


def test_a_reaction_that_names_its_post_is_a_like_of_it_in_any_language(tmp_path):
    url = "https://www.facebook.com/bo/posts/123"
    named = {"timestamp": 1_700_000_000, "label_values": [{"label": "Reaktion", "value": "Like"}, {"value": url}]}
    nameless = {"timestamp": 1_700_000_000, "data": [{"reaction": {"reaction": "LIKE"}}], "title": "likes a post."}
    members = facebook() | {
        "your_facebook_activity/comments_and_reactions/likes_and_reactions_1.json": [named, nameless]
    }
    events, _ = imported(zipped(tmp_path / "a.zip", members))
    likes = [event for event in events if event.kind == "like"]
    assert [(one.content_id, one.actor_id, one.parent_basis) for one in likes] == [
        ("web:https://facebook.com/bo/posts/123", "ann.example", "exact")
    ]


def test_an_instagram_download_tells_likes_reposts_follows_and_posts(tmp_path):
    events, counts = imported(zipped(tmp_path / "instagram-bo.zip", instagram()))
    found = {kind: [event for event in events if event.kind == kind] for kind in counts.events}
    assert counts.events == {"follow": 4, "like": 1, "post": 1, "share": 1}
    assert counts.ignored == {"a comment whose medium the download does not name": 1}
    (share,) = found["share"]
    assert (share.content_id, share.actor_id, share.audience_size) == (MEDIUM, "bo", 3)
    assert [(one.actor_id, one.content_id) for one in found["follow"]] == [
        *((name, "account:instagram:bo") for name in ("cy", "di", "ed")),
        ("bo", "account:instagram:fay"),
    ]
    assert found["like"][0].occurred_at.isoformat() == "2020-09-13T12:26:40+00:00"
    assert found["post"][0].occurred_at.isoformat() == "2020-09-13T12:28:20+00:00"


def test_a_download_that_does_not_say_whose_it_is_asks(tmp_path):
    members = {name: content for name, content in facebook().items() if "profile" not in name}
    path = zipped(tmp_path / "a.zip", members)
    with pytest.raises(UsageError, match="give the account with --owner NAME"):
        imported(path)
    assert imported(path, owner="ann")[0][0].actor_id == "ann"


def test_one_file_of_a_download_can_be_read_by_itself(tmp_path):
    posts = next(content for name, content in facebook().items() if "your_posts" in name)
    (event,), _ = imported(written(tmp_path / "your_posts_1.json", json.dumps(posts)), owner="ann")
    assert (event.kind, event.audience_size) == ("share", None)


def test_a_myspace_feed_gives_its_activities(tmp_path):
    entries = [myspace_entry(1, "post", 1), myspace_entry(2, "share", 7), myspace_entry(3, "play", 8)]
    events, counts = imported(
        zipped(tmp_path / "a.zip", {"11.atom": myspace("11", *entries), "readme.md": "-"}), "myspace"
    )
    assert [(event.kind, event.content_id.rpartition("/")[2]) for event in events] == [("post", "1"), ("share", "7")]
    assert counts.ignored == {"an activity that spreads nothing": 1}


def test_statuses_of_x_are_shares_quotes_and_undos(tmp_path):
    root = tweet(1, "9", 50)
    quote = tweet(2, "8", 300, quoted_status_id_str="1", quoted_status=root)
    again = tweet(3, "7", 20, quoted_status_id_str="2", quoted_status=quote)
    repost = tweet(4, "6", 10, retweeted_status=root)
    gone = {"delete": {"status": {"id_str": "4", "user_id_str": "6"}, "timestamp_ms": "1404864999000"}}
    events, counts = imported(written(tmp_path / "x.jsonl", json_lines(root, quote, again, repost, gone)))
    assert [short(event)[:5] for event in events] == [
        ("post", "twitter:1", "twitter:1", "9", None),
        ("quote", "twitter:2", "twitter:1", "8", "twitter:1"),
        ("quote", "twitter:3", "twitter:1", "7", "twitter:2"),
        ("share", "twitter:4", "twitter:1", "6", "twitter:1"),
    ]
    assert counts.undos == 1


CLICK = {"event": "click", "email": "a@example.org", "timestamp": 1_600_000_000, "url": PAGE, "sg_event_id": "e1"}
SENDERS = {
    "sendgrid": CLICK,
    "mailgun": {
        "event": "clicked",
        "recipient": "a@example.org",
        "timestamp": 1_600_000_000.5,
        "url": PAGE,
        "id": "e1",
    },
    "postmark": {
        "RecordType": "Click",
        "MessageID": "m",
        "ReceivedAt": "2020-09-13T12:26:40.1234567Z",
        "Recipient": "a@example.org",
        "OriginalLink": PAGE,
    },
    "ses": {
        "eventType": "Click",
        "click": {"link": PAGE, "timestamp": "2020-09-13T12:26:40Z"},
        "mail": {"messageId": "m", "destination": ["a@example.org"]},
    },
    "activecampaign": {
        "type": "click",
        "date_time": "2020-09-13T12:26:40+00:00",
        "contact[email]": "a@example.org",
        "campaign[id]": "5",
        "link[url]": PAGE,
    },
}


@pytest.mark.parametrize("sender", list(SENDERS))
def test_each_senders_export_gives_clicks_on_the_page_by_somebody_who_is_not_named(tmp_path, sender):
    (event,), counts = imported(written(tmp_path / "clicks.json", json.dumps([SENDERS[sender]])))
    assert (event.kind, event.platform, event.content_id) == ("click", "email", WEB)
    assert event.occurred_at.isoformat().startswith("2020-09-13T12:26:40")
    assert "example.org" not in event.actor_id
    assert not counts.refused


@pytest.mark.parametrize("sender", ["sendgrid", "activecampaign"])
def test_an_export_may_be_a_table_with_the_fields_as_columns(tmp_path, sender):
    facts = SENDERS[sender]
    text = ",".join(facts) + "\n" + ",".join(map(str, facts.values())) + "\n"
    (event,), _ = imported(written(tmp_path / "clicks.csv", text), sender)
    assert event.content_id == WEB


def test_the_campaign_and_the_audiences_come_from_the_command(tmp_path):
    events, _ = imported(zipped(tmp_path / "a.zip", takeout()), campaign="spring", audiences={"users/bo": 77})
    assert [(event.campaign_id, event.audience_size) for event in events] == [("spring", None), ("spring", 77)]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", "{}", "name its format with --format"),
        ("a.csv", "a,b\n1,2\n", "give a mapping file for CSV with --mapping"),
        ("a.jsonl", '{"event_id": "1", "kind": "share", "content_id": "c"}', "cascades replay"),
        ("tweets.js", "window.YTD.tweets.part0 = []", "name its format with --format"),
    ],
)
def test_a_format_that_cannot_be_told_is_asked_for(tmp_path, name, text, words):
    with open_archive(str(written(tmp_path / name, text)), LIMITS) as archive, pytest.raises(UsageError, match=words):
        guess(archive)


def test_the_own_archive_of_an_account_on_x_is_not_taken_for_something_else(tmp_path):
    path = written(tmp_path / "tweets.js", "window.YTD.tweets.part0 = []")
    with pytest.raises(UsageError, match="X account's own archive"):
        imported(path, "twitter")


def test_a_post_of_a_takeout_whose_shape_is_not_known_is_a_dead_letter_and_its_neighbours_are_not(tmp_path):
    members = takeout() | {"Takeout/Google+ Stream/Posts/odd.json": plus_post("p9", "cy", when="yesterday")}
    events, counts = imported(zipped(tmp_path / "a.zip", members))
    assert len(events) == 2
    assert counts.refused == {"unknown_shape": 1}


def test_a_dead_letter_of_an_archive_is_mapped_again_once_its_shape_is_known():
    settings = Settings(actor_key="a key that stays the same")
    again = Remap(settings)
    identity = Identity("door.import.facebook", 0, 1, 1)
    for name, entry in (("reactions", {"timestamp": 1, "label_values": [{"href": PAGE}]}), ("dreams", {})):
        payload = json.dumps({"download": name, "owner": {"id": "ann"}, "entry": entry | {"timestamp": 1_400_000_000}})
        letter = Letter(identity, "unknown_shape", "", NOW, None, None, payload.encode(), "/import/facebook")
        if name == "dreams":
            with pytest.raises(RefusedError, match="dreams"):
                again(letter, payload.encode())
        else:
            ((topic, key, _),) = again(letter, payload.encode())
            assert (topic, key) == ("share.events", WEB.encode())
    with pytest.raises(RefusedError, match="no mapping"):
        again(replace(letter, door="/import/csv"), b"{}")

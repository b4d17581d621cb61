"""Synthetic payloads of the shapes that Facebook sends for a Page."""

PAGE, POST = "880011", "880011_7001"


def change(value, field="feed", time=1700000100):
    return {"object": "page", "entry": [{"id": PAGE, "time": time, "changes": [{"field": field, "value": value}]}]}


ANN = {"id": "5511", "name": "Ann Example"}


def loaded(what, entry):
    """An entry of a data download, as the archive's reader hands it over."""
    return {"download": what, "owner": {"id": "ann.example", "audience": 120}, "entry": entry}


SAMPLES = {
    "post": change(
        {
            "item": "status",
            "verb": "add",
            "post_id": POST,
            "from": {"id": PAGE, "name": "A Page"},
            "published": 1,
            "created_time": 1700000000,
            "message": "Spring is here",
        }
    ),
    "link": change(
        {
            "item": "share",
            "verb": "add",
            "share_id": 7002,
            "post_id": "880011_7002",
            "from": {"id": PAGE, "name": "A Page"},
            "published": 1,
            "created_time": 1700000001,
            "link": "https://film.example/spring?utm_source=fb",
        }
    ),
    "comment": change(
        {
            "item": "comment",
            "verb": "add",
            "comment_id": "7001_1",
            "post_id": POST,
            "parent_id": POST,
            "from": ANN,
            "created_time": 1700000010,
            "message": "Lovely",
        }
    ),
    "answer": change(
        {
            "item": "comment",
            "verb": "add",
            "comment_id": "7001_2",
            "post_id": POST,
            "parent_id": "7001_1",
            "sender_id": 5512,
            "sender_name": "Bo Example",
            "created_time": 1700000011,
            "message": "Yes",
        }
    ),
    "comment removed": change(
        {"item": "comment", "verb": "remove", "comment_id": "7001_1", "post_id": POST, "parent_id": POST, "from": ANN}
    ),
    "reaction": change(
        {
            "item": "reaction",
            "verb": "add",
            "reaction_type": "love",
            "post_id": POST,
            "parent_id": POST,
            "from": ANN,
            "created_time": 1700000020,
        }
    ),
    "reaction removed": change(
        {
            "item": "reaction",
            "verb": "remove",
            "reaction_type": "love",
            "post_id": POST,
            "parent_id": POST,
            "from": {"id": 5511, "name": "Ann Example"},
            "created_time": 1700000030,
        }
    ),
    "old like": change({"item": "like", "verb": "add", "post_id": POST, "sender_id": 5511, "created_time": 1700000020}),
    "like of nobody": change(
        {"item": "like", "verb": "add", "post_id": POST, "parent_id": POST, "created_time": 1700000021}
    ),
    "like of a comment": change(
        {"item": "like", "verb": "add", "comment_id": "7001_1", "sender_id": 5511, "created_time": 1700000020}
    ),
    "reaction changed": change(
        {
            "item": "reaction",
            "verb": "edit",
            "reaction_type": "wow",
            "post_id": POST,
            "from": ANN,
            "created_time": 1700000025,
        }
    ),
    "post hidden": change({"item": "post", "verb": "hide", "post_id": POST, "from": {"id": PAGE}}),
    "post removed": change({"item": "post", "verb": "remove", "post_id": POST, "from": {"id": PAGE}}),
    "unpublished": change(
        {"item": "photo", "verb": "add", "post_id": POST, "published": 0, "created_time": 1700000000}
    ),
    "mention": change(
        {"item": "post", "verb": "add", "post_id": "9_1", "created_time": 1700000040, "message": "@A Page"}, "mention"
    ),
    "review": change(
        {"item": "rating", "verb": "add", "open_graph_story_id": 9, "reviewer_id": 5511, "rating": 3}, "ratings"
    ),
    "private message": {
        "object": "page",
        "entry": [{"id": PAGE, "time": 1700000000, "messaging": [{"message": {"text": "Hi"}}]}],
    },
    "polled": {
        "data": [
            {
                "id": POST,
                "shares": {"count": 3},
                "reactions": {"data": [], "summary": {"total_count": 12}},
                "comments": {"data": [], "summary": {"total_count": 2}},
                "sharedposts": {
                    "data": [
                        {"id": "5511_81", "from": ANN, "created_time": "2023-11-14T23:00:00+0000"},
                        {"id": "77_82", "created_time": "2023-11-14T23:05:00+0000"},
                    ]
                },
            },
        ],
        "paging": {"cursors": {"before": "a", "after": "b"}},
    },
    "download: link": loaded(
        "posts",
        {"timestamp": 1400000000, "attachments": [{"data": [{"external_context": {"url": "https://a.example/x"}}]}]},
    ),
    "download: text": loaded("posts", {"timestamp": 1400000000, "data": [{"post": "Hello"}], "title": "wrote"}),
    "download: nothing": loaded("posts", {"timestamp": 1400000000, "attachments": [], "data": []}),
    "download: reaction": loaded(
        "reactions", {"timestamp": 1400000000, "label_values": [{"label": "URL", "href": "https://a.example/x"}]}
    ),
    "download: comment": loaded("comments", {"timestamp": 1400000000, "data": [{"comment": {"comment": "Nice"}}]}),
}
UNKNOWN = {
    "download": loaded("dreams", {"timestamp": 1400000000}),
    "download without a time": loaded("posts", {"data": [{"post": "Hello"}]}),
    "item": change({"item": "hologram", "verb": "add", "post_id": POST, "created_time": 1700000000}),
    "verb": change({"item": "post", "verb": "frobnicate", "post_id": POST}),
    "field": change({"item": "post", "verb": "add", "post_id": POST}, "weather"),
    "object": {"object": "user", "entry": []},
    "no post": change({"item": "status", "verb": "add", "created_time": 1700000000}),
    "poll without totals": {"id": POST, "message": "Hello"},
}

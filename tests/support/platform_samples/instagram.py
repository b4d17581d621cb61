"""Synthetic webhooks of Instagram, in both envelopes, and answers of its API."""

ACCOUNT, MEDIA = "17840001", "17890001"


def entry(field, value, time=1700000100):
    return {
        "object": "instagram",
        "entry": [{"id": ACCOUNT, "time": time, "changes": [{"field": field, "value": value}]}],
    }


ANN = {"id": "661", "username": "ann.example", "self_ig_scoped_id": "662"}
MEDIUM = {"id": MEDIA, "media_product_type": "FEED"}


def insight(name, **facts):
    return {"name": name, "period": "lifetime", "title": name, "id": f"{MEDIA}/insights/{name}/lifetime", **facts}


def loaded(what, entry):
    """An entry of a data download, as the archive's reader hands it over."""
    return {"download": what, "owner": {"id": "bo", "audience": 3}, "entry": entry}


LIKED = {"href": "https://www.instagram.com/p/Abc-1/", "timestamp": 1600000000}
SAMPLES = {
    "comment": entry("comments", {"id": "701", "text": "Nice", "from": ANN, "media": MEDIUM}),
    "answer": entry("comments", {"id": "702", "text": "Thanks", "parent_id": "701", "from": ANN, "media": MEDIUM}),
    "comment on an advertisement": entry(
        "comments",
        {"id": "703", "text": "Buy", "from": ANN, "media": {"id": "99", "original_media_id": MEDIA, "ad_id": "5"}},
    ),
    "login envelope": {
        "object": "instagram",
        "entry": [
            {
                "id": ACCOUNT,
                "time": 1700000100,
                "field": "comments",
                "value": {"id": "704", "from": ANN, "media": MEDIUM},
            }
        ],
    },
    "comment of nobody": entry("live_comments", {"id": "705", "text": "Hi", "media": MEDIUM}),
    "old comment": entry("comments", {"id": "706", "text": "Hi"}),
    "mention": entry("mentions", {"comment_id": "801", "media_id": "17890077"}),
    "story": entry(
        "story_insights",
        {
            "media_id": MEDIA,
            "impressions": 444,
            "reach": 44,
            "replies": 3,
            "exits": 3,
            "taps_forward": 4,
            "taps_back": 3,
        },
    ),
    "private message": {"object": "instagram", "entry": [{"id": ACCOUNT, "time": 1700000100, "messaging": [{}]}]},
    "insights": {
        "data": [
            insight("shares", values=[{"value": 4}]),
            insight("reposts", total_value={"value": 3}),
            insight("views", values=[{"value": 900}]),
            insight("impressions", values=[{"value": 800}]),
            insight("reach", values=[{"value": 700}]),
        ]
    },
    "reach alone": {"data": [insight("reach", values=[{"value": 700}])]},
    "comments polled": {
        "data": [
            {
                "id": "707",
                "text": "Old",
                "timestamp": "2018-04-24T08:14:12+0000",
                "username": "bo",
                "media": {"id": MEDIA},
            }
        ]
    },
    "download: post": loaded("posts", {"media": [{"uri": "media/1.jpg", "creation_timestamp": 1600000000}]}),
    "download: like": loaded("likes", {"title": "ann", "string_list_data": [LIKED]}),
    "download: repost": loaded(
        "reposts", {"timestamp": 1600000000, "label_values": [{"label": "Adresse", "value": LIKED["href"]}]}
    ),
    "download: follower": loaded("followers", {"string_list_data": [{"value": "cy", "timestamp": 1600000000}]}),
    "download: following": loaded("following", {"title": "di", "string_list_data": [{"timestamp": 1600000000}]}),
    "download: comment": loaded("comments", {"string_map_data": {"Comment": {"value": "Nice"}}}),
}
UNKNOWN = {
    "download": loaded("dreams", {}),
    "download of a like of nothing": loaded("likes", {"title": "ann"}),
    "field": entry("weather", {"id": "1"}),
    "object": {"object": "page", "entry": [{"id": "1", "time": 1, "changes": [{"field": "comments", "value": {}}]}]},
    "metric": {"data": [insight("vibes", values=[{"value": 1}])]},
    "no time": {"id": "708", "text": "x", "media": {"id": MEDIA}},
}

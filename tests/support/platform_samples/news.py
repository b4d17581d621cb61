"""Synthetic beacons of a news page, and rows as the Upworthy Research Archive has them."""

PAGE = "https://news.example/story?utm_source=x"


def beacon(event, token, parent=None, **facts):
    return {
        "event": event,
        "token": token,
        "parent_token": parent,
        "content_url": PAGE,
        "channel": "chat",
        "ts": 1700000000123,
        **facts,
    }


ROW = {
    "created_at": "2014-11-20 06:43:16.005", "updated_at": "2016-04-02 16:33:38.062", "clickability_test_id": "546d88fb84ad38b2ce000024",
    "excerpt": "…", "headline": "They were wrong about it", "lede": "<p>…</p>", "slug": "they-were-wrong", "eyecatcher_id": "546d",
    "impressions": "3052", "clicks": "150", "significance": "100", "first_place": "true", "winner": "true",
}  # fmt: skip
SAMPLES = {
    "beacons": [
        beacon("share", "t1"),
        beacon("view", "t2", "t1", utm_medium="social"),
        beacon("copy", "t2", "t1"),
        beacon("click", "t3", "t2"),
    ],
    "archive": ROW,
}
UNKNOWN = {
    "event": beacon("teleport", "t4"),
    "no page": {"event": "view", "token": "t5"},
    "address": beacon("view", "t6") | {"content_url": "javascript:alert(1)"},
}

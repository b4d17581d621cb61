"""Synthetic webhooks and media of Threads."""

ROOT = "123456"


def webhook(field, value, topic="moderate"):
    return {"app_id": "1", "topic": topic, "target_id": "78901", "time": 1723226877, "subscription_id": "2", "has_uid_field": False,
            "values": {"value": value, "field": field}}  # fmt: skip


def media(name, **facts):
    return {"id": name, "username": "ann.example", "media_product_type": "THREADS", "media_type": "TEXT_POST", "text": "Hi", "shortcode": "Pp",
            "permalink": "https://threads.example/@ann/post/Pp", "timestamp": "2025-08-04T10:33:16+0000", **facts}  # fmt: skip


REPLIED = {
    "replied_to": {"id": "567890"},
    "root_post": {"id": ROOT, "owner_id": "9", "username": "bo"},
    "is_reply": True,
}
SAMPLES = {
    "reply": webhook("replies", media("8901", **REPLIED)),
    "mention": webhook("mentions", media("8902"), "interaction"),
    "publish": webhook("publish", media("8903")),
    "delete": webhook("delete", {"id": "8903", "deleted_at": "2025-08-05T10:33:16+0000"}),
    "media": {
        "data": [
            media("8904"),
            media("8905", media_type="REPOST_FACADE", reposted_post={"id": ROOT}),
            media("8906", is_quote_post=True, quoted_post={"id": ROOT}),
        ],
        "paging": {},
    },
    "insights": {"data": [{"name": name, "period": "lifetime", "values": [{"value": 2}], "id": f"{ROOT}/insights/{name}/lifetime"}
                          for name in ("likes", "replies", "reposts", "quotes", "shares", "views")]},
}  # fmt: skip
UNKNOWN = {
    "field": webhook("teleports", media("1")),
    "list of values": {**webhook("replies", media("1")), "values": [{"field": "replies", "value": media("1")}]},
    "repost of nothing": media("2", media_type="REPOST_FACADE"),
    "container": {"status": "ERROR", "id": "17", "error_message": "x"},
}

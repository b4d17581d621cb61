"""Synthetic events of Mastodon's API."""

import json

HOST = "https://social.example"


def account(name, followers=40):
    return {"id": "1", "username": name, "acct": name, "url": f"{HOST}/@{name}", "uri": f"{HOST}/users/{name}", "followers_count": followers,
            "following_count": 3, "statuses_count": 9, "bot": False}  # fmt: skip


def status(number, name="ann", **facts):
    uri = f"{HOST}/users/{name}/statuses/{number}"
    return {"id": str(number), "created_at": "2026-08-30T23:23:58.863Z", "in_reply_to_id": None, "visibility": "public", "language": "en",
            "uri": uri, "url": f"{HOST}/@{name}/{number}", "reblog": None, "account": account(name), "mentions": [], "content": "<p>Hi</p>",
            "reblogs_count": 0, **facts}  # fmt: skip


ROOT = status(100)
BOOST = status(101, "bo", reblog=ROOT, uri=f"{HOST}/users/bo/statuses/101/activity")
MENTIONED = {"mentions": [{"id": "5", "username": "cy", "acct": "cy", "url": f"{HOST}/@cy"}]}


def notification(kind, **facts):
    told = {
        "id": "68",
        "type": kind,
        "created_at": "2026-08-30T23:30:00.000Z",
        "account": account("bo"),
        "status": ROOT,
    }
    return {"event": "notification", "data": {**told, **facts}}


SAMPLES = {
    "post": {"event": "update", "data": json.dumps(ROOT | MENTIONED)},
    "boost": {"event": "update", "data": BOOST},
    "boost over WebSocket": {"stream": ["public"], "event": "update", "payload": json.dumps(BOOST)},
    "boost notified": notification("reblog"),
    "quote": status(102, "bo", quote={"state": "accepted", "quoted_status": ROOT}),
    "reply": status(103, "bo", in_reply_to_id="100", in_reply_to_account_id="1"),
    "reply to the unseen": status(104, "bo", in_reply_to_id="99999"),
    "like": notification("favourite"),
    "follow": notification("follow", status=None),
    "mention": notification("mention", status=status(105, "bo", **MENTIONED)),
    "delete": {"event": "delete", "data": 101},
    "edit": {"event": "status.update", "data": ROOT},
    "private": status(106, visibility="direct"),
    "announcement": {"event": "announcement.delete", "data": "8"},
    "webhook": {"event": "status.created", "created_at": "2026-08-30T23:24:00.000Z", "object": status(107)},
    "hidden audience": status(108, account=account("ann", -1)),
    "list": [status(109), status(110)],
    "poll ended": notification("poll"),
}
UNKNOWN = {
    "event": {"event": "teleport", "data": "{}"},
    "notification": notification("teleport"),
    "no visibility": status(111, visibility=None),
    "cut off": {"event": "update", "data": '{"id": "1'},
}

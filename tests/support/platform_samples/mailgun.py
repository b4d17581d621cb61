"""Synthetic webhooks of Mailgun."""


def event(kind, **facts):
    data = {"event": kind, "id": "ncV2", "timestamp": 1534109600.089676, "recipient": "Ann@Example.com", "log-level": "info",
            "message": {"headers": {"message-id": "2018@example.org"}}, "ip": "192.0.2.1",
            "client-info": {"client-type": "browser", "bot": "", "user-agent": "Mozilla/5.0"}}  # fmt: skip
    signature = {"timestamp": "1534109600", "token": "0" * 50, "signature": "f" * 64}
    return {"signature": signature, "event-data": {**data, **facts}}


SAMPLES = {
    "click": event("clicked", url="https://film.example/spring"),
    "click without an id": event("clicked", id=None, url="https://film.example/spring"),
    "open": event("opened", **{"user-variables": {"content_url": "https://film.example/spring"}}),
    "machine": event("opened", **{"client-info": {"bot": "apple"}}),
    "failure": event("failed", severity="temporary", **{"delivery-status": {"code": 450}}),
}
UNKNOWN = {"event": event("teleported"), "no time": event("clicked", timestamp=None), "no data": {"signature": {}}}

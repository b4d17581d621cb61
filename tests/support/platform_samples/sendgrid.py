"""Synthetic events of SendGrid."""


def event(kind, name, **facts):
    known = {
        "email": "ann@example.com",
        "timestamp": 1700000000,
        "event": kind,
        "sg_event_id": name,
        "sg_message_id": "m.filter1",
    }
    return {**known, "smtp-id": "<x@y>", "category": ["spring"], "ip": "192.0.2.1", "useragent": "Mozilla/5.0", **facts}


PAGE = "https://film.example/spring?utm_campaign=mail"
SAMPLES = {
    "events": [
        event("click", "c1", url=PAGE, url_offset={"index": 0, "type": "html"}),
        event("open", "o1", content_url=PAGE),
        event("open", "o2"),
        event("open", "o3", content_url=PAGE, sg_machine_open=True),
        event("delivered", "d1", response="250 OK"),
        event("group_unsubscribe", "u1", asm_group_id=1),
    ]
}
UNKNOWN = {
    "event": [event("teleport", "t1")],
    "no id": [event("click", None, url=PAGE)],
    "no page": [event("click", "c2")],
}

"""Synthetic Webmentions after the fetch, and posts as webmention.io tells them."""

SOURCE, TARGET = "https://ann.example/2024/1", "https://film.example/spring"


def page(relation=None, **facts):
    properties = {"url": [SOURCE], "published": ["2024-03-01T10:00:00+01:00"],
                  "author": [{"type": ["h-card"], "properties": {"name": ["Ann"], "url": ["https://ann.example/"]}}]}  # fmt: skip
    if relation:
        properties[relation] = [{"type": ["h-cite"], "properties": {"url": [f"{TARGET}?utm_source=ann"]}}]
    mf2 = {"items": [{"type": ["h-entry"], "properties": properties}], "rels": {}, "rel-urls": {}}
    return {"source": SOURCE, "target": TARGET, "status": 200, "linked": True, "mf2": mf2, **facts}


def jf2(relation, **facts):
    known = {"type": "entry", "wm-id": 9, "wm-source": SOURCE, "wm-target": TARGET, "wm-property": relation,
             "wm-received": "2024-03-01T11:00:00Z", "author": {"type": "card", "name": "Ann", "url": "https://ann.example/"}}  # fmt: skip
    return {**known, **facts}


SAMPLES = {
    "repost": page("repost-of"),
    "quotation": page("quotation-of"),
    "reply": page("in-reply-to"),
    "like": page("like-of"),
    "bookmark": page("bookmark-of"),
    "mention": page(),
    "no microformats": {"source": "https://bo.example/x", "target": TARGET, "status": 200, "linked": True},
    "trackback": {
        "source": "https://bo.example/y",
        "target": TARGET,
        "status": 200,
        "linked": True,
        "protocol": "trackback",
    },
    "gone": {"source": SOURCE, "target": TARGET, "status": 410, "linked": False},
    "links no more": {"source": SOURCE, "target": TARGET, "status": 200, "linked": False},
    "webmention.io": {
        "type": "feed",
        "children": [jf2("repost-of", published="2024-03-01T10:00:00"), jf2("like-of"), jf2("rsvp")],
    },
}
UNKNOWN = {
    "unverified": {"source": SOURCE, "target": TARGET},
    "not http": {"source": "file:///etc/passwd", "target": TARGET, "status": 200, "linked": True},
    "relation": jf2("teleport-of"),
}

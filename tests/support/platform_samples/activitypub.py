"""Synthetic activities as servers of the fediverse send them."""

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ANN, BO = "https://social.example/users/ann", "https://other.example/users/bo"
ROOT = f"{ANN}/statuses/100"


def activity(kind, name, thing, actor=BO, **facts):
    known = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "type": kind,
        "id": f"{actor}/{name}",
        "actor": actor,
        "object": thing,
    }
    return {**known, "published": "2026-08-30T23:23:58Z", "to": [PUBLIC], "cc": [f"{actor}/followers"], **facts}


def note(name, **facts):
    return {"type": "Note", "id": f"{BO}/statuses/{name}", "attributedTo": BO, "published": "2026-08-30T23:25:00Z", "to": PUBLIC, "cc": [],
            "content": "<p>Hi</p>", **facts}  # fmt: skip


ANNOUNCE = activity("Announce", "statuses/1/activity", ROOT)
LIKE = {"type": "Like", "id": f"{BO}#likes/1", "actor": BO, "object": ROOT}
FOLLOW = {"type": "Follow", "id": f"{BO}#follows/1", "actor": BO, "object": ANN}
MENTION = {"type": "Mention", "href": ANN, "name": "@ann@social.example"}
SAMPLES = {
    "announce": ANNOUNCE,
    "announce with its object": activity(
        "Announce", "statuses/2/activity", {"type": "Article", "id": ROOT, "attributedTo": ANN}
    ),
    "group's relay": activity(
        "Announce",
        "activities/announce/3",
        {"type": "Create", "id": "x", "object": {}},
        actor="https://lemmy.example/c/films",
    ),
    "like": LIKE,
    "follow": FOLLOW,
    "post": activity("Create", "statuses/4/activity", note(4, tag=MENTION)),
    "reply": activity("Create", "statuses/5/activity", note(5, inReplyTo=ROOT, tag=[MENTION])),
    "quote": activity("Create", "statuses/6/activity", note(6, quote=ROOT)),
    "old quote": note(7, quoteUrl=ROOT, _misskey_quote=ROOT),
    "undo": {"type": "Undo", "id": f"{BO}#undo/1", "actor": BO, "object": ANNOUNCE},
    "undo like": {"type": "Undo", "id": f"{BO}#undo/2", "actor": BO, "object": LIKE},
    "undo follow": {"type": "Undo", "id": f"{BO}#undo/3", "actor": BO, "object": FOLLOW},
    "undo by id": {"type": "Undo", "id": f"{BO}#undo/4", "actor": BO, "object": ANNOUNCE["id"]},
    "delete": activity("Delete", "statuses/4#delete", {"type": "Tombstone", "id": f"{BO}/statuses/4"}),
    "account gone": activity("Delete", "#delete", BO),
    "private": activity("Create", "statuses/8/activity", note(8, to=[ANN])),
    "edit": activity("Update", "statuses/4#update", note(4)),
}
UNKNOWN = {
    "type": activity("Teleport", "x", ROOT),
    "object": activity("Create", "x", {"type": "Hologram", "id": "x"}),
    "nobody": {"type": "Announce", "object": ROOT},
}

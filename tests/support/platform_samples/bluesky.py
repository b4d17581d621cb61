"""Synthetic events of Jetstream, both wires."""

ANN, BO, CY = "did:plc:ann", "did:plc:bo", "did:plc:cy"
ROOT = f"at://{ANN}/app.bsky.feed.post/3root"
REPOST = f"at://{BO}/app.bsky.feed.repost/3boo"
WITNESSED = 1783175888114190


def ref(uri):
    return {"cid": "bafyre", "uri": uri}


def commit(did, collection, rkey, record=None, operation="create"):
    inner = {"rev": "3rev", "operation": operation, "collection": f"app.bsky.{collection}", "rkey": rkey}
    if record is not None:
        inner |= {
            "cid": "bafyre",
            "record": {"$type": f"app.bsky.{collection}", "createdAt": "2026-07-04T14:38:07.594Z", **record},
        }
    return {"did": did, "time_us": WITNESSED, "kind": "commit", "commit": inner}


def second_wire(event):
    """The same event as Jetstream's second wire writes it."""
    names = {"$type": "network.bsky.jetstream.subscribeEvents#commit", "seq": 9, "did": event["did"]}
    return {**names, "time": "2026-07-04T14:38:08.114190Z", **event["commit"]}


def post(did, rkey, **facts):
    return commit(did, "feed.post", rkey, {"text": "Hello", "langs": ["en"], **facts})


MENTION = {
    "facets": [
        {"index": {"byteStart": 0, "byteEnd": 3}, "features": [{"$type": "app.bsky.richtext.facet#mention", "did": CY}]}
    ]
}
REPLY = {"reply": {"root": ref(ROOT), "parent": ref(f"at://{BO}/app.bsky.feed.post/3mid")}}
SAMPLES = {
    "post": post(ANN, "3root", **MENTION),
    "repost": commit(BO, "feed.repost", "3boo", {"subject": ref(ROOT)}),
    "repost via": commit(CY, "feed.repost", "3cyy", {"subject": ref(ROOT), "via": ref(REPOST)}),
    "second wire": second_wire(commit(CY, "feed.repost", "3cyy", {"subject": ref(ROOT), "via": ref(REPOST)})),
    "like via": commit(CY, "feed.like", "3lik", {"subject": ref(ROOT), "via": ref(REPOST)}),
    "like of a feed": commit(CY, "feed.like", "3lif", {"subject": ref(f"at://{ANN}/app.bsky.feed.generator/x")}),
    "quote": post(BO, "3quo", embed={"$type": "app.bsky.embed.record", "record": ref(ROOT)}),
    "quote with media": post(
        BO, "3qum", embed={"$type": "app.bsky.embed.recordWithMedia", "record": {"$type": "app.bsky.embed.record", "record": ref(ROOT)}, "media": {}}
    ),
    "picture": post(BO, "3pic", embed={"$type": "app.bsky.embed.images", "images": []}),
    "reply": post(CY, "3rep", **REPLY),
    "reply that quotes its thread": post(CY, "3req", **REPLY, embed={"$type": "app.bsky.embed.record", "record": ref(ROOT)}),
    "follow": commit(BO, "graph.follow", "3fol", {"subject": ANN}),
    "delete": commit(BO, "feed.repost", "3boo", operation="delete"),
    "update": commit(BO, "feed.post", "3boo", {"text": "x"}, "update"),
    "other record": commit(BO, "graph.block", "3blo", {"subject": ANN}),
    "account": {"did": BO, "time_us": WITNESSED, "kind": "account", "account": {"active": False, "did": BO, "status": "deleted"}},
    "info": {"$type": "network.bsky.jetstream.subscribeEvents#info", "name": "OutdatedCursor"},
    "time that lies": commit(BO, "feed.repost", "3lie", {"subject": ref(ROOT), "createdAt": "2099-01-01T00:00:00Z"}),
    "time that is none": commit(BO, "feed.repost", "3lie", {"subject": ref(ROOT), "createdAt": "0001-01-01T00:00:00Z"}),
}  # fmt: skip
UNKNOWN = {
    "kind": {"did": BO, "time_us": WITNESSED, "kind": "teleport"},
    "operation": commit(BO, "feed.post", "3boo", {"text": "x"}, "teleport"),
    "no subject": commit(BO, "feed.repost", "3boo", {}),
    "no record": commit(BO, "feed.repost", "3boo"),
}

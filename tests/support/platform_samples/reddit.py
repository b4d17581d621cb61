"""Synthetic listings of Reddit."""


def submission(name, **facts):
    known = {"name": f"t3_{name}", "id": name, "author": "ann", "subreddit": "films", "subreddit_subscribers": 5000, "created_utc": 1503650742.0,
             "score": 12, "num_comments": 3, "num_crossposts": 1, "permalink": "/r/films/x", "url": "https://film.example/spring",
             "removed_by_category": None}  # fmt: skip
    return {"kind": "t3", "data": {**known, **facts}}


def comment(name, parent, replies="", **facts):
    known = {
        "name": f"t1_{name}",
        "link_id": "t3_a1",
        "parent_id": parent,
        "author": "bo",
        "created_utc": 1503650800.0,
        "replies": replies,
    }
    return {"kind": "t1", "data": {**known, **facts}}


def listing(*things):
    return {"kind": "Listing", "data": {"after": None, "children": list(things)}}


PARENT = submission("a1")["data"]
SAMPLES = {
    "submission": listing(submission("a1")),
    "crosspost": submission("b1", crosspost_parent="t3_a1", crosspost_parent_list=[PARENT]),
    "crosspost of a crosspost": submission(
        "c1", crosspost_parent="t3_b1", crosspost_parent_list=[submission("b1", crosspost_parent="t3_a1")["data"]]
    ),
    "deleted crosspost": submission("b1", crosspost_parent="t3_a1", author="[deleted]"),
    "removed": submission("a1", removed_by_category="moderator"),
    "downvoted": submission("d1", score=-4),
    "comments": [
        listing(submission("a1")),
        listing(comment("x1", "t3_a1", listing(comment("x2", "t1_x1"), {"kind": "more", "data": {}}))),
    ],
    "deleted comment": comment("x1", "t3_a1", author="[deleted]"),
}
UNKNOWN = {"subreddit": {"kind": "t5", "data": {"name": "t5_1"}}, "no name": {"kind": "t3", "data": {"id": "a1"}}}

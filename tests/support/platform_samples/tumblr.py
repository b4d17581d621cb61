"""Synthetic answers of Tumblr's API."""

POST = {"id": "1000", "blog_name": "ann"}


def note(kind, blog, time, **facts):
    return {
        "type": kind,
        "timestamp": time,
        "blog_name": blog,
        "blog_uuid": f"t:{blog}",
        "blog_url": f"https://{blog}.example/",
        "followed": False,
        **facts,
    }


def trail(*names):
    return [
        {"post": {"id": name, "timestamp": 1}, "blog": {}, "content": []}
        if name
        else {"broken_blog_name": "x", "content": []}
        for name in names
    ]


def post(name, **facts):
    return {
        "id": int(name),
        "id_string": name,
        "blog_name": "cy",
        "timestamp": 1595527600,
        "post_url": f"https://cy.example/{name}",
        "trail": [],
        **facts,
    }


def notified(kind, **facts):
    return {
        "id": "9",
        "type": kind,
        "timestamp": 1595527700,
        "target_post_id": "1000",
        "from_tumblelog_name": "dee",
        **facts,
    }


SAMPLES = {
    "totals": {
        "post": POST,
        "response": {"notes": [note("reply", "dee", 1595527568)], "total_likes": 40, "total_reblogs": 7},
    },
    "notes": {
        "post": POST,
        "meta": {"status": 200},
        "response": {
            "notes": [
                note("reblog", "cy", 1595527576, post_id="1002", reblog_parent_blog_name="bo"),
                note("reblog", "bo", 1595527574, post_id="1001", reblog_parent_blog_name="ann"),
                note("like", "dee", 1595527569),
                note("reply", "dee", 1595527568, reply_text="Nice"),
                note("posted", "ann", 1595527500),
            ],
            "total_notes": 5,
        },
    },
    "posts": {
        "response": {
            "posts": [
                post("1003"),
                post("1004", parent_post_id="1002", trail=trail("1000", "1002")),
                post("1005", trail=trail("1000", "1002")),
                post("1006", trail=trail(None, "1002")),
                post("1007", reblogged_from_id="1002", reblogged_root_id="1000"),
            ]
        }
    },
    "notifications": {
        "response": {
            "notifications": [
                notified("like"),
                notified("reblog_naked", post_id="1008"),
                notified("reply"),
                notified("mention_in_post", post_id="1009", target_post_id=None),
                notified("follow", target_post_id=None),
            ]
        }
    },
}
UNKNOWN = {
    "note": {"post": POST, "response": {"notes": [note("teleport", "bo", 1595527574)]}},
    "notes of no post": {"response": {"notes": [note("like", "bo", 1595527574)]}},
    "broken trail": post("1010", trail=trail(None)),
    "notification": notified("teleport"),
}

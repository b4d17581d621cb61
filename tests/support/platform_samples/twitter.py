"""Synthetic payloads of the shapes that X sends: Activity API, v2 posts, Account Activity webhooks, v1.1 statuses."""

ME, ANN, BO = "1000000000000000001", "1000000000000000002", "1000000000000000003"
HANDLES = {ME: "me", ANN: "ann", BO: "bo"}
ROOT, QUOTE = "1900000000000000001", "1900000000000000002"


def user(who, followers):
    metrics = {"followers_count": followers, "followers_count_str": str(followers), "following_count": 1}
    return {"id": who, "username": f"user{who[-1]}", "public_metrics": metrics, "verified": False}


def event(kind, payload, includes=None, **filters):
    data = {
        "event_uuid": "-77",
        "filter": {"user_id": ME, **filters},
        "event_type": kind,
        "tag": "t",
        "payload": payload,
    }
    return {"data": {**data, "includes": {} if includes is None else includes}}


def post(name, author=ANN, **facts):
    known = {"id": name, "author_id": author, "created_at": "2026-08-12T18:10:00.000Z", "conversation_id": name}
    return {**known, "text": "Hello", "lang": "en", "edit_history_tweet_ids": [name], **facts}


def refers(kind, name):
    return {"referenced_tweets": [{"type": kind, "id": name}]}


FOLLOW = {"source": {"data": user(ANN, 55)}, "target": {"data": user(ME, 5502)}}


def status(name, who=ANN, followers=42, **facts):
    # The number is what a program with float numbers would make of it: wrong in its last digits.
    known = {
        "created_at": "Wed Aug 12 18:10:00 +0000 2026",
        "id": int(name) // 1000 * 1000,
        "id_str": name,
        "lang": "en",
    }
    author = {"id": int(who) // 1000 * 1000, "id_str": who, "screen_name": HANDLES[who], "followers_count": followers}
    return {**known, "text": "Hello", "user": author, "entities": {"user_mentions": []}, **facts}


def webhook(**events):
    return {"for_user_id": ME, "user_has_blocked": "false", **events}


SAMPLES = {
    "post": event("post.create", post(ROOT, ME), {"users": [user(ME, 5502)]}),
    "repost": event(
        "post.repost.create", post("1900000000000000010", **refers("retweeted", ROOT), text="RT @user1: Hello")
    ),
    "repost of a quote": event(
        "post.repost.create",
        post("1900000000000000011", **refers("retweeted", QUOTE)),
        {"users": [user(ANN, 97)], "tweets": [post(QUOTE, BO, **refers("quoted", ROOT))]},
    ),
    "quote": event("post.quote.create", post(QUOTE, BO, **refers("quoted", ROOT))),
    "reply": event(
        "post.reply.create",
        post(
            "1900000000000000012",
            **refers("replied_to", "1900000000000000005"),
            in_reply_to_user_id=BO,
            conversation_id=ROOT,
        ),
    ),
    "mention": event(
        "post.mention.create",
        post("1900000000000000013", entities={"mentions": [{"start": 0, "end": 6, "username": "user1", "id": ME}]}),
        {"users": [user(ANN, 97), user(ME, 5502)]},
    ),
    "like by me": event(
        "like.create",
        {
            "id": "aa11",
            "created_at": "2026-08-12T18:12:45.000Z",
            "timestamp_ms": "1786558365236",
            "liked_tweet_author_id": BO,
            "liked_tweet_id": ROOT,
        },
        {"users": [user(BO, 7)]},
        direction="outbound",
    ),
    "like of mine": event(
        "like.create",
        {"id": "aa12", "created_at": "2026-08-12T18:12:46.000Z", "liked_tweet_author_id": ME, "liked_tweet_id": ROOT},
        {"users": [user(ME, 5502), user(ANN, 97)]},
        direction="inbound",
    ),
    "follow": event("follow.follow", FOLLOW),
    "unfollow": event("follow.unfollow", FOLLOW),
    "delete": event("post.delete", {"id": "1900000000000000010", "author_id": ANN}),
    "profile": event("profile.update.bio", {}),
    "v2 search": {
        "data": [post(ROOT, ME), post(QUOTE, BO, **refers("quoted", ROOT))],
        "includes": {"users": [user(BO, 7)]},
    },
    "v2 stream": {
        "data": post("1900000000000000014", **refers("retweeted", ROOT)),
        "matching_rules": [{"id": "1", "tag": "x"}],
    },
    "aaa": webhook(
        tweet_create_events=[
            status(ROOT),
            status("1900000000000000021", BO, 9, retweeted_status=status(ROOT), text="RT @ann: Hello"),
        ]
    ),
    "aaa like": webhook(
        favorite_events=[
            {
                "id": "bb22",
                "created_at": "Wed Aug 12 18:11:00 +0000 2026",
                "timestamp_ms": 1786558260000,
                "favorited_status": status(ROOT),
                "user": status("1", BO, 9)["user"],
            }
        ]
    ),
    "aaa follow": webhook(
        follow_events=[
            {
                "type": kind,
                "created_timestamp": moment,
                "source": status("1", ANN)["user"],
                "target": status("1", ME)["user"],
            }
            for kind, moment in (("follow", "1786558260000"), ("unfollow", "1786558270000"))
        ]
    ),
    "aaa delete": webhook(
        tweet_delete_events=[{"status": {"id": "1900000000000000021", "user_id": BO}, "timestamp_ms": "1786558300000"}]
    ),
    "aaa message": webhook(direct_message_events=[{"type": "message_create"}]),
    "v1 quote": status(QUOTE, BO, quoted_status_id_str=ROOT, quoted_status=status(ROOT), is_quote_status=True),
    "v1 repost of a quote": status(
        "1900000000000000022",
        retweeted_status=status(QUOTE, BO, quoted_status_id_str=ROOT, is_quote_status=True),
        quoted_status_id_str=ROOT,
        is_quote_status=True,
    ),
    "v1 reply": status(
        "1900000000000000023",
        in_reply_to_status_id_str=ROOT,
        in_reply_to_user_id_str=ME,
        entities={"user_mentions": [{"id_str": ME, "screen_name": "me", "indices": [0, 3]}]},
    ),
    "v1 chain in the text": status("1900000000000000024", text="RT @bo: RT @ann: Hello", retweeted_status=None),
    "v1 stream": [
        {"delete": {"status": {"id": 5, "id_str": "1900000000000000021", "user_id": 3, "user_id_str": BO}}},
        {"limit": {"track": 9}},
    ],
}
UNKNOWN = {
    "event": event("post.teleport", post(ROOT)),
    "liker": event(
        "like.create",
        {"id": "aa13", "created_at": "2026-08-12T18:12:46.000Z", "liked_tweet_author_id": ME, "liked_tweet_id": ROOT},
        {"users": [user(ME, 5502)]},
        direction="inbound",
    ),
    "reference": event("post.create", post(ROOT, **refers("parodied", QUOTE))),
    "list": webhook(hologram_events=[{}]),
    "nothing": webhook(),
    "time": event("post.create", post(ROOT, created_at="yesterday")),
    "status": {"id_str": ROOT, "text": "no user"},
}

"""Synthetic webhooks of TikTok, and answers of its Research API."""


def webhook(event):
    return {
        "client_key": "k",
        "event": event,
        "create_time": 1615338610,
        "user_openid": "act.x",
        "content": '{"share_id": "video.1.x"}',
    }


VIDEO = {"id": 7000000000000000001, "create_time": 1633823999, "username": "ann", "like_count": 90, "comment_count": 8, "share_count": 7,
         "view_count": 1000, "favourites_count": 3, "region_code": "US"}  # fmt: skip
SAMPLES = {
    "webhook": webhook("video.publish.completed"),
    "revoked": webhook("authorization.removed"),
    "videos": {"data": {"videos": [VIDEO], "cursor": 100, "has_more": False}, "error": {"code": "ok"}},
    "reposts": {"username": "bo", "data": {"reposted_videos": [VIDEO], "cursor": 1}, "error": {"code": "ok"}},
    "comments": {
        "data": {
            "comments": [
                {
                    "id": 71,
                    "video_id": 7000000000000000001,
                    "parent_comment_id": 7000000000000000001,
                    "create_time": 1633824100,
                    "text": "Hi",
                },
                {
                    "id": 72,
                    "video_id": 7000000000000000001,
                    "parent_comment_id": 71,
                    "create_time": 1633824200,
                    "text": "Yes",
                },
            ]
        }
    },
}
UNKNOWN = {
    "event": webhook("teleport.done"),
    "reposts of nobody": {"data": {"reposted_videos": [VIDEO]}},
    "answer": {"data": {"user_followers": []}, "error": {}},
}

"""Synthetic notifications about an organisation's posts, and posts of the Posts API."""

ORGANISATION, SHARE, ACTIVITY = "urn:li:organization:77", "urn:li:share:7000001", "urn:li:activity:7000002"
ANN = "urn:li:person:Ann1"
COMMENT = f"urn:li:comment:({ACTIVITY},7000009)"
SHORT_COMMENT = "urn:li:comment:(activity:7000002,7000009)"


def notification(action, **facts):
    known = {
        "notificationId": 4400001,
        "organizationalEntity": ORGANISATION,
        "action": action,
        "sourcePost": ACTIVITY,
        "decoratedSourcePost": {"entity": SHARE, "owner": ORGANISATION, "text": "News", "mediaCategory": "NONE"},
        "lastModifiedAt": 1780000000000,
        "subscriber": "urn:li:person:Admin",
    }
    return {**known, **facts}


def sent(*notifications):
    return {"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": list(notifications)}


COMMENTED = {"comment": {"entity": COMMENT, "owner": ANN, "object": ACTIVITY, "text": "Well done"}}
SHARED = {"share": {"entity": "urn:li:share:7000100", "owner": ANN, "text": "Look"}}


def post(name, **facts):
    return {
        "id": name,
        "author": ORGANISATION,
        "createdAt": 1780000000000,
        "lifecycleState": "PUBLISHED",
        "visibility": "PUBLIC",
        **facts,
    }


SAMPLES = {
    "share": sent(notification("SHARE", generatedActivity="urn:li:share:7000100", decoratedGeneratedActivity=SHARED)),
    "like": sent(notification("LIKE", generatedActivity=f"urn:li:like:({ANN},{ACTIVITY})")),
    "like of nobody": sent(notification("LIKE", generatedActivity="urn:li:activity:1")),
    "comment": sent(notification("COMMENT", generatedActivity=SHORT_COMMENT, decoratedGeneratedActivity=COMMENTED)),
    "edit": sent(notification("COMMENT_EDIT", generatedActivity=SHORT_COMMENT)),
    "comment gone": sent(
        notification("COMMENT_DELETE", generatedActivity=SHORT_COMMENT, decoratedGeneratedActivity=COMMENTED)
    ),
    "comment gone, bare": sent(
        notification("COMMENT_DELETE", generatedActivity=SHORT_COMMENT, decoratedSourcePost=None)
    ),
    "mention": sent(
        notification("SHARE_MENTION", generatedActivity="urn:li:share:7000100", decoratedGeneratedActivity=SHARED)
    ),
    "back-fill": {"elements": [notification("ADMIN_COMMENT", generatedActivity=SHORT_COMMENT)], "paging": {"count": 1}},
    "statistics": {
        "elements": [
            {
                "organizationalEntity": ORGANISATION,
                "share": SHARE,
                "totalShareStatistics": {
                    "shareCount": 4,
                    "likeCount": 30,
                    "commentCount": 5,
                    "clickCount": 60,
                    "impressionCount": 900,
                    "uniqueImpressionsCount": 700,
                    "engagement": 0.11,
                },
            },
            {"organizationalEntity": ORGANISATION, "totalShareStatistics": {"shareCount": 99}},
        ]
    },
    "posts": {
        "elements": [
            post(SHARE, publishedAt=1780000000001),
            post("urn:li:share:7000200", author=ANN, reshareContext={"parent": "urn:li:share:7000100", "root": SHARE}),
            post("urn:li:share:7000300", lifecycleState="DRAFT"),
        ]
    },
}
UNKNOWN = {
    "action": sent(notification("WAVE")),
    "type": {"type": "WEATHER", "notifications": [notification("LIKE")]},
    "no time": sent(notification("LIKE", lastModifiedAt=None)),
    "draft request": {"author": ORGANISATION, "commentary": "Hi", "lifecycleState": "PUBLISHED"},
}

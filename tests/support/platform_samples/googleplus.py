"""Synthetic activities of Google+: API v1 and Takeout."""


def activity(name, verb="post", **thing):
    return {
        "kind": "plus#activity", "id": name, "verb": verb, "published": "2014-09-08T21:17:41.232Z",
        "actor": {"id": "1001", "displayName": "Ann"}, "url": f"https://plus.example/1001/posts/{name}",
        "object": {"objectType": "note", "content": "…", **thing},
    }  # fmt: skip


def person(number):
    return {
        "displayName": f"N{number}",
        "resourceName": f"users/{number}",
        "profilePageUrl": f"https://plus.example/{number}",
    }


def takeout(number, name, **facts):
    return {
        "url": f"https://plus.example/{number}/posts/{name}", "creationTime": "2014-09-08 21:17:41+0200",
        "author": person(number), "resourceName": f"users/{number}/posts/{name}", "postAcl": {"isPublic": True}, **facts,
    }  # fmt: skip


TOTALS = {"replies": {"totalItems": 16}, "plusoners": {"totalItems": 44}, "resharers": {"totalItems": 1}}
SAMPLES = {
    "activities": {
        "kind": "plus#activityFeed",
        "items": [
            activity("z1", **TOTALS),
            activity("z2", "share", id="z1", actor={"id": "1001"}, **TOTALS),
            {"kind": "plus#comment", "id": "z1#c1", "verb": "post", "published": "2014-09-08T22:00:00.000Z", "actor": {"id": "1002"},
             "inReplyTo": [{"id": "z1", "url": "https://plus.example/1001/posts/z1"}], "object": {"content": "…"}},
        ],
    },
    "takeout": takeout(
        2001, "p1",
        plusOnes=[{"plusOner": person(2002)}, {"plusOner": person(2003)}],
        reshares=[{"resharer": person(2002)}],
        comments=[{"creationTime": "2014-09-08 22:00:00+0200", "author": person(2004), "content": "…",
                   "resourceName": "users/2001/posts/p1/comments/c9"}],
    ),
    "takeout reshare": takeout(
        2002, "p2",
        resharedPost={"url": "https://plus.example/2001/posts/p1", "author": person(2001), "resourceName": "users/2001/posts/p1"},
        reshares=[{"resharer": person(2005)}],
        comments=[{"creationTime": "2014-09-09 22:00:00+0200", "author": person(2004), "resourceName": "users/2002/posts/p2/comments/c1"}],
    ),
}  # fmt: skip
UNKNOWN = {
    "kind": {"kind": "plus#hologram"},
    "verb": activity("z3", "wave"),
    "no time": takeout(2001, "p3", creationTime=None),
}

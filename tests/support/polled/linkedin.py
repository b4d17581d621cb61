"""LinkedIn: notifications of an organisation, posts, and share statistics. Rest.li: what is in lists comes encoded."""

from __future__ import annotations

import re
from urllib.parse import unquote

from aiohttp import web
from support.polled.server import T0, Fault, Server

ORGANIZATION = "urn:li:organization:5"
SHARE = "urn:li:share:7000001"


class LinkedIn(Server):
    def __init__(self) -> None:
        super().__init__()
        self.notifications: list[dict[str, object]] = []
        self.posts: dict[str, dict[str, object]] = {}
        self.statistics: dict[str, int] = {}
        self.may_read_posts = True
        self.post(SHARE, ORGANIZATION, 0)

    def routes(self):
        return [
            web.get("/rest/organizationalEntityNotifications", self._notifications),
            web.get("/rest/organizationalEntityShareStatistics", self._statistics),
            web.get("/rest/posts", self._batch),
            web.get("/rest/posts/{urn}", self._post),
        ]

    def post(self, urn, author, after_s, **context):
        at = (T0 + after_s) * 1000
        facts = {"reshareContext": context} if context else {}
        self.posts[urn] = {
            "id": urn,
            "author": author,
            "createdAt": at,
            "publishedAt": at,
            "lifecycleState": "PUBLISHED",
            **facts,
        }

    def notify(self, action, after_s, activity, **facts):
        self.notifications.append(
            {
                "notificationId": 1000 + len(self.notifications),
                "organizationalEntity": ORGANIZATION,
                "action": action,
                "sourcePost": SHARE,
                "decoratedSourcePost": {"entity": SHARE, "owner": ORGANIZATION},
                "generatedActivity": activity,
                "lastModifiedAt": (T0 + after_s) * 1000,
                **facts,
            }
        )

    def reshare(self, urn, member, after_s, parent):
        self.post(urn, member, after_s, parent=parent, root=SHARE)
        self.notify("SHARE", after_s, urn, decoratedGeneratedActivity={"share": {"entity": urn, "owner": member}})

    def _check(self, request):
        assert re.fullmatch(r"20\d{4}", request.headers["LinkedIn-Version"])
        assert request.headers["X-Restli-Protocol-Version"] == "2.0.0"

    async def _notifications(self, request):
        self._check(request)
        raw = request.rel_url.raw_query_string
        assert f"organizationalEntity={ORGANIZATION.replace(':', '%3A')}&" in raw
        actions = set(re.search(r"actions=List\(([A-Z_,]+)\)", raw)[1].split(","))
        start_ms, end_ms = map(int, re.search(r"timeRange=\(start:(\d+),end:(\d+)\)", raw).groups())
        first, count = int(request.query["start"]), int(request.query["count"])
        found = [
            one for one in self.notifications if one["action"] in actions and start_ms <= one["lastModifiedAt"] < end_ms
        ]
        page = {"count": count, "start": first, "links": []}
        return web.json_response({"paging": page, "elements": found[first : first + count]})

    async def _batch(self, request):
        self._check(request)
        assert request.headers["X-RestLi-Method"] == "BATCH_GET"
        if not self.may_read_posts:
            return self.refuse(Fault(403, body={"status": 403, "message": "Not enough permissions"}))
        urns = [unquote(one) for one in re.search(r"ids=List\((.*)\)", request.rel_url.raw_query_string)[1].split(",")]
        return web.json_response({"results": {urn: self.posts[urn] for urn in urns if urn in self.posts}, "errors": {}})

    async def _post(self, request):
        self._check(request)
        return self.answer(request, self.posts[request.match_info["urn"]])

    async def _statistics(self, request):
        self._check(request)
        assert request.rel_url.raw_query_string.endswith(f"&shares=List({SHARE.replace(':', '%3A')})")
        element = {
            "organizationalEntity": ORGANIZATION,
            "share": SHARE,
            "totalShareStatistics": {"engagement": 0.1, **self.statistics},
        }
        return self.answer(request, {"elements": [element], "paging": {"count": 10, "start": 0, "links": []}})

"""Reddit: tokens that end, a submission with its crossposts and comments, and things by name."""

from __future__ import annotations

from aiohttp import encode_basic_auth, web
from support.polled.server import T0, Fault, Server


class Reddit(Server):
    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.lasts_s = 0, 86_400
        self.things: dict[str, dict[str, object]] = {}
        self.limits = {"x-ratelimit-used": "4", "x-ratelimit-remaining": "996.0", "x-ratelimit-reset": "300"}
        self.thing("t3_a1", "ann", 0, subreddit="films")

    def is_known(self, request):
        if "unusual" not in request.headers.get("User-Agent", ""):
            return False
        return request.path == "/token" or request.headers.get("Authorization") == f"bearer {self.tokens}".title()

    def denied(self):
        return Fault(401, body={"message": "Unauthorized", "error": 401})

    def routes(self):
        return [
            web.post("/token", self._token),
            web.get("/duplicates/{id}", self._duplicates),
            web.get("/comments/{id}", self._comments),
            web.get("/api/info", self._info),
        ]

    def thing(self, name, author, after_s, **facts):
        self.things[name] = {"name": name, "author": author, "created_utc": float(T0 + after_s), "score": 1, **facts}

    def crosspost(self, name, author, after_s, subscribers):
        facts = {"crosspost_parent": "t3_a1", "subreddit_subscribers": subscribers, "subreddit": f"r{name}"}
        self.thing(name, author, after_s, **facts)

    def comment(self, name, author, after_s, parent="t3_a1"):
        self.thing(name, author, after_s, link_id="t3_a1", parent_id=parent)

    def delete(self, name):
        self.things[name] |= {"author": "[deleted]"}

    async def _token(self, request):
        form = await request.post()
        assert dict(form) == {"grant_type": "client_credentials"}
        assert request.headers["Authorization"] == encode_basic_auth("app", "app secret")
        self.tokens += 1
        told = {"access_token": str(self.tokens), "token_type": "bearer", "expires_in": self.lasts_s, "scope": "*"}
        return web.json_response(told)

    def _listing(self, names, limit=100, after=None):
        names = names[names.index(after) + 1 :] if after else names
        children = [{"kind": name[:2], "data": self._with_totals(name)} for name in names[:limit]]
        cursor = names[limit - 1] if len(names) > limit else None
        return {"kind": "Listing", "data": {"children": children, "after": cursor, "before": None}}

    def _with_totals(self, name):
        crossposts, comments = len(self._newest("t3_", "crosspost_parent")), len(self._newest("t1_", "link_id"))
        totals = {"num_crossposts": crossposts, "num_comments": comments} if name == "t3_a1" else {}
        return self.things[name] | totals

    def _newest(self, kind, field):
        found = [name for name, one in self.things.items() if name.startswith(kind) and field in one]
        return sorted(found, key=lambda name: -self.things[name]["created_utc"])

    async def _duplicates(self, request):
        assert request.query["sort"] == "new"
        standing = [
            name for name in self._newest("t3_", "crosspost_parent") if self.things[name]["author"] != "[deleted]"
        ]
        listed = self._listing(standing, min(int(request.query["limit"]), 2), request.query.get("after"))
        return self.answer(request, [self._listing([f"t3_{request.match_info['id']}"]), listed])

    async def _comments(self, request):
        roots = [name for name in self._newest("t1_", "link_id") if self.things[name]["parent_id"].startswith("t3_")]
        listed = self._listing(roots)
        for child in listed["data"]["children"]:
            answers = [
                n for n in self._newest("t1_", "link_id") if self.things[n]["parent_id"] == child["data"]["name"]
            ]
            child["data"]["replies"] = self._listing(answers) if answers else ""
        return self.answer(request, [self._listing([f"t3_{request.match_info['id']}"]), listed])

    async def _info(self, request):
        return self.answer(request, self._listing(request.query["id"].split(",")))

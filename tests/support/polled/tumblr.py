"""Tumblr: posts, and the notes of a post, the newest first, a page at a time."""

from __future__ import annotations

from aiohttp import web
from support.polled.server import T0, Fault, Server


class Tumblr(Server):
    page = 3  # theirs is 50

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[dict[str, object]] = []
        self.is_there = True
        self.more: dict[str, object] = {}

    def is_known(self, request):
        return request.query.get("api_key") == self.token

    def denied(self):
        return Fault(401, body={"meta": {"status": 401, "msg": "Unauthorized"}, "response": []})

    def routes(self):
        return [web.get("/v2/blog/{blog}/posts", self._posts), web.get("/v2/blog/{blog}/notes", self._notes)]

    def reblog(self, number, blog, parent, after_s):
        self._note("reblog", blog, after_s, post_id=str(number), reblog_parent_blog_name=parent)

    def reply(self, blog, after_s):
        self._note("reply", blog, after_s, reply_text="Well")

    def like(self, blog, after_s):
        self._note("like", blog, after_s)

    def _note(self, kind, blog, after_s, **facts):
        note = {"type": kind, "blog_name": blog, "timestamp": T0 + after_s, "followed": False, **facts}
        self.notes.append(note)
        self.notes.sort(key=lambda one: -one["timestamp"])

    async def _posts(self, request):
        if not self.is_there:
            return self.refuse(Fault(404, body={"meta": {"status": 404, "msg": "Not Found"}, "response": []}))
        post = {
            "id": int(request.query["id"]),
            "id_string": request.query["id"],
            "blog_name": request.match_info["blog"],
            "timestamp": T0,
            "post_url": f"https://ann.example/{request.query['id']}",
            **self.more,
        }
        return self.answer(request, {"meta": {"status": 200, "msg": "OK"}, "response": {"posts": [post]}})

    async def _notes(self, request):
        mode = request.query["mode"]
        wanted = {"reblogs_with_tags": ("reblog",), "likes": ("like",), "conversation": ("reply",)}[mode]
        unit = 1_000_000 if mode == "conversation" else 1
        before = int(request.query.get("before_timestamp", 10**18))
        found = [note for note in self.notes if note["type"] in wanted and note["timestamp"] * unit < before]
        response = {"notes": found[: self.page], "total_notes": len(self.notes)}
        if mode == "conversation":
            response |= {
                f"total_{kind}s": sum(one["type"] == kind for one in self.notes) for kind in ("like", "reblog")
            }
        if len(found) > self.page:
            query = {**request.query, "before_timestamp": str(found[self.page - 1]["timestamp"] * unit)}
            query.pop("api_key")
            response["_links"] = {
                "next": {"href": "https://elsewhere.example/", "method": "GET", "query_params": query}
            }
        return self.answer(request, {"meta": {"status": 200, "msg": "OK"}, "response": response})

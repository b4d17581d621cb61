"""Meta's Graph API as Threads and Instagram use it: edges in pages with cursors, insights, errors in the body."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

from aiohttp import web
from support.polled.server import T0, Fault, Server


def stamp(after_s):
    return datetime.fromtimestamp(T0 + after_s, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


class Graph(Server):
    page = 2

    def __init__(self) -> None:
        super().__init__()
        self.nodes: dict[str, dict[str, object]] = {}
        self.edges: dict[str, list[dict[str, object]]] = {}
        self.metrics: dict[str, int] = {}
        self.use(3)

    def use(self, percent):
        self.limits = {"X-App-Usage": json.dumps({"call_count": percent, "total_time": 1, "total_cputime": 0})}

    def denied(self):
        return Fault(
            401, body={"error": {"message": "Error validating access token", "type": "OAuthException", "code": 190}}
        )

    def throttled(self, **headers):
        return Fault(400, headers, {"error": {"message": "Too many calls", "code": 4, "is_transient": True}})

    def routes(self):
        return [
            web.get("/{version}/{id}/insights", self._insights),
            web.get("/{version}/{id}/{edge}", self._edge),
            web.get("/{version}/{id}", self._node),
        ]

    def add(self, edge, number, after_s, **facts):
        """One more item of an edge such as `100/conversation`; a time of None puts it nowhere else but in its place."""
        self.edges.setdefault(edge, []).append({"id": str(number), "timestamp": stamp(after_s), **facts})
        self.edges[edge].sort(key=lambda one: one["timestamp"], reverse=True)

    async def _node(self, request):
        return self.answer(request, self.nodes[request.match_info["id"]])

    async def _insights(self, request):
        medium, wanted = request.match_info["id"], request.query["metric"].split(",")
        data = [
            {
                "name": name,
                "period": "lifetime",
                "values": [{"value": self.metrics.get(name, 0)}],
                "id": f"{medium}/insights/{name}/lifetime",
            }
            for name in wanted
        ]
        return self.answer(request, {"data": data})

    async def _edge(self, request):
        items = self.edges.get(f"{request.match_info['id']}/{request.match_info['edge']}", [])
        start = int(base64.b64decode(request.query.get("after", "")) or b"0")
        page = items[start : start + self.page]
        answer = {"data": page}
        if page:
            cursors = {"before": "b", "after": base64.b64encode(str(start + len(page)).encode()).decode()}
            more = {"next": "https://elsewhere.example/"} if start + len(page) < len(items) else {}
            answer["paging"] = {"cursors": cursors, **more}
        return self.answer(request, answer)

"""Pinterest: Pins of an account, one by one or in pages."""

from __future__ import annotations

from aiohttp import web
from support.polled.server import Fault, Server


class Pinterest(Server):
    page = 2

    def __init__(self) -> None:
        super().__init__()
        self.pins: dict[str, dict[str, object]] = {}
        self.limits = {
            "X-RateLimit-Limit": '1000, 1000;w=60;name="org_read"',
            "X-RateLimit-Remaining": "998, 998;w=60",
            "X-RateLimit-Reset": "41",
        }

    def routes(self):
        return [web.get("/v5/pins", self._pins), web.get("/v5/pins/{id}", self._pin)]

    def pin(self, number, *, parent=None, **metrics):
        self.pins[str(number)] = {
            "id": str(number),
            "created_at": "2026-05-28T10:00:00",
            "board_owner": {"username": "ann"},
            "link": "https://example.org/film",
            "parent_pin_id": parent,
            "pin_metrics": {"lifetime_metrics": metrics, "90d": {}},
        }

    async def _pin(self, request):
        assert request.query["pin_metrics"] == "true"
        pin = self.pins.get(request.match_info["id"])
        return (
            self.answer(request, pin)
            if pin
            else self.refuse(Fault(404, body={"code": 50, "message": "Pin not found."}))
        )

    async def _pins(self, request):
        names = sorted(self.pins)
        start = int(request.query.get("bookmark", "0"))
        bookmark = str(start + self.page) if start + self.page < len(names) else None
        items = [self.pins[name] for name in names[start : start + self.page]]
        return self.answer(request, {"items": items, "bookmark": bookmark})

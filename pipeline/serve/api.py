"""The JSON API. All figures are those of `docs` and column comments; unknown is null, never 0. Times are milliseconds since 1970 UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
from aiohttp import web

from pipeline.errors import UnavailableError
from pipeline.serve.topics import (
    HEALTH,
    LETTERS,
    BadQuestionError,
    alerts_topic,
    campaign_topics,
    content_topic,
    contents_topic,
)

if TYPE_CHECKING:
    from pipeline.serve.guard import Handler
    from pipeline.serve.hub import Hub


def answer(value: object, status: int = 200) -> web.Response:
    """A JSON answer that no cache keeps."""
    return web.Response(
        body=msgspec.json.encode(value),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


@web.middleware
async def plain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """400 for a question that cannot be served, 503 while ClickHouse does not answer; the body is `{"error": sentence}`."""
    try:
        return await handler(request)
    except BadQuestionError as error:
        return answer({"error": str(error)}, status=400)
    except UnavailableError as error:
        return answer({"error": str(error)}, status=503)


def _elsewhere(merged_into: str | None) -> web.Response:
    """Where the figures of a content are that has none of its own."""
    if merged_into is None:
        return answer({"error": "no such content"}, status=404)
    moved = answer({"merged_into": merged_into}, status=307)
    moved.headers["Location"] = f"/api/content?id={quote(merged_into, safe='')}"
    return moved


class Api:
    """Handlers. They read the same feeds as the streams: many callers cost ClickHouse one query."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def contents(self, request: web.Request) -> web.Response:
        """GET /api/contents?campaign=&platform=&search=&limit= : contents by what is moving now.

        `{"items": [{content_id, …facts…, sparkline}], "matching": int}`; `limit` 1 to 200 (40); `search` looks into content id and campaign.
        """
        values = await self._hub.current(contents_topic(request.query))
        return answer(values["contents"])

    async def content(self, request: web.Request) -> web.Response:
        """GET /api/content/{id} or /api/content?id=… : one content's page, with `tree`. 404 when ClickHouse has no such content.
        A content that was merged into another one answers 307 with that one's address, and its id in the body: `{"merged_into"}`.

        The id is percent-encoded UTF-8. The second form also takes ids such as `..`, which browsers cut out of a path.
        """
        content_id = request.match_info.get("id") or request.query.get("id", "")
        values = await self._hub.current(content_topic(content_id))
        content = values["content"]
        if not content["known"]:
            return _elsewhere(content["merged_into"])
        return answer({**content, "tree": values["tree"]})

    async def campaign(self, request: web.Request) -> web.Response:
        """GET /api/campaign?id=… : one campaign's figures and amplifiers, with the `conversation` of its accounts. 404 when no content names it."""
        figures, conversation, *_ = campaign_topics(request.query.get("id", ""), {})
        campaign = (await self._hub.current(figures))["campaign"]
        if not campaign["known"]:
            return answer({"error": "no such campaign"}, status=404)
        return answer({**campaign, **await self._hub.current(conversation)})

    async def dead_letters(self, _request: web.Request) -> web.Response:
        """GET /api/dead-letters : the newest 50 rejected records, all by reason, and the last 60 minutes by arrival."""
        values = await self._hub.current(LETTERS)
        return answer(values["letters"])

    async def alerts(self, request: web.Request) -> web.Response:
        """GET /api/alerts?content=…&campaign=… : `{open, over, mutes, may_act}` of all, or of one content or campaign; see `AlertList`."""
        values = await self._hub.current(alerts_topic(request.query))
        return answer(values["alerts"])

    async def health(self, _request: web.Request) -> web.Response:
        """GET /api/health : `{"ready", "parts": {kafka, clickhouse, worker, page}, "lag"}`; always 200, so that a page can show it."""
        values = await self._hub.current(HEALTH)
        return answer(values["health"])

    async def readyz(self, _request: web.Request) -> web.Response:
        """GET /readyz : the whole stack, `{"ready", "parts"}`; 503 while a part is not ready."""
        values = await self._hub.current(HEALTH)
        health = values["health"]
        return answer({"ready": health["ready"], "parts": health["parts"]}, status=200 if health["ready"] else 503)

    async def livez(self, _request: web.Request) -> web.Response:
        """GET /livez : this process runs."""
        return answer({"alive": True})

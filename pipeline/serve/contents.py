"""The ranked list of contents, with a sparkline each; and what it can be filtered by."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING

from pipeline.serve import sql
from pipeline.serve.facts import facts
from pipeline.serve.series import HOUR, last_hour

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.serve.reader import Reader, Row
    from pipeline.serve.topics import Topic


class RankedContents:
    """Loads part `contents`: `items` (facts and `sparkline`: shares of the last 60 minutes), `matching` (how many there are in all)."""

    def __init__(self, reader: Reader, settings: Settings, topic: Topic) -> None:
        self._reader = reader
        self._settings = settings
        filters = {"campaign": topic.campaign, "platform": topic.platform, "search": topic.search}
        self._given = {name: value for name, value in filters.items() if value}
        self._limit = topic.limit

    async def __call__(self) -> dict[str, object]:
        rows = await self._reader.rows(sql.ranked(set(self._given)), **self._given, limit=self._limit)
        lines = await self._sparklines([row["content_id"] for row in rows])
        matching = rows[0]["matching"] if rows else 0
        return {"contents": {"items": [self._item(row, lines) for row in rows], "matching": matching}}

    def _item(self, row: Row, lines: dict[str, list[int]]) -> dict[str, object]:
        shown = {name: value for name, value in row.items() if name != "matching"}
        return {**facts(shown, self._settings), "sparkline": lines.get(row["content_id"], [0] * HOUR)}

    async def _sparklines(self, ids: list[str]) -> dict[str, list[int]]:
        rows = await self._reader.rows(sql.SPARKLINES, ids=ids) if ids else []
        by_content: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_content[row["content_id"]].append(row)
        return {content: last_hour(own, "shares", own[0]["this_minute"]) for content, own in by_content.items()}


class Facets:
    """Loads part `facets`: campaigns and platforms with the number of contents each, most first."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def __call__(self) -> dict[str, object]:
        campaigns, platforms = await asyncio.gather(self._reader.rows(sql.CAMPAIGNS), self._reader.rows(sql.PLATFORMS))
        return {"facets": {"campaigns": campaigns, "platforms": platforms}}

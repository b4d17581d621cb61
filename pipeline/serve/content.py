"""One content's page: facts, generations, amplifiers, series, and its tree."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pipeline.serve import sql, tree
from pipeline.serve.facts import facts
from pipeline.serve.series import last_hour, life, step_minutes

if TYPE_CHECKING:
    from pipeline.clock import Clock
    from pipeline.config import Settings
    from pipeline.serve.reader import Reader, Row

SETTLE_LOOKS = 3
"""Tables are written one after the other: after a change the details are read on this many further looks."""
MINUTE_MS = 60_000


class ContentPage:
    """Loads parts `content` and `tree` of one content. While nothing changes, a look costs one small query.

    `content` is `{"id", "known": false, "merged_into"}` when ClickHouse has no such content (yet); `merged_into` is the content that a link merged
    it into, None without one.
    """

    def __init__(self, reader: Reader, settings: Settings, clock: Clock, content_id: str) -> None:
        self._reader = reader
        self._settings = settings
        self._clock = clock
        self._id = content_id
        self._mark: tuple[object, ...] = ()
        self._looks = 0
        self._details: dict[str, object] = {}
        self._tree: tree.Drawing | None = None

    async def __call__(self) -> dict[str, object]:
        rows = await self._ask(sql.CONTENT)
        if not rows:
            self._mark = ()
            homes = await self._ask(sql.MERGED_INTO)
            return {
                "content": {"id": self._id, "known": False, "merged_into": homes[0]["merged_into"] if homes else None}
            }
        row = rows[0]
        if self._stale(row):
            self._details, self._tree = await asyncio.gather(self._read_details(row), self._read_tree(row))
        content = {"id": self._id, "known": True, "facts": facts(row, self._settings), **self._details}
        return {"content": content, "tree": self._tree}

    def _stale(self, row: Row) -> bool:
        mark = (row["kafka_partition"], row["kafka_offset"], row["size"], self._minute())
        self._looks = SETTLE_LOOKS if mark != self._mark else self._looks - 1
        self._mark = mark
        return self._looks > 0

    def _minute(self) -> int:
        return self._clock.now_us() // 60_000_000

    async def _read_details(self, row: Row) -> dict[str, object]:
        first, last = row["first_seen"] // MINUTE_MS, row["last_seen"] // MINUTE_MS
        step = step_minutes(first, last)
        generations, amplifiers, count, platforms, hour, whole, basis = await asyncio.gather(
            self._ask(sql.GENERATIONS),
            self._ask(sql.AMPLIFIERS),
            self._ask(sql.AMPLIFIER_COUNT),
            self._ask(sql.CONTENT_PLATFORMS),
            self._ask(sql.CONTENT_LAST_HOUR),
            self._ask(sql.CONTENT_LIFE, step=step),
            self._ask(sql.PARENT_BASIS),
        )
        return {
            "generations": with_r(generations),
            "amplifiers": {"top": amplifiers, "total": count[0]["amplifiers"]},
            "platforms": platforms,
            "hour": {
                "shares": last_hour(hour, "shares", self._minute()),
                "reach": last_hour(hour, "reach", self._minute()),
            },
            "hour_end": self._minute(),
            "life": life(whole, step, first, last),
            "basis": basis,
        }

    async def _read_tree(self, row: Row) -> tree.Drawing:
        spreads = row["size"] - 1
        if spreads <= tree.READ:
            return tree.draw(await self._ask(sql.EDGES, limit=tree.READ))
        on_root = row["breadth"][1] if len(row["breadth"]) > 1 else 0
        return tree.draw_parents(await self._ask(sql.PARENTS, limit=tree.READ), spreads, on_root)

    async def _ask(self, question: str, **parameters: object) -> list[Row]:
        return await self._reader.rows(question, id=self._id, **parameters)


def with_r(generations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """R_g = nodes of the next generation over nodes of this one (metrics: Structure); None for the last, whose children may yet come."""
    following = [row["nodes"] for row in generations[1:]]
    return [
        {**row, "r": following[at] / row["nodes"] if at < len(following) and row["nodes"] else None}
        for at, row in enumerate(generations)
    ]

"""The pulse of the whole: how much is stored, how fast it grows, and the last hour by platform."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from pipeline.serve import sql
from pipeline.serve.series import last_hour

if TYPE_CHECKING:
    from pipeline.clock import Clock
    from pipeline.serve.reader import Reader, Row

WINDOW_US = 10_000_000


class Rate:
    """Growth per second of a total over about the last ten seconds; None until two looks lie apart."""

    def __init__(self) -> None:
        self._looks: deque[tuple[int, int]] = deque()

    def add(self, now_us: int, total: int) -> float | None:
        """One look at the total. A total that shrinks (retention, a new database) starts anew."""
        if self._looks and total < self._looks[-1][1]:
            self._looks.clear()
        self._looks.append((now_us, total))
        while len(self._looks) > 2 and now_us - self._looks[1][0] >= WINDOW_US:  # noqa: PLR2004 - a rate needs two looks
            self._looks.popleft()
        then, before = self._looks[0]
        return (total - before) * 1e6 / (now_us - then) if now_us > then else None


class Pulse:
    """Loads part `pulse`. Rates count what became visible in ClickHouse, so they include the whole way from Kafka to here."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._accepted = Rate()
        self._rejected = Rate()

    async def __call__(self) -> dict[str, object]:
        totals, accepted, rejected, recent = await asyncio.gather(
            self._reader.rows(sql.TOTALS),
            self._reader.rows(sql.ACCEPTED),
            self._reader.rows(sql.REJECTED),
            self._reader.rows(sql.RECENT_BY_PLATFORM),
        )
        now_us = self._clock.now_us()
        stored, refused = int(accepted[0]["accepted"] or 0), rejected[0]["rejected"]
        contents = totals[0]["contents"]
        pulse = {
            "read_at": now_us // 1000,
            "contents": contents,
            "last_seen": totals[0]["last_seen"] if contents else None,
            "accepted": {"total": stored, "per_second": self._accepted.add(now_us, stored)},
            "rejected": {"total": refused, "per_second": self._rejected.add(now_us, refused)},
            "hour": hour(recent, totals[0]["now"] // 60_000),
        }
        return {"pulse": pulse}


def hour(rows: list[Row], this_minute: int) -> dict[str, object]:
    """The last 60 minutes of event time: shares by platform (most first), secondary reach and all acts over platforms."""
    names = sorted({row["platform"] for row in rows})
    shares = {
        name: last_hour((row for row in rows if row["platform"] == name), "shares", this_minute) for name in names
    }
    ranked = sorted(names, key=lambda name: (-sum(shares[name]), name))
    return {
        "end": this_minute,
        "platforms": [{"platform": name, "shares": shares[name]} for name in ranked],
        "reach": last_hour(rows, "reach", this_minute),
        "acts": last_hour(rows, "acts", this_minute),
    }

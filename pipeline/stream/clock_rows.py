"""The rows of looks on their way to ClickHouse. No offset waits for them: what a crash takes is made again at the next look.

Only the latest of each content waits, so ClickHouse may be away for as long as it likes; of the history the oldest rows go when they are too many.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING

from pipeline.cascade import micros
from pipeline.metrics import Metric, Metrics
from schemas.clock_rows import MINUTE_US, history_version
from schemas.rows import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.stream.look import Look
    from schemas.alert import Alert
    from schemas.rows import Blocks

Row = tuple[object, ...]

_DEEPEST = 64
"""Depths from here on share the last slot."""


class ClockRows:
    """What waits for ClickHouse, over all partitions. At most `most` rows of the history."""

    def __init__(self, most: int, metrics: Metrics) -> None:
        self._most = most
        self._metrics = metrics
        self._rows: dict[str, dict[object, Row]] = {
            name: {} for name in ("content_clock", "content_history", "alerts", "baselines")
        }

    def __len__(self) -> int:
        return sum(map(len, self._rows.values()))

    def clock(self, seen: Look) -> None:
        """The figures of a look."""
        self._rows["content_clock"][seen.content_id] = clock_row(seen)

    def history(self, rows: Iterable[Row]) -> None:
        """Rows of table `content_history`."""
        waiting = self._rows["content_history"]
        for row in rows:
            waiting[row[:2]] = row
        while len(waiting) > self._most:
            waiting.pop(next(iter(waiting)))
            self._metrics.add(Metric.HISTORY_DROPPED)

    def alerts(self, alerts: Iterable[Alert]) -> None:
        """What was told."""
        for alert in alerts:
            known = self._rows["alerts"].get(alert.alert_id)
            row = alert_row(alert)
            if known is None or known[1] < row[1]:  # type: ignore[operator]  # the column `sequence`
                self._rows["alerts"][alert.alert_id] = row

    def baselines(self, rows: Iterable[Row]) -> None:
        """Rows of table `baselines`."""
        self._rows["baselines"].update({row[:4]: row for row in rows})

    def take(self, out: Blocks) -> None:
        """Append everything to `out`; it is the caller's from then on."""
        for table, rows in self._rows.items():
            if rows:
                out.loose(table).rows.extend(rows.values())
                rows.clear()


class Minutes:
    """The history of one partition: of each content the first look of a minute at once, and the last one when the minute is over."""

    def __init__(self) -> None:
        self._minute = 0
        self._last: dict[str, Row] = {}

    def add(self, seen: Look, wall_us: int) -> list[Row]:
        """The rows that a look brings. Looks of one partition never go back in time."""
        content_id = seen.content_id
        rows = self.due(seen.now_us)
        row = history_row(seen, wall_us)
        if content_id not in self._last:
            rows.append(row)
        self._last[content_id] = row
        return rows

    def due(self, now_us: int) -> list[Row]:
        """The rows of a minute that is over."""
        if now_us // MINUTE_US == self._minute:
            return []
        self._minute, ended = now_us // MINUTE_US, self._last
        self._last = {}
        return list(ended.values())


def clock_row(seen: Look) -> Row:
    """The row of table `content_clock`."""
    figures = seen.figures
    return (
        seen.content_id,
        seen.now_us,
        figures.velocity_5m,
        figures.velocity_1h,
        figures.acceleration,
        _known(figures.doubling_s),
        figures.live_r,
        figures.z,
        _known(figures.expected),
        _known(figures.viral_score),
        figures.predicted_size,
        figures.predicted_low,
        _known(figures.predicted_high),
        figures.accelerating,
        _known(figures.half_s),
        _known(figures.ninety_s),
        figures.label,
        seen.state,
        seen.severity,
        seen.now_us,
    )


def history_row(seen: Look, wall_us: int) -> Row:
    """The row of table `content_history`."""
    standing, figures = seen.standing, seen.figures
    breadth = _slots(standing.breadth)
    return (
        seen.content_id,
        seen.now_us // MINUTE_US * MINUTE_US,
        seen.now_us,
        standing.size,
        standing.shares,
        standing.depth,
        standing.primary_reach,
        standing.secondary_reach,
        standing.structural_virality,
        standing.r,
        figures.velocity_5m,
        figures.velocity_1h,
        _known(figures.viral_score),
        figures.predicted_size,
        figures.accelerating,
        seen.state,
        figures.acceleration,
        _known(figures.doubling_s),
        figures.live_r,
        max(breadth),
        _mean_depth(breadth),
        figures.label,
        breadth,
        standing.depth_exact,
        standing.sharers,
        standing.sharers_known,
        figures.predicted_low,
        _known(figures.predicted_high),
        history_version(seen.now_us, wall_us),
    )


def alert_row(alert: Alert) -> Row:
    """The row of table `alerts`."""
    return (
        alert.alert_id,
        alert.sequence,
        alert.kind,
        alert.rule,
        alert.content_id,
        alert.campaign_id or "",
        list(alert.platforms),
        alert.state,
        alert.previous_state,
        alert.severity,
        micros(alert.opened_at),
        micros(alert.at),
        micros(alert.closed_at) if alert.closed_at else 0,
        alert.summary,
        {name: str(value) for name, value in alert.evidence.items()},
        json.dumps([spreader.model_dump() for spreader in alert.top_spreaders], ensure_ascii=False),
        alert.muted,
        alert.links.page or "",
        alert.links.dashboard or "",
        micros(alert.at),
    )


def _slots(breadth: Sequence[int]) -> list[int]:
    """Nodes by depth as the tables have them: a row is no longer than that, however deep the cascade is."""
    if len(breadth) <= _DEEPEST:
        return list(breadth)
    return [*breadth[:_DEEPEST], sum(breadth[_DEEPEST:])]


def _mean_depth(breadth: Sequence[int]) -> float:
    """Of the spreads, from the nodes at each depth."""
    spreads = sum(breadth) - breadth[0]
    return sum(depth * nodes for depth, nodes in enumerate(breadth)) / spreads if spreads else UNKNOWN


def _known(value: float | None) -> float:
    return UNKNOWN if value is None or not isfinite(value) else value

"""ClickHouse refuses an insert that touches more than 100 partitions, and an imported archive spans decades of months."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline.cascade import Packed
from schemas.rows import Block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.rows import AnyBlock

MOST_PARTITIONS = 50
"""Months in one insert: half of what ClickHouse allows by default."""
MONTH_OF = {"content_minutes": "minute", "dead_letters": "received_at", "content_history": "known_at"}
"""Tables partitioned by month, and the column that tells it."""

_SECOND = 1_000_000


def by_partitions(block: AnyBlock) -> Iterator[AnyBlock]:
    """The block itself when it is small enough, else blocks of at most `MOST_PARTITIONS` months."""
    if block.table not in MONTH_OF or not block:
        yield block
        return
    place = block.names.index(MONTH_OF[block.table])
    times = block.columns[place].values() if isinstance(block, Packed) else [row[place] for row in block.rows]
    if _month(max(times)) - _month(min(times)) < MOST_PARTITIONS:
        yield block
    else:
        yield from _cut(block, place)


def _cut(block: AnyBlock, place: int) -> Iterator[Block]:
    months = defaultdict(list)
    for row in block.rows:
        months[_month(row[place])].append(row)
    ordered = sorted(months)
    for start in range(0, len(ordered), MOST_PARTITIONS):
        yield Block(block.table, [row for month in ordered[start : start + MOST_PARTITIONS] for row in months[month]])


def _month(time_us: object) -> int:
    moment = datetime.fromtimestamp(time_us // _SECOND, UTC)  # type: ignore[operator]  # times are int
    return moment.year * 12 + moment.month

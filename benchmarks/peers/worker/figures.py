"""The sums of our worker: of its states (c0), or of what ClickHouse shows (c). Outside the measured time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.meter import Meter
from pipeline.cascade import freeze
from pipeline.clickhouse import client
from schemas.rows import TABLES, Blocks

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.stream.member import Member

FIGURES = """SELECT count() AS contents, sum(shares + likes + comments) AS events, sum(size) - count() AS nodes, max(depth) AS depth,
    sum(arraySum((breadth, level) -> breadth * level, breadth, range(length(breadth)))) AS depths,
    sum(secondary_reach) AS secondary_reach, round(sum(structural_virality), 6) AS virality
FROM v_content"""


def from_clickhouse(settings: Settings) -> None:
    """What readers see."""
    with client(settings) as connection:
        figures = dict(next(iter(connection.query(FIGURES).named_results())))
        figures["records"] = connection.query("SELECT count() FROM events FINAL").result_rows[0][0]
    Meter.sums(**figures)


def from_states(member: Member) -> None:
    """The rows of table `contents`, as they would be written now."""
    out = Blocks()
    for number, state in member.ownership.states.items():
        for held in state._contents.values():  # noqa: SLF001 - there is no other way in: the worker answers no questions
            held.content.changed = True
            freeze(held.content, partition=number, offset=held.last_offset, version=held.last_offset, out=out)
    names = list(TABLES["contents"].model_fields)
    rows = [dict(zip(names, row, strict=True)) for row in out["contents"].rows]
    Meter.sums(
        contents=len(rows),
        events=sum(row["shares"] + row["likes"] + row["comments"] for row in rows),
        nodes=sum(row["size"] - 1 for row in rows),
        depth=max(row["depth"] for row in rows),
        depths=sum(level * nodes for row in rows for level, nodes in enumerate(row["breadth"])),
        secondary_reach=sum(row["secondary_reach"] for row in rows),
        virality=round(sum(row["structural_virality"] for row in rows), 6),
    )

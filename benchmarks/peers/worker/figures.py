"""The sums of our worker: of its states, or of what ClickHouse shows (c). Outside the measured time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks.meter import Meter
from pipeline.cascade import fold, freeze
from pipeline.clickhouse import client
from pipeline.stream.thaw import thaw
from schemas.rows import TABLES, Blocks
from schemas.wire import WireEvent, micros

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.cascade import Content
    from pipeline.config import Settings
    from pipeline.stream.member import Member
    from pipeline.stream.partition import PartitionState
    from pipeline.stream.thaw import Held

SEEN = datetime(2025, 11, 22, tzinfo=UTC)
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
    """The rows of table `contents`, as they would be written now: of contents in memory, and of those that left it."""
    names = list(TABLES["contents"].model_fields)
    rows = []
    for number, state in member.ownership.states.items():
        for held in _contents(member, state):
            _touch(held.content)
            out = Blocks()
            freeze(held.content, partition=number, offset=held.last_offset, version=held.last_offset, out=out)
            rows += [dict(zip(names, row, strict=True)) for row in out["contents"].rows]
    Meter.sums(
        contents=len(rows),
        events=sum(row["shares"] + row["likes"] + row["comments"] for row in rows),
        nodes=sum(row["size"] - 1 for row in rows),
        depth=max(row["depth"] for row in rows),
        depths=sum(level * nodes for row in rows for level, nodes in enumerate(row["breadth"])),
        secondary_reach=sum(row["secondary_reach"] for row in rows),
        virality=round(sum(row["structural_virality"] for row in rows), 6),
    )


def _touch(content: Content) -> None:
    """Only what changed has a row to freeze: a view, which no sum counts. The content is of no use to its worker from then on."""
    view = WireEvent(
        event_id="a look", kind="view", platform="twitter", content_id=content.content_id, actor_id="", occurred_at=SEEN
    )
    fold(content, view, micros(SEEN))


def _contents(member: Member, state: PartitionState) -> Iterator[Held]:
    yield from list(state._contents.values())  # noqa: SLF001 - there is no other way in: the worker answers no questions
    store = member.keeper._journals[state.partition].store  # noqa: SLF001 - the same
    held = {name.encode() for name in state._contents}  # noqa: SLF001 - the same
    for name, values in store.contents():
        if name not in held:
            yield thaw(name, values, state.population)

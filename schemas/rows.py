"""The rows of each ClickHouse table, as pydantic models (the authority; migrations are tested against them), and `Blocks`.

`Blocks` is what the worker fills and a sink writes.
Tables have no Nullable columns: an unknown number is -1, an unknown text ''. The views turn them into NULL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

from pydantic import BaseModel, Field

from schemas.clock_rows import CLOCK_KEYS, CLOCK_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN = -1
"""Stored where a number is not known (an audience that the platform does not tell)."""

Version = Annotated[
    int,
    Field(
        ge=0,
        lt=1 << 63,
        description="epoch << 48 | Kafka offset of the last record applied to the content; the greatest wins",
    ),
]


class EventRow(BaseModel):
    """Table `events`: one accepted act as it came (of several copies the one that stands)."""

    content_id: str
    event_id: str
    kind: str
    platform: str
    campaign_id: str
    actor_id: str
    occurred_at: datetime = Field(description="event time, UTC, microseconds")
    parent_event_id: str
    parent_actor_id: str
    parent_basis: str
    audience_size: int
    target_event_id: str
    target_content_id: str
    counter_kind: str
    count: int
    attributes: dict[str, str]
    kafka_partition: int
    kafka_offset: int
    received_at: datetime = Field(description="when Kafka appended the record, UTC, milliseconds")
    version: Version


class EdgeRow(BaseModel):
    """Table `edges`: one spread and its present place in the tree. Written again when it moves."""

    content_id: str
    event_id: str
    kind: str
    platform: str
    campaign_id: str
    actor_id: str
    occurred_at: datetime
    parent_event_id: str = Field(description="the spread it hangs on; '' when it hangs on the root")
    named_parent_event_id: str = Field(description="the parent that the event named; '' when none")
    parent_basis: str
    parent_status: str = Field(description="one of schemas.rows.PARENT_STATUS")
    depth: int = Field(description="0 = the row is void: the content was merged into another one")
    depth_exact: int = Field(description="depth over exact edges only")
    audience_size: int
    retracted: bool
    version: Version


PARENT_STATUS = ("root", "event", "actor", "none", "unresolved", "self", "not_a_spread", "cycle")
"""How a spread got its place: `root` it names the root; `event` by parent_event_id; `actor` by parent_actor_id; the rest hang on the
root because: `none` nothing is named; `unresolved` the named parent is not (yet) seen in this content; `self` it names itself;
`not_a_spread` it names an act such as a like; `cycle` it is the earliest node of a cycle."""


class ContentRow(BaseModel):
    """Table `contents`: the log figures of one content, as of its last applied record."""

    content_id: str
    campaign_id: str
    platforms: list[str]
    first_seen: datetime
    last_seen: datetime
    size: int
    posts: int
    shares: int
    likes: int
    comments: int
    mentions: int
    clicks: int
    views: int
    follows: int
    retracted: int = Field(description="acts undone, of any kind")
    duplicates: int = Field(description="copies of acts beyond the one that stands")
    counted_shares: int
    counted_likes: int
    counted_comments: int
    counted_clicks: int
    counted_views: int
    depth: int
    depth_exact: int
    breadth: list[int] = Field(description="nodes by depth, the root (1) first; the last slot is depth 64 and deeper")
    shares_by_depth: list[int] = Field(description="live spreads by depth, as breadth")
    reach_by_depth: list[int] = Field(
        description="secondary reach by depth of the share it is attributed to, as breadth"
    )
    max_breadth: int
    structural_virality: float
    r: float
    primary_reach: int
    secondary_reach: int
    estimated_reach: float
    sharers: int = Field(description="distinct actors with a live share, post authors left out")
    sharers_known: int = Field(description="those of them whose audience is known")
    parents_unresolved: int
    parents_self: int
    parents_not_a_spread: int
    parents_cycle: int
    retractions_refused: int = Field(
        description="retractions by somebody else than the actor, or of something that is no act"
    )
    retractions_waiting: int = Field(description="retractions whose target has not come")
    kafka_partition: int
    kafka_offset: int
    version: Version


class MinuteRow(BaseModel):
    """Table `content_minutes`: one content, platform and minute of event time. Written again when it changes."""

    content_id: str
    platform: str
    minute: datetime
    acts: int = Field(description="standing acts dated in the minute, retracted or not; 0 = the row is void")
    posts: int
    shares: int
    likes: int
    comments: int
    mentions: int
    clicks: int
    views: int
    follows: int
    depth: int
    secondary_reach: int
    version: Version


class AmplifierRow(BaseModel):
    """Table `amplifiers`: one actor in one content."""

    content_id: str
    platform: str
    actor_id: str
    spreads: int = Field(description="standing spreads, retracted or not; 0 = the row is void")
    shares: int = Field(description="live spreads")
    audience_size: int = Field(description="largest audience among the live spreads")
    depth: int = Field(description="depth of the earliest spread that counts")
    first_shared_at: datetime
    downstream_shares: int = Field(description="live spreads by others below any of the actor's spreads, each once")
    downstream_reach: int = Field(description="secondary reach attributed to spreads by others below, each once")
    version: Version


class MergedContentRow(BaseModel):
    """Table `merged_contents`: events that were told of `content_id` are folded in `merged_into`."""

    content_id: str
    merged_into: str
    steps: int = Field(description="links between the two; of several rows of a content the one with the most stands")
    version: Version = Field(description="epoch << 48 | steps; the greatest wins")


class DeadLetterRow(BaseModel):
    """Table `dead_letters`: one refused record."""

    topic: str
    kafka_partition: int
    kafka_offset: int
    reason: str
    detail: str
    received_at: datetime
    key: bytes
    payload: bytes


LOG_TABLES: dict[str, type[BaseModel]] = {
    "events": EventRow,
    "edges": EdgeRow,
    "contents": ContentRow,
    "content_minutes": MinuteRow,
    "amplifiers": AmplifierRow,
    "dead_letters": DeadLetterRow,
    "merged_contents": MergedContentRow,
}
"""What is a function of the log: whoever reads it again writes the same rows."""

TABLES: dict[str, type[BaseModel]] = LOG_TABLES | CLOCK_TABLES
"""Every table, those of `schemas.clock_rows` last."""


KEYS: dict[str, tuple[str, ...]] = {
    "events": ("content_id", "event_id"),
    "edges": ("content_id", "event_id"),
    "contents": ("content_id",),
    "content_minutes": ("content_id", "platform", "minute"),
    "amplifiers": ("content_id", "platform", "actor_id"),
    "merged_contents": ("content_id",),
    "dead_letters": (
        "topic",
        "kafka_partition",
        "kafka_offset",
        "received_at",
    ),  # a topic made anew counts from 0 again
    **CLOCK_KEYS,
}
"""What makes a row the same row: of several with one key the greatest version stands, of equal versions the last written."""


class AnyBlock(Protocol):
    """Rows of one table, however they are kept: `Block`, or packed columns (`pipeline.cascade.blocks`)."""

    @property
    def table(self) -> str:
        """Whose rows they are."""
        ...

    @property
    def names(self) -> list[str]:
        """Column names, in order."""
        ...

    @property
    def rows(self) -> Sequence[tuple[object, ...]]:
        """Values in the order of the row model. Times are int microseconds since 1970 (UTC). May be made anew at each call."""
        ...

    def __len__(self) -> int:
        """How many rows."""
        ...


@dataclass(slots=True)
class Block:
    """Rows of one table as tuples: for tables with few rows, and for rows that are looked at one by one."""

    table: str
    rows: list[tuple[object, ...]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def names(self) -> list[str]:
        """Column names, in order."""
        return list(TABLES[self.table].model_fields)


_Packed = TypeVar("_Packed", bound=AnyBlock)


class Blocks(dict[str, AnyBlock]):
    """One block per table, a `Block` where it is made by being asked for."""

    def __missing__(self, table: str) -> Block:
        block = self[table] = Block(table)
        return block

    def loose(self, table: str) -> Block:
        """The table's rows as tuples from now on, to add to or to change."""
        block = self[table]
        if not isinstance(block, Block):
            block = self[table] = Block(table, list(block.rows))
        return block

    def packed(self, table: str, kind: type[_Packed]) -> _Packed:
        """The table's block of packed columns, `kind()` when there is none."""
        block = self.get(table)
        if block is None:
            block = self[table] = kind()
        if not isinstance(block, kind):
            raise TypeError(f"the rows of table {table} are no {kind.__name__}")
        return block

    @property
    def row_count(self) -> int:
        """Rows in all blocks."""
        return sum(map(len, self.values()))

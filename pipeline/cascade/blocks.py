"""The rows of the large tables as packed columns: a value goes straight from the state to the bytes that ClickHouse gets.

`schemas.rows.Block` holds any rows as tuples; these hold the rows of one table each, and give them as tuples to whoever asks. Columns stand in
the order of the row model, under the names that it gives them.
"""

from __future__ import annotations

from pipeline.cascade.packed import ANY, CODED, FLAG, NUMBER, TEXT, Column
from schemas.rows import TABLES


class Packed:
    """Rows of one table, filled column by column: whoever adds a row adds to every column."""

    __slots__ = ("columns", "table")

    def __init__(self, table: str) -> None:
        self.table = table
        self.columns: list[Column] = []

    def __len__(self) -> int:
        return len(self.columns[0])

    @property
    def names(self) -> list[str]:
        """Column names, in order."""
        return list(TABLES[self.table].model_fields)

    @property
    def rows(self) -> tuple[tuple[object, ...], ...]:
        """The rows, made anew at each call."""
        return tuple(zip(*[column.values() for column in self.columns], strict=True))

    def extend(self, other: Packed) -> None:
        """Append the rows of another block of this table."""
        for mine, theirs in zip(self.columns, other.columns, strict=True):
            mine.extend(theirs)

    def column(self, kind: int) -> Column:
        """One more column."""
        column = Column(kind)
        self.columns.append(column)
        return column


class Events(Packed):
    """Rows of table `events`."""

    __slots__ = (
        "actor_id",
        "attributes",
        "audience_size",
        "campaign_id",
        "content_id",
        "count",
        "counter_kind",
        "event_id",
        "kafka_offset",
        "kafka_partition",
        "kind",
        "occurred_at",
        "parent_actor_id",
        "parent_basis",
        "parent_event_id",
        "platform",
        "received_at",
        "target_content_id",
        "target_event_id",
        "version",
    )

    def __init__(self) -> None:
        super().__init__("events")
        self.content_id = self.column(TEXT)
        self.event_id = self.column(TEXT)
        self.kind = self.column(CODED)
        self.platform = self.column(CODED)
        self.campaign_id = self.column(TEXT)
        self.actor_id = self.column(TEXT)
        self.occurred_at = self.column(NUMBER)
        self.parent_event_id = self.column(TEXT)
        self.parent_actor_id = self.column(TEXT)
        self.parent_basis = self.column(CODED)
        self.audience_size = self.column(NUMBER)
        self.target_event_id = self.column(TEXT)
        self.target_content_id = self.column(TEXT)
        self.counter_kind = self.column(CODED)
        self.count = self.column(NUMBER)
        self.attributes = self.column(ANY)
        self.kafka_partition = self.column(NUMBER)
        self.kafka_offset = self.column(NUMBER)
        self.received_at = self.column(NUMBER)
        self.version = self.column(NUMBER)

    def add(
        self,
        content_id: str,
        event_id: str,
        kind: str,
        platform: str,
        campaign_id: str,
        actor_id: str,
        occurred_at: int,
        parent_event_id: str,
        parent_actor_id: str,
        parent_basis: str,
        audience_size: int,
        target_event_id: str,
        target_content_id: str,
        counter_kind: str,
        count: int,
        attributes: dict[str, str],
        kafka_partition: int,
        kafka_offset: int,
        received_at: int,
        version: int,
    ) -> None:
        """Append a row."""
        self.content_id.add_text(content_id)
        self.event_id.add_text(event_id)
        self.kind.add_coded(kind)
        self.platform.add_coded(platform)
        self.campaign_id.add_text(campaign_id)
        self.actor_id.add_text(actor_id)
        self.occurred_at.add_number(occurred_at)
        self.parent_event_id.add_text(parent_event_id)
        self.parent_actor_id.add_text(parent_actor_id)
        self.parent_basis.add_coded(parent_basis)
        self.audience_size.add_number(audience_size)
        self.target_event_id.add_text(target_event_id)
        self.target_content_id.add_text(target_content_id)
        self.counter_kind.add_coded(counter_kind)
        self.count.add_number(count)
        self.attributes.add_any(attributes)
        self.kafka_partition.add_number(kafka_partition)
        self.kafka_offset.add_number(kafka_offset)
        self.received_at.add_number(received_at)
        self.version.add_number(version)


class Edges(Packed):
    """Rows of table `edges`."""

    __slots__ = (
        "actor_id",
        "audience_size",
        "campaign_id",
        "content_id",
        "depth",
        "depth_exact",
        "event_id",
        "kind",
        "named_parent_event_id",
        "occurred_at",
        "parent_basis",
        "parent_event_id",
        "parent_status",
        "platform",
        "retracted",
        "version",
    )

    def __init__(self) -> None:
        super().__init__("edges")
        self.content_id = self.column(TEXT)
        self.event_id = self.column(TEXT)
        self.kind = self.column(CODED)
        self.platform = self.column(CODED)
        self.campaign_id = self.column(TEXT)
        self.actor_id = self.column(TEXT)
        self.occurred_at = self.column(NUMBER)
        self.parent_event_id = self.column(TEXT)
        self.named_parent_event_id = self.column(TEXT)
        self.parent_basis = self.column(CODED)
        self.parent_status = self.column(CODED)
        self.depth = self.column(NUMBER)
        self.depth_exact = self.column(NUMBER)
        self.audience_size = self.column(NUMBER)
        self.retracted = self.column(FLAG)
        self.version = self.column(NUMBER)


class ContentMinutes(Packed):
    """Rows of table `content_minutes`."""

    __slots__ = (
        "acts",
        "clicks",
        "comments",
        "content_id",
        "depth",
        "follows",
        "likes",
        "mentions",
        "minute",
        "platform",
        "posts",
        "secondary_reach",
        "shares",
        "version",
        "views",
    )

    def __init__(self) -> None:
        super().__init__("content_minutes")
        self.content_id = self.column(TEXT)
        self.platform = self.column(CODED)
        self.minute = self.column(NUMBER)
        self.acts = self.column(NUMBER)
        self.posts = self.column(NUMBER)
        self.shares = self.column(NUMBER)
        self.likes = self.column(NUMBER)
        self.comments = self.column(NUMBER)
        self.mentions = self.column(NUMBER)
        self.clicks = self.column(NUMBER)
        self.views = self.column(NUMBER)
        self.follows = self.column(NUMBER)
        self.depth = self.column(NUMBER)
        self.secondary_reach = self.column(NUMBER)
        self.version = self.column(NUMBER)


class Amplifiers(Packed):
    """Rows of table `amplifiers`."""

    __slots__ = (
        "actor_id",
        "audience_size",
        "content_id",
        "depth",
        "downstream_reach",
        "downstream_shares",
        "first_shared_at",
        "platform",
        "shares",
        "spreads",
        "version",
    )

    def __init__(self) -> None:
        super().__init__("amplifiers")
        self.content_id = self.column(TEXT)
        self.platform = self.column(CODED)
        self.actor_id = self.column(TEXT)
        self.spreads = self.column(NUMBER)
        self.shares = self.column(NUMBER)
        self.audience_size = self.column(NUMBER)
        self.depth = self.column(NUMBER)
        self.first_shared_at = self.column(NUMBER)
        self.downstream_shares = self.column(NUMBER)
        self.downstream_reach = self.column(NUMBER)
        self.version = self.column(NUMBER)

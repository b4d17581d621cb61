"""The raw row of one accepted act, for table `events`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.rows import UNKNOWN

if TYPE_CHECKING:
    from pipeline.cascade import Events
    from pipeline.stream.batch import Record
    from schemas.wire import WireEvent


def event_row(out: Events, event: WireEvent, occurred_us: int, record: Record, partition: int, epoch: int) -> None:
    """Append the row to `out`. A copy that replaces another has the higher offset, so its version wins."""
    out.add(
        event.content_id,
        event.event_id,
        event.kind,
        event.platform,
        event.campaign_id or "",
        event.actor_id,
        occurred_us,
        event.parent_event_id or "",
        event.parent_actor_id or "",
        event.parent_basis,
        UNKNOWN if event.audience_size is None else event.audience_size,
        event.target_event_id or "",
        event.target_content_id or "",
        event.counter_kind or "",
        UNKNOWN if event.count is None else event.count,
        event.attributes,
        partition,
        record.offset,
        record.timestamp * 1000,
        epoch << 48 | record.offset,
    )

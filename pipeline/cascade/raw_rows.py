"""The raw row of one accepted act, for table `events`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade.codes import BASES, EVENT_KINDS, UNKNOWN

if TYPE_CHECKING:
    from pipeline.cascade.arrivals import Arrival
    from pipeline.cascade.blocks import Events


def event_row(out: Events, arrival: Arrival, partition: int, offset: int, appended_ms: int, epoch: int) -> None:
    """Append the row of the event that `arrival` was read from. A copy that replaces another has the higher offset, so its version wins."""
    out.add(
        arrival.content_id,
        arrival.event_id,
        EVENT_KINDS[arrival.kind],
        arrival.platform,
        arrival.campaign or "",
        arrival.actor_id,
        arrival.time,
        arrival.parent_event_id or "",
        arrival.parent_actor_id or "",
        BASES[arrival.basis],
        arrival.audience,
        arrival.target or "",
        arrival.target_content_id or "",
        arrival.counter_kind or "",
        UNKNOWN if arrival.count is None else arrival.count,
        arrival.attributes,
        partition,
        offset,
        appended_ms * 1000,
        epoch << 48 | offset,
    )

"""One copy of an event on its way into its content: numbers where the event has words, and nothing that no figure needs.

This is the plain form; `arrivals.pyx` is the compiled one.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from pipeline.cascade.codes import BASIS_RANK, KIND, LINK, UNKNOWN
from schemas.wire import micros

if TYPE_CHECKING:
    from schemas.changelog import Fact
    from schemas.wire import WireEvent


class Arrival:
    """What `fold` reads, and the raw row. It is filled from an event, or from the fact that was kept of one."""

    __slots__ = (
        "actor_id",
        "attributes",
        "audience",
        "basis",
        "campaign",
        "content_id",
        "count",
        "counter_kind",
        "event_id",
        "kind",
        "moderator",
        "parent_actor_id",
        "parent_event_id",
        "platform",
        "target",
        "target_content_id",
        "time",
        "utc",
    )

    def read(self, event: WireEvent) -> None:
        """Read an event, with its own time."""
        self.take(event, micros(event.occurred_at))

    def take(self, event: WireEvent, occurred_us: int) -> None:
        """Read an event that happened at `occurred_us` (µs since 1970)."""
        kind: int = KIND[event.kind]
        audience = event.audience_size
        self.event_id = event.event_id
        self.kind = kind  # place in `schemas.changelog.KINDS`
        self.platform = event.platform
        self.actor_id = event.actor_id
        self.time = occurred_us
        self.campaign = event.campaign_id
        self.audience = UNKNOWN if audience is None else audience
        self.parent_event_id = event.parent_event_id
        self.parent_actor_id = event.parent_actor_id
        self.basis = BASIS_RANK[event.parent_basis]
        self.target = event.target_event_id
        self.counter_kind = event.counter_kind
        self.count = event.count
        self.attributes = event.attributes
        self.moderator = bool(event.attributes) and event.attributes.get("right") == "moderate"
        self.content_id = event.content_id
        self.target_content_id = event.target_content_id
        self.utc = event.occurred_at.tzinfo is UTC  # and no other zone, be it the same time

    def recall(self, fact: Fact) -> None:
        """Read what was kept of an event: what only the raw row needs is not."""
        self.event_id = fact.event_id
        self.kind = fact.kind
        self.platform = fact.platform
        self.actor_id = fact.actor_id
        self.time = fact.occurred_us
        self.campaign = fact.campaign
        self.audience = UNKNOWN if fact.audience is None else fact.audience
        self.parent_event_id = fact.parent_event_id
        self.parent_actor_id = fact.parent_actor_id
        self.basis = fact.basis
        self.target = fact.target
        self.target_content_id = fact.target if fact.kind == LINK else None
        self.counter_kind = fact.counter_kind
        self.count = fact.count
        self.moderator = fact.moderator

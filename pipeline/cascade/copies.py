"""Which of two copies of one spread stands: the smaller (basis rank, occurred_at, fingerprint).

The first two almost always decide. Only where they are equal and the copies differ are the events made again that the fingerprints are of;
so no fingerprint is computed or stored for the rest.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.cascade.codes import BASES, EVENT_KINDS, NOBODY, NOTHING, SPREAD_KINDS, THE_ROOT, UNKNOWN
from schemas.wire import WireEvent, fingerprint

if TYPE_CHECKING:
    from pipeline.cascade.arrivals import Arrival
    from pipeline.cascade.content import Content

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def outranks(content: Content, node: int, arrival: Arrival) -> bool:
    """Whether a copy of a spread takes the place of the one that stands."""
    spreads = content.spreads
    if arrival.basis != spreads.basis[node]:
        return arrival.basis < spreads.basis[node]
    if arrival.time != spreads.time[node]:
        return arrival.time < spreads.time[node]
    return _smaller(content, node, arrival)


def _smaller(content: Content, node: int, arrival: Arrival) -> bool:
    standing, other = _standing(content, node), _arrived(content, arrival)
    return standing != other and fingerprint(other) < fingerprint(standing)


def _standing(content: Content, node: int) -> WireEvent:
    """The standing copy as an event."""
    spreads, actors, names = content.spreads, content.actors, content.events.names
    actor, leader, named = spreads.actor[node], spreads.named_actor[node], spreads.named[node]
    parent = None if named == NOTHING else names.text(named) if named != THE_ROOT else content.content_id
    return WireEvent(
        event_id=names.text(spreads.event[node]),
        kind=SPREAD_KINDS[spreads.kind[node]],
        platform=content.platforms[actors.platform[actor]],
        content_id=content.content_id,
        actor_id=actors.names.text(actor),
        occurred_at=_moment(spreads.time[node]),
        parent_event_id=parent,
        parent_actor_id=None if leader == NOBODY else actors.names.text(leader),
        parent_basis=BASES[spreads.basis[node]],
        audience_size=None if spreads.audience[node] == UNKNOWN else spreads.audience[node],
        campaign_id=None if spreads.campaign[node] == NOTHING else content.campaigns.text(spreads.campaign[node]),
    )


def _arrived(content: Content, arrival: Arrival) -> WireEvent:
    """The copy that arrived as an event, without what no figure needs."""
    return WireEvent(
        event_id=arrival.event_id,
        kind=EVENT_KINDS[arrival.kind],
        platform=arrival.platform,
        content_id=content.content_id,
        actor_id=arrival.actor_id,
        occurred_at=_moment(arrival.time),
        parent_event_id=arrival.parent_event_id,
        parent_actor_id=arrival.parent_actor_id,
        parent_basis=BASES[arrival.basis],
        audience_size=None if arrival.audience == UNKNOWN else arrival.audience,
        campaign_id=arrival.campaign,
    )


def _moment(time_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=time_us)

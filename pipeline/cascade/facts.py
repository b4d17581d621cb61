"""Facts: what the state of a content is rebuilt from. Pure, as all of the core.

A fact is an event that changed its content (`Outcome.APPLIED` or `REPLACED`), less what no figure needs (attributes), in the layout of
`schemas.changelog.Fact`. This is the plain form, on msgspec; `facts.pyx` is the compiled one, which reads and writes the same bytes itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pipeline.cascade.codes import COUNTER, LINK, RETRACT, SPREAD_OF, UNKNOWN
from schemas.changelog import chunk_value, decode_chunk

if TYPE_CHECKING:
    from pipeline.cascade.arrivals import Arrival

_encode = msgspec.msgpack.Encoder().encode


def encode(arrival: Arrival) -> bytes:
    """The fact of an event that changed its content. Trailing fields at their default are left out."""
    head = (arrival.event_id, arrival.kind, arrival.platform, arrival.actor_id, arrival.time)
    told = (arrival.campaign, None if arrival.audience == UNKNOWN else arrival.audience)
    if SPREAD_OF[arrival.kind] >= 0:
        return _encode((*head, *told, arrival.parent_event_id, arrival.parent_actor_id, arrival.basis))
    if arrival.kind in {RETRACT, COUNTER, LINK}:
        target = arrival.target_content_id if arrival.kind == LINK else arrival.target
        of = arrival.parent_event_id if arrival.kind == COUNTER else None
        return _encode((*head, *told, of, None, 3, target, arrival.moderator, arrival.counter_kind, arrival.count))
    return _encode(head if told == (None, None) else (*head, *told))


class Reader:
    """The facts of one chunk, one after the other. Raises ValueError for what is no chunk."""

    __slots__ = ("_facts", "arrived_ms", "count", "duplicates", "last_offset", "start")

    def __init__(self, value: bytes) -> None:
        try:
            chunk = decode_chunk(value)
        except msgspec.MsgspecError as error:
            raise ValueError(f"not a chunk: {error}") from error
        self.last_offset = chunk.last_offset
        self.arrived_ms = chunk.arrived_ms
        self.duplicates = chunk.duplicates
        self.count = len(chunk.facts)
        self.start = len(chunk_value(chunk.last_offset, chunk.arrived_ms, chunk.duplicates, 0, b""))
        """Bytes before the first fact."""
        self._facts = iter(chunk.facts)

    def read(self, arrival: Arrival) -> None:
        """Put the next fact into `arrival`. Call it `count` times."""
        arrival.recall(next(self._facts))

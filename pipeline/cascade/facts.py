"""Facts: what the state of a content is rebuilt from. Pure, as all of the core.

A fact is an event that changed its content (`Outcome.APPLIED` or `REPLACED`), less what no figure needs (attributes, links) and with its
fingerprint instead of the bytes that it was taken from. Facts folded again in log order give the identical state; copies that changed nothing
only raise a counter, so their number is all that is kept of them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, get_args

import msgspec

from pipeline.cascade.codes import BASIS_RANK
from pipeline.cascade.content import Content
from pipeline.cascade.fold import fold
from pipeline.cascade.freeze import discard
from schemas.changelog import KINDS, Fact
from schemas.wire import SPREADS, Basis, Remembered, WireEvent, fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KIND = {kind: number for number, kind in enumerate(KINDS)}
_BASES: tuple[Basis, ...] = get_args(Basis)
_MODERATE = {"right": "moderate"}
_encode = msgspec.msgpack.Encoder().encode


def encode(event: WireEvent, occurred_us: int) -> bytes:
    """The fact of an event that changed its content, in the layout of `schemas.changelog.Fact`. Trailing fields at their default are left out."""
    head = (event.event_id, _KIND[event.kind], event.platform, event.actor_id, occurred_us)
    if event.kind in SPREADS:
        parents = (event.parent_event_id, event.parent_actor_id, BASIS_RANK[event.parent_basis])
        return _encode((*head, event.campaign_id, event.audience_size, fingerprint(event), *parents))
    told = (event.campaign_id, event.audience_size)
    if event.kind not in _WITH_MORE:
        return _encode((*head, *told) if any(value is not None for value in told) else head)
    moderator = event.attributes.get("right") == "moderate"
    return _encode((*head, *told, 0, None, None, 3, event.target_event_id, moderator, event.counter_kind, event.count))


_WITH_MORE = frozenset({"retract", "counter"})


def replay(content: Content, facts: Iterable[Fact]) -> None:
    """Fold facts, in log order, into the content that they are of. What changed is remembered for `freeze`, as after any fold."""
    for fact in facts:
        fold(content, _event(fact, content.content_id), fact.occurred_us)


def restore(content_id: str, population: Mapping[str, int], facts: Iterable[Fact], duplicates: int) -> Content:
    """The state of a content, from all its facts in log order and the number of its duplicates. Nothing is left to freeze."""
    content = Content(content_id, population)
    replay(content, facts)
    content.duplicates = duplicates
    discard(content)
    return content


def _event(fact: Fact, content_id: str) -> Remembered:
    return Remembered(
        event_id=fact.event_id,
        kind=KINDS[fact.kind],
        platform=fact.platform,
        content_id=content_id,
        actor_id=fact.actor_id,
        occurred_at=_EPOCH + timedelta(microseconds=fact.occurred_us),
        parent_event_id=fact.parent_event_id,
        parent_actor_id=fact.parent_actor_id,
        parent_basis=_BASES[fact.basis],
        audience_size=fact.audience,
        campaign_id=fact.campaign,
        target_event_id=fact.target,
        counter_kind=fact.counter_kind,
        count=fact.count,
        attributes=_MODERATE if fact.moderator else {},
        known_fingerprint=fact.fingerprint,
    )

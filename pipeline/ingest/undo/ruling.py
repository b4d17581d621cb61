"""What a look at the stored acts means for an undo. Pure.

An act is undone by whoever did it, on its own platform; where the platform does not say who undid it, only its actor can have. A retraction, a link
or a counter is no act. An act of a person whom the platform left out (`anonymous:…`) is undone by whom the platform names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from schemas.event import EARLIEST
from schemas.undo import retraction_id
from schemas.wire import WireEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from schemas.undo import Undo

ANONYMOUS: Final = "anonymous:"


class Act(NamedTuple):
    """One act of one content, as stored. `undone`: its retraction is stored as well."""

    content_id: str
    event_id: str
    platform: str
    actor_id: str
    undone: bool


def theirs(undo: Undo, acts: Iterable[Act]) -> list[Act]:
    """The acts that this undo may undo."""
    return [act for act in acts if act.platform == undo.platform and _may(undo.actor_id, act.actor_id)]


def _may(who: str | None, actor: str) -> bool:
    return who in {None, actor} or actor.startswith(ANONYMOUS)


def retractions(undo: Undo, received_at: datetime, acts: Iterable[Act]) -> Iterator[WireEvent]:
    """Of acts that may be undone and are not: the retractions. The same undo and act give the same bytes, whoever makes them and when."""
    at = min(max(undo.occurred_at, EARLIEST), received_at)
    for act in acts:
        if not act.undone:
            yield WireEvent(
                event_id=retraction_id(act.event_id),
                kind="retract",
                platform=act.platform,
                content_id=act.content_id,
                actor_id=act.actor_id,
                occurred_at=at,
                target_event_id=act.event_id,
            )

"""One record in, at most one copy out: the spread with the parent that a method guessed. Pure but for its bounded memory.

The copy of an event depends on nothing but the log before it (`sharers`), so whoever reads the log again makes the same copy, byte by byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from schemas.wire import MAX_ATTRIBUTES, SPREADS

if TYPE_CHECKING:
    from pipeline.ingest.inference.methods import Guess
    from pipeline.ingest.inference.plan import Plan
    from pipeline.ingest.inference.sharers import Sharers
    from schemas.wire import WireEvent

METHOD: Final = "inferred_by"
"""Attribute of a copy: the method's name."""
CONFIDENCE: Final = "inferred_confidence"
"""Attribute of a copy: the chance that the method gives its guess, 0.00 to 1.00."""


class Inferred(NamedTuple):
    """A copy, and the method that made it."""

    event: WireEvent
    method: str


class Step:
    """The step for one partition. Records come in the order of the log."""

    def __init__(self, plan: Plan, sharers: Sharers) -> None:
        self._plan, self._sharers = plan, sharers

    def remember(self, event: WireEvent, appended_ms: int) -> None:
        """Take in a record without asking whose parent is hidden: what was read in an earlier life. `appended_ms`: when Kafka appended it."""
        if event.platform in self._plan:
            self._sharers.add(event, appended_ms)

    def take(self, event: WireEvent, appended_ms: int) -> Inferred | None:
        """The copy to be added to the log; None where the parent is known, the platform is off, no method answers, or the event was seen already."""
        made = self._infer(event, appended_ms) if self._is_hidden(event, appended_ms) else None
        self.remember(event, appended_ms)
        return made

    def _is_hidden(self, event: WireEvent, appended_ms: int) -> bool:
        return (
            event.kind in SPREADS
            and event.parent_basis in {"root_only", "none"}
            and event.platform in self._plan
            and len(event.attributes.keys() | {METHOD, CONFIDENCE}) <= MAX_ATTRIBUTES
            and not self._sharers.knows(event, appended_ms)
        )

    def _infer(self, event: WireEvent, appended_ms: int) -> Inferred | None:
        before = self._sharers.before(event, appended_ms)
        for name, method in self._plan[event.platform].items():
            if before and (guess := method.guess(event, before)):
                return Inferred(_copy(event, name, guess), name)
        return None


def _copy(event: WireEvent, method: str, guess: Guess) -> WireEvent:
    return msgspec.structs.replace(
        event,
        parent_event_id=guess.parent.event_id,
        parent_actor_id=guess.parent.actor_id,
        parent_basis="inferred",
        attributes=event.attributes | {METHOD: method, CONFIDENCE: f"{guess.confidence:.2f}"},
    )

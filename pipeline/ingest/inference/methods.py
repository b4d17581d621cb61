"""What a method of guessing parents is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.ingest.inference.sharers import Sharer
    from schemas.wire import WireEvent


class Guess(NamedTuple):
    """A parent, and the chance that it is the right one as the method sees it (0 to 1)."""

    parent: Sharer
    confidence: float


class Method(Protocol):
    """Pure: the same event and the same sharers before it give the same guess, on every machine and in every run."""

    def guess(self, event: WireEvent, before: Sequence[Sharer]) -> Guess | None:
        """The spread that `event` came through, one of `before` (the earliest first); None: the method does not know, or takes it to have come straight
        from the post, which needs no guess.
        """


def guessed(parent: Sharer, confidence: float) -> Guess | None:
    """The guess; None for a post."""
    return None if parent.is_post else Guess(parent, confidence)

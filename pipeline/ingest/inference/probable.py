"""The likeliest sharer by audience and time: no follow graph is asked, and no more is held than the latest sharers.

Each post and spread before the event gets the weight audience ** a × φ(age), φ the memory kernel of SEISMIC (`pipeline.cascade.memory`); its chance
is its part of all weights. After the probabilistic diffusion inference of DeVerna et al., "Modeling the amplification of epidemic spread by
misinformed populations" and arXiv 2410.21554, with a product in place of their mixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.cascade.memory import DECAY, FLAT_S, RATE
from pipeline.ingest.inference.methods import guessed
from schemas.wire import micros

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.ingest.inference.methods import Guess
    from pipeline.ingest.inference.sharers import Sharer
    from schemas.wire import WireEvent

AUDIENCE_POWER: Final = 1.0
"""a: each follower is as likely to pass it on as any other."""
POST_PULL: Final = 10.0
"""How much likelier a follower passes on the post than a share of it."""
THRESHOLD: Final = 0.5
"""Chance from which the likeliest one is taken: it is then likelier than all others together."""
UNKNOWN_AUDIENCE: Final = 100
"""SEISMIC's n*, as everywhere where an audience is not known."""


class Probable:
    """See the module. Without the post among the sharers there is no guess: its audience is mostly the largest of all."""

    def __init__(
        self, power: float = AUDIENCE_POWER, threshold: float = THRESHOLD, post_pull: float = POST_PULL
    ) -> None:
        self._power, self._threshold, self._post_pull = power, threshold, post_pull

    def guess(self, event: WireEvent, before: Sequence[Sharer]) -> Guess | None:
        """The likeliest one, the later of two that are equally likely; None below the threshold, and for the post."""
        if not any(one.is_post for one in before):
            return None
        now_us = micros(event.occurred_at)
        weights = [self._weight(one, now_us) for one in before]
        best = max(range(len(before)), key=lambda place: (weights[place], place))
        total = sum(weights)
        chance = weights[best] / total if total else 0.0
        return guessed(before[best], chance) if chance >= self._threshold else None

    def _weight(self, one: Sharer, now_us: int) -> float:
        audience = UNKNOWN_AUDIENCE if one.audience is None else one.audience
        pull = self._post_pull if one.is_post else 1.0
        return float(pull * audience**self._power * kernel((now_us - one.at_us) / 1_000_000))


def kernel(age_s: float) -> float:
    """φ: the density, per second, of the time between an act and the acts that it begets."""
    return RATE if age_s <= FLAT_S else RATE * float((age_s / FLAT_S) ** -(1 + DECAY))

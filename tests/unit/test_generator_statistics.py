"""The sample cascades look like 2,308 real ones (Twitter15/16): metrics by brute force from the records, against the published table."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import log
from random import Random
from statistics import median

import msgspec
import pytest

from pipeline.ingest.generator import content
from pipeline.ingest.generator.people import MEDIAN_AUDIENCE, person
from pipeline.ingest.generator.shape import size
from schemas.wire import SPREADS, WireEvent, decode

START_US = 1_760_000_000_000_000
CONTENTS = 400


@dataclass
class Cascade:
    """One content's records, read as the contract says, and measured the slow way."""

    events: dict[str, WireEvent]

    @cached_property
    def spreads(self) -> list[WireEvent]:
        return sorted((e for e in self.events.values() if e.kind in SPREADS), key=lambda e: (e.occurred_at, e.event_id))

    @cached_property
    def parents(self) -> dict[str, str | None]:
        shares: dict[tuple[str, str], str] = {}
        found = {}
        for spread in self.spreads:
            named = spread.parent_event_id or shares.get((spread.platform, spread.parent_actor_id or ""))
            found[spread.event_id] = named if named in self.events and self.events[named].kind in SPREADS else None
            shares[spread.platform, spread.actor_id] = spread.event_id
        return found

    @cached_property
    def depths(self) -> dict[str, int]:
        return {event_id: len(self.path(event_id)) for event_id in self.parents}

    def path(self, event_id: str | None) -> list[str]:
        steps = []
        while event_id:
            steps.append(event_id)
            event_id = self.parents[event_id]
        return steps

    @property
    def size(self) -> int:
        return 1 + len(self.parents)

    @property
    def virality(self) -> float:
        below = Counter(ancestor for event_id in self.parents for ancestor in self.path(event_id))
        cuts = sum(s * (self.size - s) for s in below.values())  # each edge lies on the paths between its two sides
        return 2 * cuts / (self.size * (self.size - 1))

    def time_to(self, part: float) -> float:
        return self.spreads[int(part * (len(self.spreads) - 1))].occurred_at.timestamp() - START_US / 1e6


def read(number: int) -> Cascade:
    events: dict[str, WireEvent] = {}
    for record in content(Random(f"cascade/{number}"), START_US, 0.0):
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            event = decode(record.value)
            if event.occurred_at.year > 1970:
                events.setdefault(event.event_id, event)
    return Cascade(events)


@pytest.fixture(scope="module")
def cascades() -> list[Cascade]:
    return [read(number) for number in range(CONTENTS)]


def quantiles(values: list[float]) -> tuple[float, float, float]:
    ordered = sorted(values)
    return tuple(ordered[int(q * len(ordered))] for q in (0.1, 0.5, 0.9))


def test_sizes_are_drawn_as_real_ones_are_spread() -> None:
    rng = Random(3)
    assert quantiles([size(rng) for _ in range(20_000)]) == pytest.approx((117, 266, 866), rel=0.04)


def test_sizes_of_what_is_sent_are_those_of_real_cascades(cascades: list[Cascade]) -> None:
    assert quantiles([c.size for c in cascades]) == pytest.approx((117, 266, 866), rel=0.2)


def test_depths_are_those_of_real_cascades(cascades: list[Cascade]) -> None:
    p10, p50, p90 = quantiles([max(c.depths.values()) for c in cascades])
    assert (p10, p50) == (2, 3)
    assert p90 == pytest.approx(6, abs=1)


def test_structural_virality_is_that_of_real_cascades(cascades: list[Cascade]) -> None:
    assert quantiles([c.virality for c in cascades]) == pytest.approx((2.08, 2.36, 3.22), rel=0.08)


def test_three_quarters_of_the_spreads_come_straight_from_the_post(cascades: list[Cascade]) -> None:
    at = Counter(min(depth, 3) for c in cascades for depth in c.depths.values())
    parts = [at[depth] / at.total() for depth in (1, 2, 3)]
    assert parts == pytest.approx([0.74, 0.18, 0.07], abs=0.03)


def test_generations_multiply_as_in_real_cascades(cascades: list[Cascade]) -> None:
    at = Counter(depth for c in cascades for depth in c.depths.values())
    assert [at[g + 1] / at[g] for g in (1, 2, 3)] == pytest.approx([0.25, 0.25, 0.33], abs=0.09)


def test_half_of_the_shares_come_in_42_demo_seconds_and_nine_tenths_in_nine_minutes(cascades: list[Cascade]) -> None:
    assert median(c.time_to(0.5) for c in cascades) == pytest.approx(42, rel=0.15)
    assert median(c.time_to(0.9) for c in cascades) == pytest.approx(558, rel=0.2)


def test_audiences_have_a_small_median_and_a_heavy_tail() -> None:
    rng = Random(11)
    audiences = [person(rng).audience for _ in range(100_000)]
    assert median(audiences) == pytest.approx(MEDIAN_AUDIENCE, rel=0.1)
    assert sum(audiences) / len(audiences) == pytest.approx(842, rel=0.2)
    assert log(max(audiences)) > log(MEDIAN_AUDIENCE) + 6

"""A run as data: seed, faults, and which of the seed's records are sent. What the shrinker leaves is written and read in this form."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from simulation.faults import Fault
from simulation.run import Result, run
from simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulation.events import Sent


def to_case(result: Result) -> dict[str, Any]:
    """JSON of a run."""
    drawn = World(result.seed).sent
    case: dict[str, Any] = {"seed": result.seed, "faults": [asdict(fault) for fault in result.faults]}
    if result.schedule:
        case["schedule"] = result.schedule
    if len(result.sent) < len(drawn):
        case["records"] = [number for number, record in enumerate(drawn) if record in result.sent]
    return case


def replay(case: Mapping[str, Any]) -> Result:
    """Run a case; without `faults` or `records` those of the seed are taken."""
    faults = [Fault(**fault) for fault in case["faults"]] if "faults" in case else None
    sent = _chosen(World(case["seed"]).sent, case.get("records"))
    return run(case["seed"], faults, sent, case.get("schedule", 0))


def _chosen(drawn: Sequence[Sent], numbers: Sequence[int] | None) -> list[Sent] | None:
    return None if numbers is None else [drawn[number] for number in numbers]

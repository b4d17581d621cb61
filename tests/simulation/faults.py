"""Faults as data: what goes wrong, when, with whom. Drawn from the seed, printed with a failure, taken away one by one by the shrinker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

END_S = 16.0
"""After this virtual moment nothing goes wrong any more."""
WORKERS = 3

EVENTS = {
    "kill": "SIGKILL; a new process starts after `seconds`",
    "pause": "SIGSTOP for `seconds`, then SIGCONT",
    "stall": "the thread that talks to Kafka stands still for `seconds`",
    "stop": "SIGTERM; a new process starts after `seconds`",
    "rebalance": "the group's coordinator shares the partitions out anew",
    "forget": "the coordinator forgets the member, as when its heartbeats are lost",
    "lose": "all workers die, and the changelog is lost, or the local stores, or both and the offsets; they start again after `seconds`",
}
WINDOWS = {
    "sink_down": "ClickHouse refuses every insert",
    "sink_before": "an insert fails, nothing of it is applied",
    "sink_after": "an insert is applied, but its answer never comes",
    "sink_slow": "an insert takes seconds; it may be applied long after its sender died",
    "kafka_away": "no answer from Kafka at all",
    "produce_before": "a produce request is refused",
    "produce_after": "a produce request is appended, but its answer never comes",
    "produce_twice": "Kafka's client sends a batch twice, and both are appended",
    "produce_late": "a produce request times out and is appended seconds later",
    "commit_lost": "a commit request gets lost and is sent again",
    "fetch_slow": "a fetch takes long, and its records wait between the two threads",
    "fetch_small": "a fetch brings few records",
    "changelog_slow": "a transaction takes seconds; it may be committed long after its sender died",
    "disk_slow": "the local store takes seconds",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong at second `at`, for `seconds`; `worker` counts for EVENTS, `chance` per request for WINDOWS."""

    kind: str
    at: float
    seconds: float
    worker: int = 0
    chance: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in EVENTS | WINDOWS:
            raise ValueError(f"no fault is called {self.kind}")


def draw(rng: Random) -> list[Fault]:
    """The faults of one run: from none to many, of few kinds or of all; in every third run a quarrel about partitions."""
    if rng.random() < 0.35:
        kinds, number = ["kill", "pause", "pause", "pause", "stop", "rebalance", "forget"], rng.choice((4, 8, 14))
    else:
        kinds = rng.sample([*EVENTS, *WINDOWS], rng.randint(1, len(EVENTS) + len(WINDOWS)))
        number = rng.choice((0, 1, 2, 4, 6, 10, 16))
    return sorted((_one(rng, rng.choice(kinds)) for _ in range(number)), key=lambda fault: fault.at)


def _one(rng: Random, kind: str) -> Fault:
    at = round(rng.uniform(0.2, END_S - 2), 3)
    seconds = round(min(rng.choice((0.05, 0.5, 2.0, 5.0, 10.0)) * rng.uniform(0.5, 1.5), END_S - at), 3)
    chance = 1.0 if kind in {"sink_down", "kafka_away"} else rng.choice((0.1, 0.3, 0.6, 0.9))
    return Fault(kind, at, seconds, rng.randrange(WORKERS), chance if kind in WINDOWS else 1.0)


class Weather:
    """Which windows are open now, and whether they strike this request. Each kind of fault draws from a stream of its own."""

    def __init__(self, faults: Iterable[Fault], rngs: dict[str, Random]) -> None:
        self._windows = [fault for fault in faults if fault.kind in WINDOWS]
        self._rngs = rngs

    def strikes(self, kind: str, now: float) -> bool:
        return any(
            self._rngs[kind].random() < fault.chance
            for fault in self._windows
            if fault.kind == kind and fault.at <= now < fault.at + fault.seconds
        )

    def until(self, kind: str, now: float) -> float:
        """When the window that is open now closes; `now` when none is."""
        ends = [f.at + f.seconds for f in self._windows if f.kind == kind and f.at <= now < f.at + f.seconds]
        return max(ends, default=now)

"""Run seeds: one, many, and the smallest form of one that fails."""

from __future__ import annotations

import gc
import logging
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulation.worker import simulated
from simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulation.events import Sent
    from simulation.faults import Fault


@dataclass
class Result:
    """What one run came to."""

    seed: int
    failures: list[str]
    log: list[str]
    faults: Sequence[Fault]
    sent: Sequence[Sent]
    fingerprint: str
    steps: int
    seconds: float
    records: int
    settings: dict[str, object] = field(default_factory=dict)


def run(seed: int, sent: Sequence[Sent] | None = None, faults: Sequence[Fault] | None = None) -> Result:
    """One run. The same arguments give the same run, in any process with the same PYTHONHASHSEED."""
    logging.disable(logging.CRITICAL)
    gc.disable()  # finalizers would run at moments of their own
    try:
        with simulated(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            world = World(seed, sent, faults)
            world.run()
            kept = world.settings.model_dump(include={"partitions", "fetch_max_records", "flush_interval_s", "flush_max_rows"})
            records = sum(map(len, world.broker.logs.values()))
            return Result(
                seed, world.failures, world.log, world.faults, world.sent, world.fingerprint(), world.loop.steps, world.loop.time(), records, kept
            )
    finally:
        gc.enable()
        logging.disable(logging.NOTSET)

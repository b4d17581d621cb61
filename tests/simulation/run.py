"""Run one seed, and judge it."""

from __future__ import annotations

import gc
import logging
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from simulation.worker import simulated
from simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulation.events import Sent
    from simulation.faults import Fault


@dataclass(frozen=True)
class Result:
    """What one run came to. `failures` is empty when every promise was kept."""

    seed: int
    schedule: int
    failures: list[str]
    log: list[str]
    faults: Sequence[Fault]
    sent: Sequence[Sent]
    settings: dict[str, object]
    fingerprint: str
    """Equal for equal runs."""
    seconds: float
    """Virtual ones."""
    records: int


def run(
    seed: int, faults: Sequence[Fault] | None = None, sent: Sequence[Sent] | None = None, schedule: int = 0
) -> Result:
    """One run; faults and records are drawn from the seed unless given. The same arguments give the same run, in any process.

    Another `schedule` is another order and other delays for the same input, faults and settings.
    """
    with _quiet(), simulated():
        return _result(World(seed, sent, faults, schedule))


def _result(world: World) -> Result:
    world.run()
    return Result(
        world.seed,
        world.schedule,
        world.failures,
        world.log,
        world.faults,
        world.sent,
        world.shown_settings(),
        world.fingerprint(),
        world.loop.time(),
        sum(map(len, world.broker.logs.values())),
    )


_freeze_modules = cache(gc.freeze)
"""Collections need not look at them each time."""


@contextmanager
def _quiet() -> Iterator[None]:
    """No log lines of hundreds of workers, no warnings about the dead, and no garbage collection at moments of its own."""
    logging.disable(logging.CRITICAL)
    gc.disable()
    _freeze_modules()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            gc.collect()  # here, where nobody hears what the dead say
            gc.enable()
            logging.disable(logging.NOTSET)

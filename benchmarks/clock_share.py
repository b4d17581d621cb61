"""What everything about the present costs the whole worker: clock figures, baselines, forecasts, alert rules and their alerts, on against off.

c0 reads one topic twice in each round, once as it comes and once with alerts off and no look around (CASCADES_ALERTS=false, CASCADES_REFRESH_INTERVAL_S
beyond the run). The events are dated in the last minutes, so that windows, forecasts and the preset balanced have something to say. The sums by age
that the fold keeps are in both: `benchmarks.clock_cost` compares them with a checkout that has none.
"""

from __future__ import annotations

import asyncio
import sys
import time
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import topic
from benchmarks.environments import PEERS
from benchmarks.report import Row, at_least, at_most, spread
from benchmarks.runner import differences, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.runner import Report
    from benchmarks.stage import Stage
    from pipeline.config import Settings

COMMAND = [sys.executable, str(PEERS / "worker" / "app.py"), "discard"]
ROUNDS = 3
MOST_CPU, LEAST_RATE = 1.25, 0.75


def rows(stage: Stage, part: float, _runs: object) -> list[Row]:
    total = max(50_000, int(1_000_000 * part))
    settings = stage.settings()
    truth = asyncio.run(_fill(settings, total))
    found: dict[str, list[Report]] = {"on": [], "off": []}
    for number in range(ROUNDS):
        for clock in sorted(found, reverse=bool(number % 2)):  # who comes second finds the broker's files warm
            found[clock].append(_run(stage, settings, total, truth, clock))
    return judged(found, total)


def judged(found: Mapping[str, list[Report]], total: int) -> list[Row]:
    """The two rows. The mark is a quarter: of the CPU per event, and of the events per second."""
    cpu = {clock: [report.cpu_per_million for report in reports] for clock, reports in found.items()}
    rate = {clock: [report.rate for report in reports] for clock, reports in found.items()}
    more, left = median(cpu["on"]) / median(cpu["off"]), median(rate["on"]) / median(rate["off"])
    looks = median(report.marks["changelog"]["looks"] for report in found["on"])
    how = f"c0, {total:,} events dated in the present, {len(cpu['on'])} run(s) each in turns; {looks:,.0f} looks at contents in the middle run; sums equal"
    return [
        Row(
            "CPU of c0 with clock figures and alerts on, against off",
            f"≤ {MOST_CPU} ×",
            f"{more:.2f} × ({spread(cpu['on'], 1)} / {spread(cpu['off'], 1)} s/M)",
            at_most(more, MOST_CPU),
            how,
        ),
        Row(
            "speed of c0 with clock figures and alerts on, against off",
            f"≥ {LEAST_RATE} ×",
            f"{left:.2f} × ({spread(rate['on'])} / {spread(rate['off'])} events/s)",
            at_least(left, LEAST_RATE),
            how,
        ),
    ]


def _run(stage: Stage, settings: Settings, total: int, truth: Mapping[str, float], clock: str) -> Report:
    environment = stage.environment(settings.events_topic, total) | {"BENCH_CLOCK": clock}
    log = stage.folder / f"clock-{clock}.log"
    try:
        done = run(COMMAND, environment, log, stage.guards(clickhouse=False), 120 + total / 1000)
    finally:
        stage.tidy(environment)
    if wrong := differences(done.figures, truth):
        raise AssertionError(f"with the clock {clock}: {wrong}")
    if (done.marks["changelog"]["looks"] > 0) != (clock == "on"):
        raise AssertionError(f"with the clock {clock}: {done.marks['changelog']['looks']} looks at contents")
    return done


async def _fill(settings: Settings, total: int) -> dict[str, float]:
    """The topic of the comparison, a millisecond between two events, the last one now; returns what must come out."""
    return (await topic.make(settings, total, time.time_ns() // 1_000_000 - total)).figures()

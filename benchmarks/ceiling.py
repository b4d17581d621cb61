"""The ceiling on memory: contents that come and go, once with room for all of them and once with room for a tenth.

What is above the ceiling leaves memory for the local store; the figures of everything, in memory or not, must stay equal.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from benchmarks import topic
from benchmarks.environments import PEERS
from benchmarks.report import NO_MARK, Row
from benchmarks.runner import differences, run
from pipeline.kafka import ensure_topics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.runner import Report
    from benchmarks.stage import Stage
    from pipeline.config import Settings

COMMAND = [sys.executable, str(PEERS / "worker" / "app.py"), "discard"]


def rows(stage: Stage, part: float, _runs: object) -> list[Row]:
    total = max(50_000, int(1_000_000 * part))
    settings = stage.settings()
    asyncio.run(_fill(settings, total))
    truth = topic.Truth.of(topic.drifting(total)).figures()
    free, bound = (_run(stage, settings, total, truth, most) for most in (10 * total, total // 10))
    held, most = int(bound.marks["changelog"]["most_held"]), total // 10
    measured = (
        f"at most {held:,} events held, peak {bound.peak_mb:.0f} MB, {bound.rate:,.0f} events/s; "
        f"without it {int(free.marks['changelog']['most_held']):,} held, {free.peak_mb:.0f} MB, {free.rate:,.0f} events/s"
    )
    how = f"c0, {total:,} spreads of contents that come and go; the ceiling is looked at after each flush, so what two of them bring may stand above it; sums equal"
    verdict = "held" if held <= most + 2 * bound.rate else "not held"
    return [Row(f"memory ceiling of {most:,} events", "none set", measured, f"{NO_MARK} ({verdict})", how)]


def _run(stage: Stage, settings: Settings, total: int, truth: Mapping[str, float], most: int) -> Report:
    environment = stage.environment(settings.events_topic, total) | {"BENCH_MOST_HELD": str(most)}
    log = stage.folder / "ceiling.log"
    try:
        done = run(COMMAND, environment, log, stage.guards(clickhouse=False), 120 + total / 1000)
    finally:
        stage.tidy(environment)
    if wrong := differences(done.figures, truth):
        raise AssertionError(f"with room for {most:,}: {wrong}")
    return done


async def _fill(settings: Settings, total: int) -> None:
    await ensure_topics(settings)
    await topic.Filler(settings).fill((act.key, act.encode()) for act in topic.drifting(total))

"""One worker, then two on the same two cores: how much faster, and what the broker takes.

The workers join an empty topic and share its partitions; then the whole topic appears within a second or two (its batches are built beforehand).
From the first record of any worker to the last acknowledgement of all.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import topic
from benchmarks.environments import PEERS
from benchmarks.report import NO_MARK, Row, at_least
from benchmarks.runner import Contender, cpu_of, differences
from pipeline.kafka import ensure_topics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.runner import Report
    from benchmarks.stage import Stage

COMMAND = [sys.executable, str(PEERS / "worker" / "app.py"), "discard"]


CORES = 2


@dataclass(frozen=True)
class Measured:
    """Of some workers together: events per second, and CPU seconds per million events of theirs and of the broker."""

    rate: float
    cpu: float
    broker: float

    @property
    def bound(self) -> float:
        """Events per second if both cores did nothing but this, workers and broker together."""
        return CORES * 1e6 / (self.cpu + self.broker)


def rows(stage: Stage, part: float, runs: Mapping[str, Sequence[Report]]) -> list[Row]:
    total = max(20_000, int(1_000_000 * part))
    truth = topic.Truth.of(topic.acts(total)).figures()
    one, two = (measure(stage, workers, total, truth) for workers in (1, 2))
    how = f"{total:,} events, c0 workers joined before the topic is filled; the producer's burst is counted; sums equal"
    figures = f"{two.rate / one.rate:.2f} × ({one.rate:,.0f} → {two.rate:,.0f} events/s)"
    costs = f"workers {one.cpu:.1f} → {two.cpu:.1f}, broker {one.broker:.1f} → {two.broker:.1f} CPU s/M"
    bound = f"{two.rate / two.bound:.0%} of the {two.bound:,.0f} that {CORES} cores hold of workers and broker"
    found = [Row("scale out, 1 → 2 workers on 2 cores", "none set", f"{figures}; {costs}; {bound}", NO_MARK, how)]
    if flink := runs.get("h"):
        theirs = median(report.rate for report in flink)
        measured = f"{two.rate / theirs:.2f} × ({two.rate:,.0f} / {theirs:,.0f} events/s)"
        title = "speed of two processes of c0 against Flink (h), both cores"
        found.append(Row(title, "> 1 ×", measured, at_least(two.rate / theirs, 1.0), how))
    return found


def measure(stage: Stage, workers: int, total: int, truth: Mapping[str, float]) -> Measured:
    """So many workers over a topic of their own."""
    settings = stage.settings()
    asyncio.run(ensure_topics(settings))
    environment = stage.environment(settings.events_topic, 0)
    with ExitStack() as stack:
        group = [stack.enter_context(_worker(stage, environment, number)) for number in range(workers)]
        shares = _shares(group, settings.partitions)
        broker = cpu_of(stage.guards(clickhouse=False))["broker"]
        asyncio.run(_fill(topic.Filler(settings), total, group, shares))
        ends = [(one.mark("first", timeout_s=120), one.mark("last", timeout_s=120 + total / 1000)) for one in group]
        broker = cpu_of(stage.guards(clickhouse=False))["broker"] - broker
        _check([one.mark("sums", timeout_s=600)["figures"] for one in group], truth)
        for one in group:
            one.end()
    stage.tidy(environment)
    seconds = max(last["at"] for _, last in ends) - min(first["at"] for first, _ in ends)
    done, cpu = sum(last["records"] for _, last in ends), sum(last["cpu"] for _, last in ends)
    return Measured(done / seconds, cpu / done * 1e6, broker / total * 1e6)


def _check(parts: Sequence[Mapping[str, float]], truth: Mapping[str, float]) -> None:
    """Each worker has the contents of its partitions: together they have all."""
    together = {name: (max if name == "depth" else sum)(part[name] for part in parts) for name in parts[0]}
    if wrong := differences(together, truth):
        raise AssertionError(wrong)


def _worker(stage: Stage, environment: dict[str, str], number: int) -> Contender:
    own = environment | {"BENCH_WORKER": str(number)}
    return Contender(COMMAND, own, stage.folder / f"scale-{number}.log")


def _shares(group: Sequence[Contender], partitions: int) -> list[list[int]]:
    """The partitions of each worker, once every partition has one and every worker has some."""
    shares: list[list[int]] = [[] for _ in group]
    while sorted(chain.from_iterable(shares)) != list(range(partitions)) or not all(shares):
        for number, one in enumerate(group):
            if len(shares[number]) != partitions // len(group):
                shares[number] = one.mark("ready", timeout_s=60)["partitions"]
    return shares


async def _fill(filler: topic.Filler, total: int, group: Sequence[Contender], shares: Sequence[Sequence[int]]) -> None:
    records = [(act.key, act.encode()) for act in topic.acts(total)]

    def tell() -> None:
        for one, share in zip(group, shares, strict=True):
            one.tell(str(sum(filler.counts[partition] for partition in share)))

    await filler.burst(records, tell)

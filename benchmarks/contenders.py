"""Who is compared, and how each is started."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.environments import PEERS, java_peer, python_peer

if TYPE_CHECKING:
    from collections.abc import Callable

    Say = Callable[[str], None]


@dataclass(frozen=True)
class Who:
    """One contender. `command` makes ready what it needs and may raise MissingError.

    `most` and `runs` bound the slow ones: events after which it has shown its rate, and runs that are enough. `expected`: events per second and
    seconds beside them, for the estimate of the campaign's length.
    """

    key: str
    title: str
    folder: str
    command: Callable[[Say], list[str]]
    expected: tuple[float, float]
    clickhouse: bool = False
    most: int | None = None
    runs: int | None = None

    @property
    def ours(self) -> bool:
        """Whether the product's own code runs in it."""
        return self.folder in {"raw", "worker"}

    def events(self, asked: int) -> int:
        return min(asked, self.most or asked)

    def times(self, asked: int) -> int:
        return min(asked, self.runs or asked)

    def seconds(self, events: int) -> float:
        """About how long one run takes, start and end included."""
        rate, beside = self.expected
        return events / rate + beside


def _ours(name: str, mode: str, _say: Say) -> list[str]:
    return [sys.executable, str(PEERS / name / "app.py"), mode]


ALL = (
    Who("a", "raw aiokafka consume", "raw", partial(_ours, "raw", "raw"), (330_000, 2)),
    Who("b", "consume + msgspec decode", "raw", partial(_ours, "raw", "decode"), (230_000, 2)),
    Who(
        "c0",
        "our worker, durable state, rows to a sink that discards them",
        "worker",
        partial(_ours, "worker", "discard"),
        (60_000, 8),
    ),
    Who(
        "n",
        "c0 without making the rows, as the peers make none",
        "worker",
        partial(_ours, "worker", "no-rows"),
        (70_000, 8),
    ),
    Who(
        "c",
        "our worker, everything on, every row in ClickHouse",
        "worker",
        partial(_ours, "worker", "all"),
        (45_000, 10),
        clickhouse=True,
    ),
    Who(
        "d",
        "plain Faust 0.15.3, two Tables",
        "faust",
        partial(python_peer, "faust"),
        (1_080, 7),
        most=100_000,
        runs=2,
    ),
    Who("e", "Quix Streams 3.28.1, RocksDB + changelog", "quix", partial(python_peer, "quix"), (11_000, 7), runs=2),
    Who("f", "Bytewax 0.21.1, SQLite recovery", "bytewax", partial(python_peer, "bytewax"), (58_000, 4)),
    Who(
        "g",
        "Kafka Streams 4.1.2, 2 threads, RocksDB + changelog",
        "kstreams",
        partial(java_peer, "kstreams"),
        (39_000, 7),
    ),
    Who("h", "Flink 2.2.1 MiniCluster, 2 cores, heap state", "flink", partial(java_peer, "flink"), (130_000, 15)),
    Who("p", "Pathway 0.33.0, input persisted", "pathway", partial(python_peer, "pathway"), (100_000, 8)),
)

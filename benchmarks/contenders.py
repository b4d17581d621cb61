"""Who is compared, and how each is started."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.environments import PEERS, java_peer, python_peer
from pipeline.config import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    Say = Callable[[str], None]


@dataclass(frozen=True)
class Who:
    """One contender. `command` makes ready what it needs and may raise MissingError. `most`: events after which it has shown its rate."""

    key: str
    title: str
    command: Callable[[Say], list[str]]
    clickhouse: bool = False
    most: int | None = None


def _ours(name: str, mode: str, _say: Say) -> list[str]:
    return [sys.executable, str(PEERS / name / "app.py"), mode]


DURABLE = "changelog" if "state_dir" in Settings.model_fields else "no changelog in this version"
ALL = (
    Who("a", "raw aiokafka consume", partial(_ours, "raw", "raw")),
    Who("b", "consume + msgspec decode", partial(_ours, "raw", "decode")),
    Who("c0", f"our worker without ClickHouse, {DURABLE}", partial(_ours, "worker", "alone")),
    Who("c", "our worker, every row in ClickHouse", partial(_ours, "worker", "all"), clickhouse=True),
    Who("d", "plain Faust 0.15.3, two Tables", partial(python_peer, "faust"), most=50_000),
    Who("e", "Quix Streams 3.28.1, RocksDB + changelog", partial(python_peer, "quix")),
    Who("f", "Bytewax 0.21.1, SQLite recovery", partial(python_peer, "bytewax")),
    Who("g", "Kafka Streams 4.1.2, 2 threads, RocksDB + changelog", partial(java_peer, "kstreams")),
    Who("h", "Flink 2.2.1 MiniCluster, 2 cores, heap state", partial(java_peer, "flink")),
    Who("p", "Pathway 0.33.0, input persisted", partial(python_peer, "pathway")),
)

"""For measurements inside one process: the worker's own path from bytes to state, without Kafka. Each runs in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.stream.partition import PartitionState

if TYPE_CHECKING:
    from collections.abc import Sequence

APPENDED_MS = 1_790_000_000_000
"""When the broker would have appended the records: after every event of `benchmarks.topic`."""


@dataclass(slots=True, frozen=True)
class Taken:
    """A record as the worker reads it."""

    offset: int
    key: bytes
    value: bytes
    timestamp: int = APPENDED_MS
    headers: Sequence[tuple[str, bytes]] = ()


def state() -> PartitionState:
    """A partition that takes every content."""
    return PartitionState("events", 0, lambda _key: 0, {})


def in_fresh_process(module: str, *arguments: object) -> dict[str, float]:
    """Run a module's `__main__` and read the JSON that it prints."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])

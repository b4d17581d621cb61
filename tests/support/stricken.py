"""A worker process that a signal strikes at a chosen point of the cycle: `python -m support.stricken POINT NTH SIGNAL`.

Points are the gaps between the steps; the production code knows nothing of them: its collaborators are wrapped here.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from pipeline.config import Settings
from pipeline.sinks.clickhouse import ClickHouseSink
from pipeline.stream import worker
from pipeline.stream.changelog import Changelog
from pipeline.stream.producer import Producer
from pipeline.stream.store import LocalStore
from pipeline.stream.transport import Consumer

POINTS = (
    "before dead letters",
    "after dead letters",
    "before ClickHouse",
    "within ClickHouse",
    "after ClickHouse",
    "within the transaction",
    "after the changelog",
    "after the local store",
    "after the offsets",
)


class Strike:
    """Sends the signal to this very process when the point is passed for the nth time."""

    def __init__(self, point: str, nth: int, how: int) -> None:
        self.point, self.left, self.how = point, nth, how

    def __call__(self, point: str) -> None:
        if point == self.point:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), self.how)


def wrap(owner: Any, name: str, strike: Strike, before: str = "", after: str = "") -> None:
    """Strike before or after an async method."""
    inner = getattr(owner, name)

    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        strike(before)
        result = await inner(*args, **kwargs)
        strike(after)
        return result

    setattr(owner, name, wrapped)


def wrap_sync(owner: Any, name: str, strike: Strike, before: str = "", after: str = "") -> None:
    """Strike before or after a method."""
    inner = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        strike(before)
        result = inner(*args, **kwargs)
        strike(after)
        return result

    setattr(owner, name, wrapped)


class Sink(ClickHouseSink):
    """Writes table by table, so that there is a point in the middle."""

    strike: Strike

    def write(self, blocks: Any) -> None:
        self.strike("before ClickHouse")
        half = type(blocks)(list(blocks.items())[: len(blocks) // 2])
        if half:
            super().write(half)
        self.strike("within ClickHouse")
        super().write(blocks)
        self.strike("after ClickHouse")


def main() -> int:
    strike = Strike(sys.argv[1], int(sys.argv[2]), getattr(signal, sys.argv[3]))
    Sink.strike = strike
    worker.ClickHouseSink = Sink
    wrap(Producer, "send_dead_letters", strike, before="before dead letters", after="after dead letters")
    wrap(Changelog, "_send", strike, after="within the transaction")
    wrap(Changelog, "append", strike, after="after the changelog")
    wrap_sync(LocalStore, "write", strike, after="after the local store")
    wrap(Consumer, "_commit_offsets", strike, after="after the offsets")
    return worker.run_worker(Settings())


if __name__ == "__main__":
    sys.exit(main())

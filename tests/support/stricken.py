"""A worker process that can be struck at a chosen point of the cycle: `python -m support.stricken [POINT NTH SIGNAL]`.

Points are the gaps between the steps; the production code knows nothing of them: its collaborators are wrapped here. SIGUSR1 makes it
read more orders, one JSON object, from the file named by the environment variable STRICKEN_ORDERS:

    {"point": "after ClickHouse", "nth": 1, "signal": "SIGKILL"}    {"shift_s": -3600}    {"disk_full": true}
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

SHIFT_S = [0.0]


def shift_clocks() -> None:
    """Let everything that asks Python for the wall clock see it shifted. Comes before all other imports."""
    seconds, nanoseconds = time.time, time.time_ns
    time.time = lambda: seconds() + SHIFT_S[0]
    time.time_ns = lambda: nanoseconds() + int(SHIFT_S[0] * 1e9)


if __name__ == "__main__":
    shift_clocks()

from pipeline.config import Settings  # noqa: E402 - the clocks come first
from pipeline.sinks.clickhouse import ClickHouseSink  # noqa: E402
from pipeline.stream import cycle, store, worker  # noqa: E402
from pipeline.stream.changelog import Changelog  # noqa: E402
from pipeline.stream.journal import Journal  # noqa: E402
from pipeline.stream.keeper import Keeper  # noqa: E402
from pipeline.stream.ownership import Ownership  # noqa: E402
from pipeline.stream.partition import PartitionState  # noqa: E402
from pipeline.stream.producer import Producer  # noqa: E402
from pipeline.stream.transport import Consumer  # noqa: E402

POINTS = (
    "after decode",
    "after fold",
    "before dead letters",
    "after dead letters",
    "after re-keyed records",
    "before ClickHouse",
    "within ClickHouse",
    "after ClickHouse",
    "within the transaction",
    "after the changelog",
    "after the local store",
    "before the offsets",
    "after the offsets",
)
START_POINTS = ("after the takeover", "after the tail", "after the restore")
ALERT_POINTS = (
    "before an alert",
    "within its transaction",
    "after its commit",
    "after its record is kept",
    "before its row",
)
"""Around the transaction that tells an alert: the other transactions of the changelog do not count."""
HAND_OVER_POINTS = ("before partitions are taken", "after partitions are taken")


class Strike:
    """Sends the signal to this very process when the point is passed for the nth time."""

    def __init__(self, point: str = "", nth: int = 0, how: int = signal.SIGKILL) -> None:
        self.order(point, nth, how)

    def order(self, point: str, nth: int, how: int) -> None:
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
    """Strike before or after a function."""
    inner = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        strike(before)
        result = inner(*args, **kwargs)
        strike(after)
        return result

    setattr(owner, name, wrapped)


def wrap_told(owner: Any, name: str, strike: Strike, before: str = "", after: str = "") -> None:
    """Strike before or after an async method, when it is given messages to tell."""
    inner = getattr(owner, name)

    async def wrapped(self: Any, records: Any, messages: Any = (), *args: Any) -> Any:
        if messages:
            strike(before)
        result = await inner(self, records, messages, *args)
        if messages:
            strike(after)
        return result

    setattr(owner, name, wrapped)


class Sink(ClickHouseSink):
    """Writes table by table, so that there is a point in the middle."""

    strike: Strike

    def write(self, blocks: Any) -> None:
        self.strike("before ClickHouse")
        if self.strike.point == "within ClickHouse":
            half = type(blocks)(list(blocks.items())[: len(blocks) // 2])
            if half:
                super().write(half)
        self.strike("within ClickHouse")
        if blocks.get("alerts"):
            self.strike("before its row")
        super().write(blocks)
        self.strike("after ClickHouse")


class Disk:
    """The disk of the local stores, full when it is told so: for machines that cannot give it a real one."""

    def __init__(self) -> None:
        self.full = False
        inner = store._open
        store._open = lambda path: Database(inner(path), self)


class Database:
    """RocksDB on that disk."""

    def __init__(self, inner: Any, disk: Disk) -> None:
        self._inner, self._disk = inner, disk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write(self, batch: Any) -> None:
        if self._disk.full:
            raise Exception("IO error: No space left on device: While appending to file")  # noqa: TRY002 - rocksdict's own
        self._inner.write(batch)


def arm(strike: Strike) -> None:
    """Put the points in."""
    Sink.strike = strike
    worker.ClickHouseSink = Sink  # type: ignore[misc]
    wrap_sync(cycle, "decode", strike, after="after decode")
    wrap_sync(PartitionState, "apply", strike, after="after fold")
    wrap(Producer, "send_dead_letters", strike, before="before dead letters", after="after dead letters")
    wrap(Producer, "send_in_order", strike, after="after re-keyed records")
    wrap(Changelog, "_send", strike, after="within the transaction")
    wrap(Changelog, "append", strike, after="after the changelog")
    wrap(Journal, "keep", strike, after="after the local store")
    wrap(Changelog, "_send_message", strike, after="within its transaction")
    wrap_told(Changelog, "append", strike, after="after its commit")
    wrap_told(Journal, "tell", strike, before="before an alert", after="after its record is kept")
    wrap(Consumer, "_commit_offsets", strike, before="before the offsets", after="after the offsets")
    wrap(Changelog, "take_over", strike, after="after the takeover")
    wrap(Journal, "_read_tail", strike, after="after the tail")
    wrap(Keeper, "restore", strike, after="after the restore")
    wrap(Ownership, "taken", strike, before="before partitions are taken", after="after partitions are taken")


def obey(order: dict[str, Any], strike: Strike, disk: Disk) -> None:
    if "point" in order:
        strike.order(order["point"], order["nth"], getattr(signal, order["signal"]))
    SHIFT_S[0] += order.get("shift_s", 0.0)
    disk.full = order.get("disk_full", disk.full)


def main() -> int:
    disk = Disk()
    strike = Strike()
    if sys.argv[1:]:
        strike.order(sys.argv[1], int(sys.argv[2]), getattr(signal, sys.argv[3]))
    arm(strike)
    if orders := os.environ.get("STRICKEN_ORDERS"):
        signal.signal(signal.SIGUSR1, lambda *_: obey(json.loads(Path(orders).read_text()), strike, disk))
    return worker.run_worker(Settings())


if __name__ == "__main__":
    sys.exit(main())

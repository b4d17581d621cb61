"""Bounds on what a sender may ask of this process: tokens per second, and bytes that wait for Kafka."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from pipeline.ingest.http.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BUCKETS = 20_000
"""Senders that are remembered; the one idle the longest is forgotten, with its debts."""
BURST_S = 2.0
"""A full bucket lasts for so long at its own rate."""
RETRY_S = 1.0


class Bucket:
    """A token bucket that may go into debt once: a request larger than the bucket passes, and those behind it wait for it."""

    __slots__ = ("_burst", "_level", "_rate", "_seen")

    def __init__(self, rate: float, now: float, burst: float | None = None) -> None:
        self._rate, self._burst = rate, burst or max(1.0, rate * BURST_S)
        self._level, self._seen = self._burst, now

    def wait_s(self, now: float) -> float:
        """Seconds until something may be taken; 0.0: now."""
        self._level = min(self._burst, self._level + (now - self._seen) * self._rate)
        self._seen = now
        return 0.0 if self._level >= 1.0 else (1.0 - self._level) / self._rate

    def take(self, amount: float) -> None:
        """Take so much, whatever is there."""
        self._level -= amount


class Limiter:
    """Buckets by sender. Memory is bounded by `MOST_BUCKETS`."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, most: int = MOST_BUCKETS) -> None:
        self._now, self._most = monotonic, most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def check(self, sender: str, rate: float, what: str) -> None:
        """Raise ProblemError `too-many` (429) when this sender has used up what `rate` per second allows. A rate of 0 allows all."""
        if rate and (wait_s := self._bucket(sender, rate).wait_s(self._now())) > 0:
            raise ProblemError("too-many", f"more than {rate:g} {what} per second", retry_after_s=wait_s)

    def take(self, sender: str, rate: float, amount: float = 1) -> None:
        """Count what the sender has used."""
        if rate:
            self._bucket(sender, rate).take(amount)

    def _bucket(self, sender: str, rate: float) -> Bucket:
        bucket = self._buckets.get(sender)
        if bucket is None:
            bucket = self._buckets[sender] = Bucket(rate, self._now())
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(sender)
        return bucket


class Room:
    """Bytes of bodies that are held at once, from their first byte until Kafka has acknowledged what they hold."""

    def __init__(self, most: int) -> None:
        self._most, self.held = most, 0

    def take(self, size: int) -> None:
        """Hold so many bytes more. Raises ProblemError `overloaded` (503) when there is no room for them."""
        if self.held + size > self._most:
            raise ProblemError("overloaded", "too many bytes wait for Kafka", retry_after_s=RETRY_S)
        self.held += size

    def give(self, size: int) -> None:
        """They are needed no more."""
        self.held -= size

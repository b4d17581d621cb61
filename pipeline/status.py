"""What a process knows about itself: one line per part, read by the health server's threads and written by everything else."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from pipeline.metrics import Metric, Metrics

if TYPE_CHECKING:
    from collections.abc import Iterable

PARTS = ("kafka", "group", "produce", "state", "memory", "clickhouse", "rules", "worker")
"""Those of the worker. kafka: a broker answers; group: partitions are assigned; produce: Kafka takes what the worker sends; state: rebuilt up to the committed
offsets; memory: contents are not above its ceiling for long; clickhouse: takes rows; rules: those of the alerts are read; worker: started, and neither stopping nor failed."""


@dataclass(frozen=True, slots=True)
class Part:
    """Whether one part does its work, and why not (or what it does)."""

    ok: bool
    detail: str


class Status:
    """The parts of one process. Thread-safe. Not ready until every part has said that it is."""

    def __init__(self, metrics: Metrics, parts: Iterable[str] = PARTS) -> None:
        self._metrics = metrics
        self._lock = Lock()
        self._parts: dict[str, Part] = {}
        self._ticked = monotonic()
        for name in parts:
            self.set(name, ok=False, detail="starting")

    def set(self, name: str, *, ok: bool, detail: str) -> None:
        """A part says how it is."""
        with self._lock:
            self._parts[name] = Part(ok, detail)
        self._metrics.set(Metric.READY, ok, name)

    def tick(self) -> None:
        """The event loop turns. Called about once a second on it."""
        self._ticked = monotonic()

    def is_ok(self, name: str) -> bool:
        """Whether a part works."""
        with self._lock:
            return self._parts[name].ok

    @property
    def ticked_at(self) -> float:
        """When the event loop turned last, by the monotonic clock."""
        return self._ticked

    @property
    def seconds_since_tick(self) -> float:
        """How long the event loop has not turned."""
        return monotonic() - self._ticked

    def parts(self) -> dict[str, Part]:
        """A copy of all parts."""
        with self._lock:
            return dict(self._parts)

"""A feed: one question to ClickHouse, asked about once a second while anybody looks, and its answer shared by all who do."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import msgspec

from pipeline.errors import UnavailableError
from pipeline.metrics import Metric, Metrics

log = logging.getLogger(__name__)

Load = Callable[[], Awaitable[Mapping[str, object]]]
"""Answers by part name. Raises `UnavailableError`, whose text is fit for the page, when there is no answer."""

LOAD_LIMIT_S = 20.0
"""For one answer of ClickHouse; without it the page says so."""
REST = 4.0
"""A feed rests at least this many times as long as its answer took: slow answers never keep ClickHouse busy for more than a fifth."""


@runtime_checkable
class Diffable(Protocol):
    """A value that can say what changed since an earlier one; None = send it whole."""

    def delta(self, before: object) -> object | None:
        """What leads from `before` to this."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """One named piece of a page, encoded once for all streams. `delta` leads from version `base` to `version`."""

    name: str
    version: int
    full: bytes
    base: int = 0
    delta: bytes = b""


@dataclass(slots=True)
class Feed:
    """Keeps the newest `Part` of each name. Only the newest: a slow stream skips what it missed, so nothing piles up."""

    name: str
    load: Load
    interval_s: float
    versions: Iterator[int]
    metrics: Metrics
    problem: str = ""
    ended: bool = False
    parts: dict[str, Part] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    listeners: set[asyncio.Event] = field(default_factory=set)
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Ask until ended. Cancelling alone is not enough: libraries below are known to swallow it."""
        while not self.ended:
            started = time.monotonic()
            await self.refresh()
            await asyncio.sleep(max(self.interval_s, REST * (time.monotonic() - started)))

    async def refresh(self) -> None:
        """Ask once and publish what changed. Without an answer the last figures stay, and the part `problem:<name>` says why."""
        answer: Mapping[str, object] = {}
        problem = ""
        try:
            with self.metrics.timed(Metric.PAGE_LOOK_SECONDS, self.name):
                # Not wait_for: in Python 3.11 it may swallow the cancellation that ends this feed.
                async with asyncio.timeout(LOAD_LIMIT_S):
                    answer = await self.load()
        except UnavailableError as error:
            problem = str(error)
        except TimeoutError:
            problem = f"no answer within {LOAD_LIMIT_S:.0f} s"
        except Exception:
            # One page's fault must not end the others; the log has the stack, the visitor a sentence.
            log.exception("feed %s failed", self.name)
            problem = "an error of the page itself; its log says more"
        self.problem = (
            problem  # only now: who asks meanwhile must not take a look that has no answer yet for a good one
        )
        self.metrics.add(Metric.PAGE_PROBLEMS, bool(self.problem), self.name)
        self._publish({**answer, f"problem:{self.name}": {"text": self.problem}})

    def _publish(self, answer: Mapping[str, object]) -> None:
        changed = [self._replace(name, value) for name, value in answer.items()]
        self.answered.set()
        if any(changed):
            for wake in self.listeners:
                wake.set()

    def _replace(self, name: str, value: object) -> bool:
        full = msgspec.json.encode(value)
        before = self.parts.get(name)
        if before and before.full == full:
            return False
        delta = value.delta(self.values[name]) if before and isinstance(value, Diffable) else None
        self.values[name] = value
        if before is None or delta is None:
            self.parts[name] = Part(name, next(self.versions), full)
        else:
            self.parts[name] = Part(name, next(self.versions), full, before.version, msgspec.json.encode(delta))
        return True

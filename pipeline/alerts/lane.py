"""One channel's lane: the alerts that wait for it, tried one after the other, each for a bounded time.

Lanes do not wait for one another. An alert that is refused lets others of its channel pass, but not those of the same content: who is told that
something is over has been told before that it began, as far as the channel takes both.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from pipeline.alerts.outcome import Failure
from pipeline.backoff import Backoff
from pipeline.metrics import Metric, Metrics

if TYPE_CHECKING:
    from pipeline.alerts.outcome import Sender
    from schemas.alert import Alert

log = logging.getLogger("cascades.notify")

ROOM = 200
"""Alerts that may wait for a channel. A sound channel that has so many makes the reader wait; a failing one loses the oldest to the dead letters."""
MOST_PAUSE_S = 30.0
"""Longest pause between two attempts: how late a channel that is well again hears of it."""


@dataclass(slots=True, eq=False)
class Item:
    """An alert on its way to one channel. `settled` are called once it is there, buried, or not wanted any more."""

    alert: Alert
    record: Any
    queued_at: float
    settled: list[Callable[[], None]]
    backoff: Backoff
    attempts: int = 0
    not_before: float = 0.0
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient a lane is. `first_s`: the first pause after a failure, doubled up to `most_s`. `give_up_s`: age at which an alert is buried."""

    give_up_s: float = 600.0
    first_s: float = 1.0
    most_s: float = MOST_PAUSE_S
    room: int = ROOM


Bury = Callable[[Any, str, Failure, int], Awaitable[None]]
"""(record, channel, failure, attempts): returns when the dead letter is kept."""


@dataclass(slots=True, eq=False)
class Lane:
    """Call `put` from the event loop, and keep `run` going in a task. `unwanted` is asked before each attempt (a mute may come in between)."""

    name: str
    sender: Sender
    bury: Bury
    unwanted: Callable[[Alert], bool]
    metrics: Metrics
    limits: Limits = field(default_factory=Limits)
    failing_since: float | None = None
    last_failure: Failure | None = None
    _closing: bool = False
    _items: list[Item] = field(default_factory=list)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _paused_until: float = 0.0
    _backoff: Backoff = field(init=False)

    def __post_init__(self) -> None:
        self._backoff = self._pauses()

    @property
    def waiting(self) -> int:
        """Alerts that wait."""
        return len(self._items)

    @property
    def full(self) -> bool:
        """Whether the reader should wait: many alerts here, and they do move."""
        return len(self._items) >= self.limits.room and not self._stuck

    @property
    def _stuck(self) -> bool:
        """The channel fails, or is so slow that the oldest alert has waited for as long as one may."""
        return self.failing_since is not None or monotonic() - self._items[0].queued_at >= self.limits.give_up_s

    def put(self, alert: Alert, record: Any, settled: Callable[[], None]) -> None:
        """Queue an alert. The same message while it still waits (it was read again) is not sent twice."""
        for item in self._items:
            if item.alert.message_id == alert.message_id:
                item.settled.append(settled)
                return
        self._items.append(Item(alert, record, monotonic(), [settled], self._pauses()))
        self._tell()

    def close(self) -> None:
        """End `run` after the attempt that is under way. What waits then is read again after the next start."""
        self._closing = True
        self._wake.set()

    async def run(self) -> None:
        """Deliver until closed. Cancelled within an attempt, that alert is sent again after the next start."""
        while not self._closing:
            self._wake.clear()
            await self._bury_overdue()
            item = self._next()
            if item is None:
                await self._rest()
            elif self.unwanted(item.alert):
                self.metrics.add(Metric.ALERTS_SKIPPED, 1, "muted")
                self._settle(item)
            else:
                await self._attempt(item)

    async def _attempt(self, item: Item) -> None:
        item.attempts += 1
        failure = await self.sender.send(item.alert)
        if failure is None:
            self._delivered(item)
        elif failure.final:
            self._failed(item, failure)
            await self._bury(item, failure)
        else:
            self._failed(item, failure)

    def _delivered(self, item: Item) -> None:
        if self.failing_since is not None:
            log.info("channel %s takes alerts again", self.name)
        self.failing_since, self._paused_until, self._backoff = None, 0.0, self._pauses()
        self.metrics.add(Metric.ALERTS_DELIVERED, 1, self.name)
        self.metrics.observe(Metric.ALERT_DELIVERY_SECONDS, max(0.0, monotonic() - item.queued_at), self.name)
        self._settle(item)

    def _failed(self, item: Item, failure: Failure) -> None:
        now = monotonic()
        if self.failing_since is None:
            log.warning("channel %s does not take alerts: %s", self.name, failure.detail)
            self.failing_since = now
        self.last_failure = item.failure = failure
        item.not_before = now + item.backoff.next()
        self._paused_until = now + max(self._backoff.next(), min(failure.retry_after_s, self.limits.give_up_s))
        self.metrics.add(Metric.ALERT_ATTEMPTS_FAILED, 1, self.name, failure.reason)

    async def _bury_overdue(self) -> None:
        """An alert that a sound channel has not been asked about yet is never overdue: its turn comes."""
        now = monotonic()
        for item in list(self._items):
            if now - item.queued_at >= self.limits.give_up_s and (item.attempts or self.failing_since is not None):
                await self._bury(
                    item, item.failure or self.last_failure or Failure("behind", "the channel is too slow")
                )
        while len(self._items) > self.limits.room and self._stuck:
            await self._bury(
                self._items[0], Failure("behind", f"more than {self.limits.room} alerts wait for the channel")
            )

    async def _bury(self, item: Item, failure: Failure) -> None:
        await self.bury(item.record, self.name, failure, item.attempts)
        log.error("alert %s is a dead letter: channel %s, %s", item.alert.message_id, self.name, failure.detail)
        self.metrics.add(Metric.ALERTS_BURIED, 1, self.name, failure.reason)
        self._settle(item)

    def _settle(self, item: Item) -> None:
        self._items.remove(item)
        self.metrics.set(Metric.ALERTS_WAITING, len(self._items), self.name)
        for settled in item.settled:
            settled()

    def _next(self) -> Item | None:
        now, held = monotonic(), set[str]()
        if now < self._paused_until:
            return None
        for item in self._items:
            if item.alert.content_id not in held and item.not_before <= now:
                return item
            held.add(item.alert.content_id)
        return None

    async def _rest(self) -> None:
        """Until something comes in, or until one of those that wait may be tried."""
        now = monotonic()
        moments = [max(item.not_before, self._paused_until) for item in self._items]
        try:
            async with asyncio.timeout(max(0.01, min(moments) - now) if moments else None):
                await self._wake.wait()
        except TimeoutError:
            return

    def _tell(self) -> None:
        self.metrics.set(Metric.ALERTS_WAITING, len(self._items), self.name)
        self._wake.set()

    def _pauses(self) -> Backoff:
        return Backoff(self.limits.first_s, self.limits.most_s)

"""Four times a second, between two ranges: what the clock alone has changed. Figures of the contents that are due, alerts, rows.

| killed                                   | on `share.alerts`   | changelog          | at restart                                                   |
|------------------------------------------|---------------------|--------------------|--------------------------------------------------------------|
| before the transaction is committed      | nothing             | as before          | the content is looked at again, and opens under the same id  |
| after that, before the local store       | the alert           | that it was told   | the store gets the changelog's tail; it is not told again    |
| before its row is in ClickHouse          | the alert           | that it was told   | the row is made from the record                              |

Whatever a look finds holds only when its transaction is committed: a partition that was taken meanwhile is looked at by its new owner. Nothing is asked
of a batch; a tick takes a bounded share of the time, and what it does not come to is first in line at the next one. Only who should leave memory
and waits for a look gets it at once (`pipeline.stream.memory`): nothing leaves before the rules were asked about it, and folding waits meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from pydantic import ValidationError

from pipeline.metrics import Metric, Metrics
from pipeline.stream.changelog import Message
from pipeline.stream.journal import to_end
from pipeline.stream.look import Ask, Labels
from pipeline.stream.pulse import RECENT_MS, Pulse
from schemas.alert import decode_alert
from schemas.changelog import decode_alert_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipeline.cascade.controls import Controls
    from pipeline.clock import Clock
    from pipeline.config import Settings
    from pipeline.stream.chunks import KeyValue
    from pipeline.stream.clock_rows import ClockRows
    from pipeline.stream.keeper import Told
    from pipeline.stream.look import Look
    from pipeline.stream.memory import Memory
    from pipeline.stream.partition import PartitionState
    from pipeline.stream.rules_file import RulesFile
    from pipeline.stream.thaw import Held
    from schemas.alert import Alert

_US = 1_000_000
SHARE = 0.15
"""Of the time between two ticks, what looks may take."""
SLICE_S = 0.01
"""Looks at a stretch, before records are folded again."""
STEP_US = 60 * _US
"""Of a partition's clock, between two looks around while records are caught up on."""
URGENT_AT_ONCE = 100
"""The same, of those that are in the way."""
REVIVED_AT_ONCE = 100
"""Contents that come back to memory in one go for looks."""
REVIVED_SHARE = 100
"""And so many times fewer facts than the ceiling, but for one content."""
REWRITE_US = 7 * 86_400_000_000
"""A restore writes the rows of alerts of so long again."""

AtEnd = Callable[[int, int], Awaitable[bool]]
"""(partition, next offset): whether everything that the log has is folded."""
_OF_PARTITION = (Metric.REFRESH_WAITING, Metric.CLOCK_BEHIND, Metric.ALERT_STATES)


class Kept(Protocol):
    """The part of `pipeline.stream.keeper.Keeper` that is needed here."""

    def session(self, partition: int) -> int | None:
        """What `tell` needs; None while the partition is not ours to speak for."""
        ...

    async def tell(
        self, partition: int, session: int, records: Sequence[KeyValue], messages: Sequence[Message] = ()
    ) -> bool:
        """Send messages and keep records in one transaction; False when the partition was taken."""
        ...

    async def told(self, partition: int, since_ms: int) -> Told:
        """What is kept beside the contents."""
        ...

    def alert(self, partition: int, content: bytes) -> bytes | None:
        """The alert record of a content."""
        ...

    async def revive(self, state: PartitionState, contents: Sequence[bytes], most: float = inf) -> int:
        """Bring contents back to memory, until so many facts came back. Returns how many contents were looked for."""
        ...

    def in_the_way(self, partition: int) -> Sequence[Held]:
        """Contents that should leave memory and wait for a look."""
        ...

    def evict(self) -> None:
        """Let contents leave memory, should there be too many."""
        ...

    @property
    def memory(self) -> Memory:
        """Whether there is room."""
        ...


@dataclass(frozen=True, slots=True)
class Around:
    """What the refresher asks of the worker around it."""

    states: Mapping[int, PartitionState]
    kept: Kept
    at_end: AtEnd
    is_in_touch: Callable[[], bool]
    """Whether Kafka answers: who would not hear of a partition that was taken must not speak for it."""
    nudge: Callable[[], None]
    """There are rows to be written."""
    controls: Controls
    controls_read: asyncio.Event
    """Set once `controls` has all that was asked for before the worker started."""


class Refresher:
    """One per worker, on the event loop."""

    def __init__(
        self,
        settings: Settings,
        around: Around,
        rules: RulesFile,
        rows: ClockRows,
        metrics: Metrics,
        clock: Clock,
        since_boot: Callable[[], float] | None = None,
    ) -> None:
        self._settings = settings
        self._around = around
        self._rules = rules
        self._rows = rows
        self._metrics = metrics
        self._clock = clock
        self._since_boot = since_boot or _since_boot
        self._labels = Labels(settings.broadcast_below, settings.chain_from)
        self._pulses: dict[int, Pulse] = {}
        self._is_paused = False
        self._rests = asyncio.Event()
        self._rests.set()
        self._ticked_s = self._silent_until_s = 0.0
        self._pressed = around.kept.memory.pressed
        self._made_way = False
        self._looked = asyncio.Event()

    async def run(self) -> None:
        """Look around for ever. Raises FencedError, and what Kafka answers that waiting cannot cure."""
        await self._around.controls_read.wait()
        self._ticked_s = self._since_boot()
        loop = asyncio.get_running_loop()
        interval_s = passed_s = self._settings.refresh_interval_s
        while not self._is_paused:
            began = loop.time()
            self._rests.clear()
            try:
                await self.tick(min(passed_s, interval_s))
            finally:
                self._rests.set()
                self._looked.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._pressed.wait(), max(0.0, interval_s - (loop.time() - began)))
            passed_s = loop.time() - began

    async def keep_up(self, state: PartitionState) -> None:
        """Wait for the next look around, where records are caught up on and the partition's clock has gone far since the last one.

        So what rises and falls while records are caught up on is seen on its way. Only as long as the rules are asked, and never for longer than
        the interval.
        """
        pulse = self._pulses.get(state.partition)
        if pulse is None or not state.raises_alerts or state.latest_ms * 1000 - pulse.looked_us < STEP_US:
            return
        self._looked.clear()
        self._pressed.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._looked.wait(), self._settings.refresh_interval_s)

    async def pause(self, deadline_s: float) -> None:
        """No more looks: the worker stops. Returns when the tick in hand has ended, or at the deadline."""
        self._is_paused = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rests.wait(), deadline_s)

    async def tick(self, passed_s: float | None = None) -> None:
        """Look at the contents that are due, within the time for it: a share of what has passed since the last tick (None: the interval).

        Those that should leave memory and wait for a look are looked at all, whatever it takes.
        """
        self._pressed.clear()
        self._made_way = False
        self._rules.look()
        if self._may_be_late() or not self._around.is_in_touch():
            return
        for partition in self._pulses.keys() - self._around.states.keys():
            self._give_up(partition)
        left = (self._settings.refresh_interval_s if passed_s is None else passed_s) * SHARE
        partitions = list(self._around.states)
        for place, partition in enumerate(partitions):
            left -= await self._refresh(partition, left / (len(partitions) - place))
            if len(self._rows):
                self._around.nudge()
        self._around.kept.evict()  # looks bring contents back, and no record may ever come that lets them leave
        if not self._made_way:
            self._pressed.clear()  # what is in the way now is not for looks to change

    def _may_be_late(self) -> bool:
        """Whether the process stood still for so long that its partitions may be somebody else's; Kafka's client learns it within half a session."""
        session_s, now_s = self._settings.session_timeout_s, self._since_boot()
        if now_s - self._ticked_s > session_s:
            self._silent_until_s = now_s + session_s / 2
        self._ticked_s = now_s
        return now_s < self._silent_until_s

    def _give_up(self, partition: int) -> None:
        del self._pulses[partition]
        for metric in _OF_PARTITION:
            self._metrics.forget(metric, partition)

    async def _refresh(self, partition: int, seconds: float) -> float:
        """Look at one partition for about so many seconds; tells how many it took."""
        pulse, session = await self._pulse(partition), self._around.kept.session(partition)
        if pulse is None or session is None:
            return 0.0
        at_end = await self._around.at_end(partition, pulse.state.next_offset)
        wall_us = self._clock.now_us()
        now_us = pulse.clock.now_us(wall_us, pulse.state.latest_ms, at_end=at_end)
        if not now_us:
            return 0.0
        ask = self._ask(wall_us - now_us)
        pulse.state.raises_alerts = ask is not None
        pulse.looked_us, pulse.session = now_us, session
        pulse.plan(now_us)
        urgent = self._around.kept.in_the_way(partition)
        looks, spent = await self._look(pulse, ask, now_us, seconds, urgent)
        if await self._hold(pulse, session, looks, now_us):
            self._made_way = self._made_way or bool(urgent)
            self._write(pulse, looks, now_us)
        else:
            pulse.forget(looks)
        self._measure(pulse, now_us, wall_us)
        return spent

    async def _pulse(self, partition: int) -> Pulse | None:
        """None when the partition was taken meanwhile."""
        state, pulse = self._around.states.get(partition), self._pulses.get(partition)
        if state is None or (pulse is not None and pulse.state is state):
            return None if state is None else pulse
        kept = self._around.kept
        told = await kept.told(partition, state.latest_ms - RECENT_MS)
        alerts = await to_end(_since, told.alerts, self._clock.now_us() - REWRITE_US)
        pulse = Pulse(state, partial(kept.alert, partition), self._labels)
        pulse.begin(told)
        if self._around.states.get(partition) is not state:
            return None
        self._rows.alerts(alerts)
        self._pulses[partition] = pulse
        return pulse

    def _ask(self, behind_us: int) -> Ask | None:
        """None when the rules are not asked: alerts are off, or the moment is too long ago to tell anybody."""
        settings = self._settings
        if not settings.alerts or behind_us > settings.alert_max_age_s * _US:
            return None
        return Ask(self._rules.rules, self._around.controls, settings.page_public_url, settings.grafana_url)

    async def _look(
        self, pulse: Pulse, ask: Ask | None, now_us: int, seconds: float, urgent: Sequence[Held]
    ) -> tuple[list[Look], float]:
        """Looks at the urgent ones, then until nobody is due or the time is over, and the time taken. In between, records are folded, and the partition
        may be taken: then it is over.
        """
        looks: list[Look] = []
        for start in range(0, len(urgent), URGENT_AT_ONCE):
            if self._is_taken(pulse):
                break
            looks += [pulse.look(held, ask, now_us) for held in urgent[start : start + URGENT_AT_ONCE]]
            await asyncio.sleep(0)
        spent, is_done = 0.0, False
        while not self._is_taken(pulse):
            began = perf_counter()
            is_done = _slice(pulse, ask, now_us, began + min(SLICE_S, seconds - spent), looks)
            woken = await self._wake(pulse)
            looks += [pulse.look(held, ask, now_us) for held in woken]
            spent += perf_counter() - began
            if (is_done and not woken) or spent >= seconds:
                break
            await asyncio.sleep(0)
        return looks, spent

    def _is_taken(self, pulse: Pulse) -> bool:
        """Whether the partition was taken since this look around began: what is kept of it is no longer at hand."""
        return self._around.kept.session(pulse.state.partition) != pulse.session

    async def _wake(self, pulse: Pulse) -> list[Held]:
        """Some of those that are due and not in memory come back to it, while it has room."""
        kept, schedule = self._around.kept, pulse.schedule
        if kept.memory.is_full or not (names := schedule.to_wake(REVIVED_AT_ONCE)):
            return []
        away = [name.encode() for name in names if pulse.state.get(name) is None]
        sought = await kept.revive(pulse.state, away, kept.memory.most / REVIVED_SHARE) if away else 0
        if sought < len(away):
            rest = {content.decode() for content in away[sought:]}
            schedule.put_off([name for name in reversed(names) if name in rest])
            names = [name for name in names if name not in rest]
        if self._is_taken(pulse):
            schedule.put_off(reversed(names))
            return []
        return pulse.woken(names)

    async def _hold(self, pulse: Pulse, session: int, looks: Sequence[Look], now_us: int) -> bool:
        """Tell what there is to tell, keep it, and go on from there; False, and nothing of it holds, when the partition was taken meanwhile."""
        kept, partition = self._around.kept, pulse.state.partition
        records = pulse.to_save(now_us, looks, everything=kept.memory.is_crowded)
        if not records:
            if kept.session(partition) != session:
                return False
            pulse.settle(looks)
            return True
        topic = self._settings.alerts_topic
        messages = [Message(topic, one.held.key, alert.encode()) for one in looks for alert in one.alerts]
        if not await kept.tell(partition, session, records, messages):
            return False
        pulse.settle(looks)
        pulse.saved()
        return True

    def _write(self, pulse: Pulse, looks: Sequence[Look], now_us: int) -> None:
        rows, wall_us = self._rows, self._clock.now_us()
        rows.history(pulse.minutes.due(now_us))
        for seen in looks:
            rows.clock(seen)
            rows.history(pulse.minutes.add(seen, wall_us))
            rows.alerts(seen.alerts)
            for alert in seen.alerts:
                self._metrics.add(Metric.ALERTS, 1, alert.rule, alert.kind)
        rows.baselines(pulse.baseline_rows(now_us))
        self._metrics.add(Metric.LOOKS, len(looks))

    def _measure(self, pulse: Pulse, now_us: int, wall_us: int) -> None:
        partition = pulse.state.partition
        self._metrics.observe(Metric.REFRESH_LATE_SECONDS, pulse.schedule.late_us(now_us) / _US)
        self._metrics.set(Metric.REFRESH_WAITING, pulse.schedule.waiting, partition)
        self._metrics.set(Metric.CLOCK_BEHIND, max(0, wall_us - now_us) / _US, partition)
        self._metrics.set(Metric.ALERT_STATES, len(pulse.open), partition)


def _slice(pulse: Pulse, ask: Ask | None, now_us: int, until: float, looks: list[Look]) -> bool:
    """Look at those that are due, at one at least; tells whether nobody is left."""
    while held := pulse.next(now_us):
        looks.append(pulse.look(held, ask, now_us))
        if perf_counter() >= until:
            return False
    return True


def _since(told: Iterable[KeyValue], since_us: int) -> list[Alert]:
    """The messages that travel with alert records, of those that changed since."""
    records = (decode_alert_record(value) for _, value in told)
    values = (value for record in records if record.at_us >= since_us for value in record.told)
    return [alert for value in values if (alert := _decoded(value))]


def _decoded(value: bytes) -> Alert | None:
    """None for one that another version of this program wrote."""
    with suppress(ValidationError):
        return decode_alert(value)
    return None


def _since_boot() -> float:
    """Seconds; a machine that sleeps goes on counting where the system can tell."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

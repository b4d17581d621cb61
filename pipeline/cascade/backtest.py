"""Replay of history against rules, with the time of the events as the clock: the same fold, figures and steps as in the worker, nothing else.

Contents are judged as in the worker: soon after each event, then at growing intervals, until nothing can happen any more. Every `Judge` has rules
and states of its own, so many sets of rules are tried in one pass. All contents share one baseline, as in a topic of one partition.
"""

from __future__ import annotations

from heapq import heappop, heappush
from math import ceil
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from pipeline.cascade.alert_state import AlertState
from pipeline.cascade.alerting import step
from pipeline.cascade.baselines import Baselines
from pipeline.cascade.clock import figures, standing
from pipeline.cascade.content import Content
from pipeline.cascade.controls import Controls
from pipeline.cascade.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipeline.cascade.clock import Figures, Standing
    from schemas.rules import Rules
    from schemas.wire import WireEvent

EVERY_S = 10.0
"""Least time between two judgements of a content, and of one of age a it is a ÷ 200: so an alert comes late by half a hundredth of the age at most."""
AGING = 200
TOP = 0.1
_US = 1_000_000
_LONGEST_US = 600 * _US
_OVER_US = 26 * 3600 * _US
"""So long after its latest event a content is left alone: its windows are empty."""
_DAY_US = 86_400 * _US


class Fired(NamedTuple):
    """One alert that opened."""

    rule: str
    content_id: str
    at_us: int
    shares: int
    """Of the content at that moment."""
    severity: int
    summary: str


class Judge:
    """Rules, and what they made of the history so far."""

    def __init__(self, name: str, rules: Rules) -> None:
        self.name = name
        self.fired: list[Fired] = []
        self._rules = rules
        self._states: dict[str, AlertState] = {}
        self._controls = Controls()

    def judge(self, content: Content, facts: Standing, now: Figures) -> bool:
        """Take the content to this moment; whether an alert may still have to be closed."""
        state = self._states.get(content.content_id)
        if state is None:
            state = self._states[content.content_id] = AlertState()
        for alert in step(self._rules, state, facts, now, content, self._controls, now.at_us):
            if alert.kind == "opened":
                self.fired.append(
                    Fired(alert.rule, content.content_id, now.at_us, facts.shares, alert.severity, alert.summary)
                )
        return state.state != "quiet"


class Backtest:
    """Feed it events in the order of their time, then call `finish`. Memory: the state of every content, about 400 bytes for each event."""

    def __init__(self, judges: Sequence[Judge], population: Mapping[str, int], every_s: float = EVERY_S) -> None:
        self.contents: dict[str, Content] = {}
        self.events = 0
        self.first_us = self.now_us = 0
        self._judges = judges
        self._population = population
        self._every_us = round(every_s * _US)
        self._baselines = Baselines()
        self._due: list[tuple[int, str]] = []
        self._next: dict[str, int] = {}  # when each content is due; other entries of the heap are stale
        self._free: dict[str, int] = {}  # when each content may be judged again
        self._latest: dict[str, int] = {}  # time of the latest event

    def take(self, event: WireEvent, occurred_us: int) -> None:
        """One event; those before it must have been taken."""
        self._pass(occurred_us)
        self.first_us = self.first_us or occurred_us
        self.now_us = max(self.now_us, occurred_us)
        content = self.contents.get(event.content_id)
        if content is None:
            content = self.contents[event.content_id] = Content(event.content_id, self._population)
        fold(content, event, occurred_us)
        self.events += 1
        name = content.content_id
        self._latest[name] = occurred_us
        self._schedule(name, max(occurred_us, self._free.get(name, 0)))

    def finish(self) -> None:
        """Let the time go on until all alerts are closed."""
        self._pass(self.now_us + 2 * _OVER_US)

    def sizes(self) -> dict[str, int]:
        """Shares of every content, as of the last event."""
        return {name: standing(content).shares for name, content in self.contents.items()}

    def days(self) -> float:
        """Length of the history, at least one day."""
        return max(1.0, (self.now_us - self.first_us) / _DAY_US)

    def _schedule(self, name: str, due_us: int) -> None:
        known = self._next.get(name)
        if known is None or due_us < known:
            self._next[name] = due_us
            heappush(self._due, (due_us, name))

    def _pass(self, until_us: int) -> None:
        """Judge all that is due before that moment, each at its own."""
        while self._due and self._due[0][0] < until_us:
            due_us, name = heappop(self._due)
            if self._next.get(name) == due_us:
                del self._next[name]
                self._judge(name, due_us)

    def _judge(self, name: str, now_us: int) -> None:
        content = self.contents[name]
        facts = standing(content)
        self._baselines.note(content, now_us)
        now = figures(content, now_us, self._baselines.expected_for(content, now_us))
        busy = [judge.judge(content, facts, now) for judge in self._judges]
        idle_us = now_us - self._latest[name]
        pause_us = max(self._every_us, (now_us - facts.first_us) // AGING)
        self._free[name] = now_us + min(pause_us, _LONGEST_US)
        if idle_us < _OVER_US and (any(busy) or now.windows["1h"].shares):
            self._schedule(name, now_us + min(max(pause_us, idle_us), _LONGEST_US))


class Score(NamedTuple):
    """How well a rule did."""

    rule: str
    alerts: int
    contents: int
    """That it was right or wrong about: each counts once, whatever the number of its alerts."""
    precision: float | None
    """Of these contents, the part that ended among the top; None without alerts."""
    recall: float | None
    """Of the contents that ended among the top, the part that it told; None when there are none."""
    lead: float | None
    """Median over those of the part of the final size that was still to come at the first alert."""
    per_day: float


def top(sizes: Mapping[str, int], part: float = TOP) -> set[str]:
    """The contents that ended among the largest `part`, with all that equal the smallest of them."""
    if not sizes:
        return set()
    ranked = sorted(sizes.values(), reverse=True)
    least = ranked[ceil(len(ranked) * part) - 1]
    return {name for name, size in sizes.items() if size >= least}


def score(rule: str, fired: Iterable[Fired], sizes: Mapping[str, int], best: set[str], days: float) -> Score:
    """The figures of one rule; only contents in `sizes` count."""
    first: dict[str, Fired] = {}
    alerts = 0
    for alert in fired:
        if alert.content_id in sizes:
            alerts += 1
            first.setdefault(alert.content_id, alert)
    right = [alert for name, alert in first.items() if name in best]
    return Score(
        rule,
        alerts,
        len(first),
        len(right) / len(first) if first else None,
        len(right) / len(best) if best else None,
        median(1 - alert.shares / max(sizes[alert.content_id], 1) for alert in right) if right else None,
        alerts / days,
    )

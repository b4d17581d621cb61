"""The rules that explain: each tells once that something happened, and never makes a content viral."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING, NamedTuple

from pipeline.cascade.codes import MINUTE_US
from pipeline.cascade.loudest import Sharer, loudest
from pipeline.cascade.rolling import shares_by_minute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.cascade.alert_state import AlertState, RuleState
    from pipeline.cascade.clock import Figures, Standing
    from pipeline.cascade.content import Content
    from schemas.rule_types import LargeAmplifier, Rule, RuleSet, SuddenDrop

_LOUDER = 2.0
"""The next large amplifier is told when its audience is so many times the last one's."""
_LEAST, _MOST = 1, 4
"""Severities of notices."""
_DROP_SEVERITY = 4
_WINDOW_MINUTES = 5


class Notice(NamedTuple):
    """Something to tell."""

    rule: str
    severity: int
    level: float
    """What the rule's state remembers once it is told."""
    value: float
    """The figure that the rule looks at."""
    mark: float
    """What it had to reach; of a drop, what it had to fall to."""
    sharer: Sharer | None = None
    before: float | None = None
    """Of a drop: the speed that is gone, in the unit of `value`."""

    def evidence(self) -> dict[str, int | float | str | None]:
        """What it is about, in names of its own beside the figures of the moment; None: not of this rule."""
        about: dict[str, int | float | str | None] = {"value": self.value, "mark": self.mark, "before": self.before}
        if self.sharer is not None:
            about |= {
                "sharer": self.sharer.actor_id,
                "sharer_platform": self.sharer.platform,
                "sharer_audience": self.sharer.audience,
                "sharer_generation": self.sharer.depth,
            }
        return about


def notices(
    rules: RuleSet, state: AlertState, standing: Standing, figures: Figures, content: Content
) -> Iterator[Notice]:
    """What could be told now. Only of contents that somebody shared within the last hour: what was deep for long is no news."""
    if figures.windows["1h"].shares < 1:
        return
    depth, r, reach, loud, drop = (
        rules.depth,
        rules.r,
        rules.secondary_reach,
        rules.large_amplifier,
        rules.sudden_drop,
    )
    if depth and standing.shares >= depth.minimum_shares:
        yield from _passed("depth", depth.marks, standing.depth, state)
    if r and standing.shares >= r.minimum_shares:
        yield from _passed("r", r.marks, figures.live_r, state)
    if reach:
        yield from _passed("secondary_reach", reach.marks, standing.secondary_reach, state)
    if loud:
        yield from _loud(loud, state, standing, figures, content)
    if drop:
        yield from _dropped(drop, figures, content)


def rule_of(rules: RuleSet, name: str) -> Rule:
    """The settings of a rule that is on."""
    found: Rule = getattr(rules, name)
    return found


def _level(state: AlertState, name: str) -> float:
    known: RuleState | None = state.rules.get(name)
    return known.level if known else 0.0


def _passed(name: str, marks: Sequence[float], value: float, state: AlertState) -> Iterator[Notice]:
    """Each mark is told once in a content's life; of several passed at once, the highest."""
    passed = [mark for mark in marks if value >= mark]
    if passed and passed[-1] > _level(state, name):
        yield Notice(name, min(_LEAST + len(passed), _MOST), passed[-1], value, passed[-1])


def _loud(
    rule: LargeAmplifier, state: AlertState, standing: Standing, figures: Figures, content: Content
) -> Iterator[Notice]:
    """The actors are looked through only when the reach of the last hour leaves room for such a one."""
    level = _level(state, "large_amplifier")
    least = max(rule.audience, _LOUDER * level)
    if min(standing.secondary_reach, figures.windows["1h"].secondary_reach) < least:
        return
    sharer = loudest(content)
    if sharer is not None and sharer.audience >= least:
        steps = int(log2(sharer.audience / rule.audience))
        yield Notice("large_amplifier", min(2 + steps, _MOST), sharer.audience, sharer.audience, least, sharer)


def _dropped(rule: SuddenDrop, figures: Figures, content: Content) -> Iterator[Notice]:
    """Both windows are of whole minutes: the minute that has just begun would read as a fall.

    The minutes are counted only when the acceleration, their difference, leaves room for such a drop.
    """
    if -figures.acceleration * _WINDOW_MINUTES < rule.drop * rule.minimum_shares:
        return
    minutes = shares_by_minute(content, figures.at_us // MINUTE_US - 2 * _WINDOW_MINUTES, 2 * _WINDOW_MINUTES)
    before, now = sum(minutes[:_WINDOW_MINUTES]), sum(minutes[_WINDOW_MINUTES:])
    most = (1 - rule.drop) * before
    if before >= rule.minimum_shares and now <= most:
        per_minute = (count / _WINDOW_MINUTES for count in (now, most, before))
        value, mark, speed = per_minute
        yield Notice("sudden_drop", _DROP_SEVERITY, 0.0, value, mark, before=speed)

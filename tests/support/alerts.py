"""Figures and standings by hand, and a content walked through time, for tests of alert rules."""

from __future__ import annotations

from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

from support.events import START_US as EVENTS_START_US
from support.events import act

from pipeline.cascade import Content, Window, fold, micros
from pipeline.cascade.alert_state import AlertState
from pipeline.cascade.alerting import step
from pipeline.cascade.clock import Figures, Standing
from pipeline.cascade.controls import Controls
from schemas.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.alert import Alert
    from schemas.rule_types import RuleSet

START_US = 1_770_000_000_000_000
SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000

QUIET = Figures(
    at_us=START_US,
    windows={"5m": Window(0, 0, 0), "1h": Window(0, 0, 0), "24h": Window(0, 0, 0)},
    velocity_5m=0.0,
    velocity_1h=0.0,
    acceleration=0.0,
    doubling_s=None,
    live_r=0.0,
    z=0.0,
    previous_z=0.0,
    expected_per_minute=0.0,
    poisson_p=1.0,
    idle_s=0.0,
    expected=None,
    viral_score=None,
    predicted_size=1.0,
    predicted_low=1.0,
    predicted_high=inf,
    accelerating=False,
    half_s=0.0,
    ninety_s=0.0,
    label="broadcast",
)
STANDING = Standing(
    size=1,
    shares=0,
    depth=0,
    depth_exact=0,
    r=0.0,
    structural_virality=0.0,
    secondary_reach=0,
    primary_reach=0,
    campaign_id="",
    platforms=("bluesky",),
    first_us=START_US,
    last_us=START_US,
    breadth=(1,),
    sharers=0,
    sharers_known=0,
)


def figures(*, five: int = 0, hour: int | None = None, reach: int = 0, **given: object) -> Figures:
    """Figures with so many shares in the windows; the velocity follows unless it is given."""
    windows = {
        "5m": Window(five, reach, 0),
        "1h": Window(max(five, hour or 0), reach, 0),
        "24h": Window(five, reach, 0),
    }
    return QUIET._replace(**{"windows": windows, "velocity_5m": five / 5} | given)


def standing(shares: int = 0, **given: object) -> Standing:
    return STANDING._replace(**{"shares": shares, "size": shares + 1} | given)


def paced(per_minute: Iterable[int]) -> Content:
    """A content with so many shares in each minute from `START_US` on, all by one actor."""
    content = Content("film", {})
    for minute, count in enumerate(per_minute):
        for number in range(count):
            event = act(f"{minute}.{number}", by="ada", at=(START_US - EVENTS_START_US + minute * MINUTE) / SECOND)
            fold(content, event, micros(event.occurred_at))
    return content


BURST = {"z": 9.0, "previous_z": 9.0, "expected_per_minute": 10.0, "five": 200}
"""What the velocity of every preset takes, for `figures`."""


class Life:
    """One content under rules, step by step."""

    def __init__(self, rules: Rules | RuleSet, content_id: str = "film", controls: Controls | None = None) -> None:
        self.rules = rules if isinstance(rules, Rules) else Rules(rules)
        self.state = AlertState()
        self.content = Content(content_id, {})
        self.controls = controls or Controls()
        self.sent: list[Alert] = []
        self.states: list[tuple[int, str]] = []

    def at(self, seconds: float, now: Figures, facts: Standing | None = None) -> list[Alert]:
        """Judge the content so many seconds after the start."""
        now_us = START_US + round(seconds * SECOND)
        facts = facts or standing(max(now.windows["1h"].shares, 300))
        made = step(self.rules, self.state, facts, now._replace(at_us=now_us), self.content, self.controls, now_us)
        self.sent += made
        self.states.append((now_us, self.state.state))
        return made

    def moves(self) -> list[tuple[str, str]]:
        """The changes of state so far."""
        names = ["quiet", *(name for _, name in self.states)]
        return [(before, after) for before, after in pairwise(names) if before != after]


def said(alerts: Iterable[Alert]) -> list[tuple[str, str, str]]:
    return [(alert.kind, alert.rule, alert.state) for alert in alerts]

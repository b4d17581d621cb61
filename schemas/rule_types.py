"""The rules of alerts as models: what each rule may be told, with its unit and its default."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_MULTIPLES = {"": 1, "k": 1_000, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*([kKMB]?)")


def _seconds(value: object) -> object:
    if isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
        return float(match[1]) * _UNITS[match[2]]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("duration", "should be a time with its unit: 90s, 30m, 6h or 1d")
    return value


def _number(value: object) -> object:
    """YAML reads 1e6 and 1M as texts."""
    if isinstance(value, str) and (match := _NUMBER.fullmatch(value.strip().replace("_", ""))):
        number = float(match[1]) * _MULTIPLES[match[2]]
        return int(number) if number.is_integer() else number
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number", "should be a number: 250, 0.8, 20k or 1.5M")
    return value


Duration = Annotated[float, BeforeValidator(_seconds), Field(ge=0, le=400 * 86400)]
"""Seconds."""
Stay = Annotated[Duration, Field(ge=1)]
"""Seconds; never none, so that one moment makes one step."""
Count = Annotated[int, BeforeValidator(_number), Field(ge=0, le=10**12)]
Number = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1e12, allow_inf_nan=False)]
Times = Annotated[float, BeforeValidator(_number), Field(gt=0, le=1e6, allow_inf_nan=False)]
Part = Annotated[float, BeforeValidator(_number), Field(gt=0, lt=1)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Model):
    """What every rule has. Limits hold per content."""

    cool_down: Duration = Field(12 * 3600.0, description="after an alert has closed, none of this rule for so long")
    at_most: int = Field(2, ge=1, le=16, description="alerts of this rule in any 24 hours")


class Trigger(Rule):
    """A rule that makes a content viral: while it holds, its alert stays open."""

    leave_after: Duration = Field(1800.0, description="how long it must be calm before the alert closes")


class Velocity(Trigger):
    """Faster than the content's own pace (EWMA over minutes), and fast enough to matter."""

    minimum_shares: Count = Field(30, description="shares in 5 minutes that it takes at least")
    enter_z: Number = Field(5.0, description="z of the last whole minute and of the one before, both above it")
    leave_z: Number = Field(2.0, description="calm is below it")
    small_below: Number = Field(
        25.0, description="shares expected in 5 minutes below which Poisson's tail decides instead of z"
    )
    enter_p: Part = Field(
        1e-6, description="small counts: probability of so many shares in 5 minutes by chance, below it"
    )
    leave_p: Part = Field(0.05, description="small counts: calm is above it")
    times_expected: Number = Field(
        3.0,
        description="where a baseline is known, shares ÷ what others have at this age must reach it too; 0: need not",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Velocity:
        _above("enter_z", self.enter_z, "leave_z", self.leave_z)
        _above("leave_p", self.leave_p, "enter_p", self.enter_p)
        return self


class OverPerformance(Trigger):
    """More shares than contents of the platform (or campaign) have at this age, and still growing."""

    enter: Times = Field(6.0, description="shares ÷ shares expected at this age")
    leave: Times = Field(3.0, description="calm is below it")
    minimum_shares: Count = Field(200, description="shares that it takes at least")
    growing: Part = Field(
        0.05, description="shares of the last hour ÷ all shares that it takes; calm is below half of it"
    )

    @model_validator(mode="after")
    def _in_order(self) -> OverPerformance:
        _above("enter", self.enter, "leave", self.leave)
        return self


class Forecast(Trigger):
    """The final size that is to be expected passes a mark."""

    at_least: Count = Field(1000, description="final shares")
    believe: Literal["low", "middle"] = Field(
        "middle", description="which end of the forecast must pass: middle the likeliest, low passes in 9 of 10 cases"
    )
    minimum_shares: Count = Field(50, description="shares that it takes at least")
    leave_part: Part = Field(0.7, description="calm is a forecast below this part of the mark")
    growing: Part = Field(
        0.02, description="shares of the last hour ÷ all shares that it takes; calm is below half of it"
    )


class Notice(Rule):
    """A rule that explains, and never makes a content viral."""

    cool_down: Duration = Field(1800.0, description="after an alert, none of this rule for so long")
    at_most: int = Field(4, ge=1, le=16, description="alerts of this rule in any 24 hours")


class Depth(Notice):
    """Notice: the cascade is so many generations deep. Says what kind of spread it is, never that it is large."""

    marks: list[Count] = Field([6, 10, 16], min_length=1, max_length=16, description="generations, ascending")
    minimum_shares: Count = Field(100, description="shares that it takes at least")

    @model_validator(mode="after")
    def _in_order(self) -> Depth:
        _ascending(self.marks)
        return self


class Reproduction(Notice):
    """Notice: each share brings in so many more (live R)."""

    marks: list[Number] = Field([0.8, 1.0], min_length=1, max_length=16, description="R, ascending")
    minimum_shares: Count = Field(200, description="shares that it takes at least")

    @model_validator(mode="after")
    def _in_order(self) -> Reproduction:
        _ascending(self.marks)
        return self


class SecondaryReach(Notice):
    """Notice: the audience of the audience passes a mark."""

    marks: list[Count] = Field(
        [1_000_000, 10_000_000, 100_000_000], min_length=1, max_length=16, description="people, ascending"
    )

    @model_validator(mode="after")
    def _in_order(self) -> SecondaryReach:
        _ascending(self.marks)
        return self


class LargeAmplifier(Notice):
    """Notice: somebody with a very large audience shared it. The next one is told when their audience is twice as large."""

    audience: Annotated[Count, Field(ge=1)] = Field(500_000, description="people who follow the actor")


class SuddenDrop(Notice):
    """Notice: it was fast and stops at once, as when a post is taken down or a tracker breaks."""

    drop: Part = Field(0.9, description="part of the 5-minute velocity that is gone, compared with 5 minutes earlier")
    minimum_shares: Count = Field(100, description="shares in the 5 minutes before that it takes at least")


class States(_Model):
    """When a content goes from one state to the next."""

    rising_for: Stay = Field(600.0, description="calm for so long, rising ends in quiet")
    sustained_after: Stay = Field(3600.0, description="viral for so long is sustained")
    cooling_for: Stay = Field(3600.0, description="cooling for so long is quiet")
    repeat_after: Duration = Field(1800.0, description="least time between two messages about one open alert")


class RuleSet(_Model):
    """All rules as they hold for one content; None: the rule is off."""

    states: States = States()
    velocity: Velocity | None = None
    over_performance: OverPerformance | None = None
    forecast: Forecast | None = None
    depth: Depth | None = None
    r: Reproduction | None = None
    secondary_reach: SecondaryReach | None = None
    large_amplifier: LargeAmplifier | None = None
    sudden_drop: SuddenDrop | None = None


TRIGGERS = ("velocity", "over_performance", "forecast")
"""Rules that can make a content viral."""
NOTICES = ("depth", "r", "secondary_reach", "large_amplifier", "sudden_drop")
"""Rules that explain: they never do."""
RULES = (*TRIGGERS, *NOTICES)


def _above(name: str, value: float, other: str, least: float) -> None:
    if value <= least:
        raise PydanticCustomError(
            "order", "{name} should be above {other} ({least})", {"name": name, "other": other, "least": least}
        )


def _ascending(marks: list[int] | list[float]) -> None:
    if any(mark >= following for mark, following in pairwise(marks)) or marks[0] <= 0:
        raise PydanticCustomError("order", "marks should be above 0 and ascending, none twice")

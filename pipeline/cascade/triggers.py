"""The rules that make a content viral: how each reads the figures. Pure and without memory, but for the pace at which velocity began to hold."""

from __future__ import annotations

from enum import IntEnum
from math import sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline.cascade.clock import Figures, Standing
    from schemas.rule_types import Forecast, OverPerformance, Velocity

_WINDOW_MINUTES = 5
_STILL = 0.5
"""What runs at half of what it took to enter, in speed or growth, is not calm yet; what has half of it is rising."""


class Reading(IntEnum):
    """What a trigger makes of the figures of one moment."""

    CALM = 0
    """Below what it takes to stay."""
    BETWEEN = 1
    WARM = 2
    """Not enough to enter, but on the way: the content is rising."""
    HOT = 3


CALM, BETWEEN, WARM, HOT = Reading


def velocity(rule: Velocity, standing: Standing, figures: Figures, level: float) -> Reading:
    """Two bursts in a row against the content's own pace (z), or, where little is expected, shares that chance does not bring (Poisson)."""
    del standing
    shares = figures.windows["5m"].shares
    few = figures.expected_per_minute * _WINDOW_MINUTES < rule.small_below
    burst = figures.poisson_p < rule.enter_p if few else min(figures.z, figures.previous_z) > rule.enter_z
    score = figures.viral_score
    common = score is not None and score < rule.times_expected
    if burst and not common and shares >= rule.minimum_shares:
        return HOT
    begun = figures.poisson_p < sqrt(rule.enter_p) if few else figures.z > rule.enter_z
    if begun and not common and shares >= rule.minimum_shares * _STILL:
        return WARM
    calm = figures.poisson_p > rule.leave_p if few else figures.z < rule.leave_z
    return CALM if calm and figures.velocity_5m < level * _STILL else BETWEEN


def over_performance(rule: OverPerformance, standing: Standing, figures: Figures, level: float) -> Reading:
    """Ahead of its peers at the same age, and not only because it once was."""
    del level
    score = figures.viral_score if figures.viral_score is not None else 0.0
    growing = _growing(standing, figures)
    if score < rule.leave or growing < rule.growing * _STILL:
        return CALM
    if growing < rule.growing:
        return BETWEEN
    if score >= rule.enter and standing.shares >= rule.minimum_shares:
        return HOT
    return WARM if standing.shares >= rule.minimum_shares * _STILL else BETWEEN


def forecast(rule: Forecast, standing: Standing, figures: Figures, level: float) -> Reading:
    """A final size beyond the mark, while there is still something to come."""
    del level
    size, mark = forecast_size(rule, figures), rule.at_least
    growing = _growing(standing, figures)
    if size < mark * rule.leave_part or growing < rule.growing * _STILL:
        return CALM
    if growing < rule.growing:
        return BETWEEN
    if size >= mark and standing.shares >= rule.minimum_shares:
        return HOT
    return WARM if standing.shares >= rule.minimum_shares * _STILL else BETWEEN


def forecast_size(rule: Forecast, figures: Figures) -> float:
    """The final size that the rule believes in."""
    return figures.predicted_low if rule.believe == "low" else figures.predicted_size


def _growing(standing: Standing, figures: Figures) -> float:
    """Part of all shares that came within the last hour."""
    return figures.windows["1h"].shares / standing.shares if standing.shares > 0 else 0.0


def velocity_strength(rule: Velocity, figures: Figures) -> float:
    """How far beyond what it takes, as a factor."""
    return figures.windows["5m"].shares / max(rule.minimum_shares, 1)


def over_performance_strength(rule: OverPerformance, figures: Figures) -> float:
    """How far beyond what it takes, as a factor."""
    return (figures.viral_score or 0.0) / rule.enter


def forecast_strength(rule: Forecast, figures: Figures) -> float:
    """How far beyond what it takes, as a factor."""
    return forecast_size(rule, figures) / max(rule.at_least, 1)


READERS: Mapping[str, Callable[..., Reading]] = MappingProxyType(
    {"velocity": velocity, "over_performance": over_performance, "forecast": forecast}
)
STRENGTHS: Mapping[str, Callable[..., float]] = MappingProxyType(
    {"velocity": velocity_strength, "over_performance": over_performance_strength, "forecast": forecast_strength}
)

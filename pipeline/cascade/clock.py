"""Clock figures: what a content says at a moment. Functions of the acts known and of that moment, never part of the state.

docs/figures.md says each of them to the last case. None of them costs more when the content grows.
"""

from __future__ import annotations

from math import log, sqrt
from typing import TYPE_CHECKING, NamedTuple

from pipeline.cascade import span
from pipeline.cascade.ages import evidence
from pipeline.cascade.amplifiers import Amplifier, top_amplifiers
from pipeline.cascade.codes import MINUTE_US, SHARE, UNKNOWN
from pipeline.cascade.forecast import forecast_of
from pipeline.cascade.poisson import poisson_tail
from pipeline.cascade.rolling import latest_share_us, shares_by_minute, windows
from pipeline.cascade.virality import live_reproduction, reproduction, structural_virality

if TYPE_CHECKING:
    from pipeline.cascade.content import Content
    from pipeline.cascade.rolling import Window
    from pipeline.cascade.tree import Tree

__all__ = ["Amplifier", "Figures", "Standing", "figures", "label", "standing", "top_amplifiers", "viral_score"]

ALPHA = 0.1
"""Weight of the latest minute in the moving average."""
HISTORY = 60
"""Minutes that the moving average looks back; what is older would weigh .2 %."""
SCORE_FROM = 10
"""Shares, or expected shares, from which over-performance is told: a ratio of smaller numbers says nothing."""

_US = 1_000_000
_BACK = HISTORY + 2  # whole minutes before the present one that are looked at
_RECENT = 5  # minutes of the Poisson tail and of the acceleration


class Figures(NamedTuple):
    """Of one content at one moment. Durations are in seconds, ages count from the first act."""

    at_us: int
    """The moment, µs since 1970."""
    windows: dict[str, Window]
    """By name: 5m, 1h, 24h."""
    velocity_5m: float
    """Live shares per minute."""
    velocity_1h: float
    acceleration: float
    """Velocity of the last five whole minutes less that of the five before, shares per minute."""
    doubling_s: float | None
    """None when nothing came in the last hour."""
    live_r: float
    z: float
    """Of the last whole minute."""
    previous_z: float
    """Of the minute before it."""
    expected_per_minute: float
    """The moving average that `z` compares with."""
    poisson_p: float
    """Chance of so many shares in the last five whole minutes, or of more, at the pace before them; 1 when nothing is known of it."""
    idle_s: float
    """Since the latest live share; since the first act when there is none."""
    expected: float | None
    """Shares expected at this age, as given."""
    viral_score: float | None
    """Shares ÷ expected ones; None where both are few."""
    predicted_size: float
    predicted_low: float
    predicted_high: float
    """Infinite while it accelerates."""
    accelerating: bool
    half_s: float
    ninety_s: float
    label: str
    """broadcast, mixed or chain."""


class Standing(NamedTuple):
    """The log figures that rules and history rows ask for."""

    size: int
    shares: int
    depth: int
    depth_exact: int
    r: float
    structural_virality: float
    secondary_reach: int
    primary_reach: int
    campaign_id: str
    """Empty when no event names one."""
    platforms: tuple[str, ...]
    first_us: int
    last_us: int
    breadth: tuple[int, ...]
    sharers: int
    """Distinct actors with a live share, authors left out."""
    sharers_known: int
    """Those of them whose audience is known."""


class Burst(NamedTuple):
    """How much the last minutes stand out."""

    z: float = 0.0
    previous_z: float = 0.0
    expected: float = 0.0
    poisson_p: float = 1.0


def figures(
    content: Content,
    now_us: int,
    expected: float | None = None,
    broadcast_below: float = 2.3,
    chain_from: float = 4.0,
) -> Figures:
    """All clock figures at `now_us` (µs since 1970). `expected` is what contents of its age have (`baselines`), the last two are settings."""
    first = _first_us(content, now_us)
    minute = now_us // MINUTE_US
    rolling = windows(content, now_us)
    shares = content.counts[SHARE]
    recent = shares_by_minute(content, minute - _BACK, _BACK)
    burst = _burst(recent, max(0, first // MINUTE_US - (minute - _BACK)))
    moment = max(now_us, content.ages.latest * _US)
    age = max(1.0, (moment - first) / _US)
    cells = content.ages.cells(moment)
    seen = evidence(cells, age)
    ahead = forecast_of(cells, seen, age, content.size)
    return Figures(
        now_us,
        rolling,
        rolling["5m"].shares / 5,
        rolling["1h"].shares / 60,
        (sum(recent[-_RECENT:]) - sum(recent[-2 * _RECENT : -_RECENT])) / _RECENT,
        _doubling(shares, rolling["1h"].shares, first, now_us),
        live_reproduction(_breadth(content.tree), seen.lived),
        burst.z,
        burst.previous_z,
        burst.expected,
        burst.poisson_p,
        _idle(content, first, now_us),
        expected,
        viral_score(shares, expected),
        ahead.final,
        ahead.low,
        ahead.high,
        ahead.accelerating,
        ahead.half_s,
        ahead.ninety_s,
        label(_virality(content), broadcast_below, chain_from),
    )


def standing(content: Content) -> Standing:
    """The log figures of a content, whatever the time."""
    levels = content.tree.levels
    breadth = _breadth(content.tree)
    first, last = span.seen(content)
    return Standing(
        content.size,
        content.counts[SHARE],
        len(breadth) - 1,
        len(levels.listed(levels.exact)) - 1,
        reproduction(breadth),
        _virality(content),
        content.secondary_reach,
        content.primary_reach,
        span.campaign(content),
        tuple(sorted([name for name, acts in zip(content.platforms, content.acts_by_platform, strict=True) if acts])),
        first,
        last,
        tuple(breadth),
        content.sharers,
        content.sharers_known,
    )


def viral_score(shares: int, expected: float | None) -> float | None:
    """How many times the expected shares there are (CrowdTangle's over-performance); fewer than one expected count as one."""
    if expected is None or max(shares, expected) < SCORE_FROM:
        return None
    return shares / max(expected, 1.0)


def label(virality: float, broadcast_below: float, chain_from: float) -> str:
    """The form in a word, by structural virality."""
    if virality >= chain_from:
        return "chain"
    return "broadcast" if virality < broadcast_below else "mixed"


def _breadth(tree: Tree) -> list[int]:
    """Nodes by depth, the root first."""
    levels = tree.levels
    return levels.listed(levels.nodes)


def _virality(content: Content) -> float:
    return structural_virality(content.size, content.tree.depth_sum, content.tree.square_sum())


def _first_us(content: Content, now_us: int) -> int:
    first, _ = span.seen(content)
    return now_us if first == UNKNOWN else first


def _doubling(shares: int, in_window: int, first: int, now_us: int) -> float | None:
    """Seconds, ln 2 ÷ the growth rate of the size (1 + live shares) over the minutes of the 1 h window, or since the first act."""
    start = max((now_us // MINUTE_US - 59) * MINUTE_US, first)
    if in_window <= 0 or now_us <= start:
        return None
    return log(2) * (now_us - start) / _US / log((1 + shares) / (1 + shares - in_window))


def _idle(content: Content, first: int, now_us: int) -> float:
    latest = latest_share_us(content) if content.counts[SHARE] else first
    return max(0.0, (now_us - latest) / _US)


def _burst(shares: list[int], start: int) -> Burst:
    """By the live shares of the last whole minutes, of which the first `start` are before the first act.

    The average that a minute is compared with leaves out the minute before it too: else the first minute of a burst would hide its second.
    """
    weight = total = squares = previous_z = quiet_weight = quiet_total = 0.0
    for place in range(start, _BACK - 2):
        if place == _BACK - _RECENT:
            quiet_weight, quiet_total = weight, total
        if place == _BACK - 3:
            previous_z = _z(shares[_BACK - 2], weight, total, squares)
        count: int = shares[place]
        weight = weight * (1 - ALPHA) + 1
        total = total * (1 - ALPHA) + count
        squares = squares * (1 - ALPHA) + count * count
    return Burst(
        _z(shares[_BACK - 1], weight, total, squares),
        previous_z,
        total / weight if weight else 0.0,
        _tail(sum(shares[-_RECENT:]), quiet_weight, quiet_total),
    )


def _z(count: int, weight: float, total: float, squares: float) -> float:
    """Deviations above the average; a deviation is at least that of a Poisson count, √μ, and at least one share."""
    if not weight:
        return 0.0
    mean = total / weight
    deviation = sqrt(max(squares / weight - mean * mean, mean, 1.0))
    return (count - mean) / deviation


def _tail(count: int, weight: float, total: float) -> float:
    """One share more than was seen is taken as the pace before, so that the first share after silence is no wonder."""
    return poisson_tail(count, _RECENT * (total + 1) / weight) if weight else 1.0

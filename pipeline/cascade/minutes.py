"""Minutes of event time and the rolling windows made of them.

A minute keeps a histogram of the depths of its spreads, so that a spread that moves with a late parent is taken out and put back.
"""

from __future__ import annotations

from typing import NamedTuple

from pipeline.cascade.content import SHARE, Content, Minute
from pipeline.cascade.tree import ROOT

MINUTE_US = 60_000_000
_PLATFORM_BITS = 32


class Window(NamedTuple):
    """Figures of the whole minutes (⌊t⌋ − W, ⌊t⌋] by event time."""

    shares: int
    secondary_reach: int
    depth: int


WINDOWS = {"5m": 5, "1h": 60, "24h": 1440}
"""Rolling windows and their length in minutes."""


def minute_key(time_us: int, platform: int) -> int:
    """Key of the minute of `time_us` on a platform; `split_key` takes it apart."""
    return time_us // MINUTE_US << _PLATFORM_BITS | platform


def split_key(key: int) -> tuple[int, int]:
    """(minutes since 1970, platform number)."""
    return key >> _PLATFORM_BITS, key & (1 << _PLATFORM_BITS) - 1


def _changing(content: Content, key: int) -> Minute:
    minute = content.minutes.get(key)
    if minute is None:
        minute = content.minutes[key] = Minute()
    content.minutes_changed.add(key)
    return minute


def count_act(content: Content, time_us: int, platform: int, slot: int, acts: int, live: int) -> None:
    """Add `acts` standing acts, of which `live` are not undone, to their minute (negative: take out)."""
    minute = _changing(content, minute_key(time_us, platform))
    minute.acts += acts
    minute.live[slot] += live
    content.counts[slot] += live


def spread_key(content: Content, node: int) -> int:
    """The minute that a spread is dated in."""
    spreads = content.spreads
    return minute_key(spreads.time[node], content.actors.platform[spreads.actor[node]])


def count_depth(content: Content, node: int, depth: int, change: int) -> None:
    """Put a spread at `depth` into its minute (change 1), or take it out (−1)."""
    depths = _changing(content, spread_key(content, node)).depths
    left = depths.get(depth, 0) + change
    if left:
        depths[depth] = left
    else:
        del depths[depth]


def add_reach(content: Content, node: int, reach: int) -> None:
    """Attribute `reach` people (negative: take back) to the minute of a spread."""
    _changing(content, spread_key(content, node)).reach += reach


def move(content: Content, node: int, parent: int = ROOT) -> None:
    """Hang a spread on another parent; the minutes of all that moved follow."""
    for moved, before in content.tree.move(node, parent):
        count_depth(content, moved, content.tree.depth[moved], 1)
        count_depth(content, moved, before, -1)


def windows(content: Content, now_us: int) -> dict[str, Window]:
    """Rolling windows at `now_us`, by name. O(minutes of the content)."""
    now = now_us // MINUTE_US
    sums = {name: [0, 0, 0] for name in WINDOWS}
    for key, minute in content.minutes.items():
        age = now - split_key(key)[0]
        if age < 0:
            continue
        for name, length in WINDOWS.items():
            if age < length:
                total = sums[name]
                total[0] += minute.live[SHARE]
                total[1] += minute.reach
                total[2] = max(total[2], max(minute.depths, default=0))
    return {name: Window(*total) for name, total in sums.items()}

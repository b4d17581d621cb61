"""What the minutes of a content sum up to: rolling windows, shares minute by minute, shares by age. Event time, live shares.

Windows at t are the whole minutes (⌊t⌋ − W, ⌊t⌋]. Hours keep their sums until one of their minutes changes, so a look costs the minutes of
the hours that a window cuts and of those that changed, and one step for each other hour: it does not grow with the life of the content.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from pipeline.cascade import span
from pipeline.cascade.codes import HOUR, MINUTE_US, NOTHING, SHARE, SLOTS

if TYPE_CHECKING:
    from pipeline.cascade.content import Content
    from pipeline.cascade.minutes import Minutes

_IDLE_HOURS = 24


class Window(NamedTuple):
    """Figures of the whole minutes (⌊t⌋ − W, ⌊t⌋] by event time."""

    shares: int
    secondary_reach: int
    depth: int


WINDOWS = {"5m": 5, "1h": 60, "24h": 1440}
"""Rolling windows and their length in minutes."""


def windows(content: Content, now_us: int) -> dict[str, Window]:
    """Rolling windows at `now_us` (µs since 1970), by name."""
    last = now_us // MINUTE_US
    return {name: window(content, last - length + 1, last) for name, length in WINDOWS.items()}


def window(content: Content, first: int, last: int) -> Window:
    """Figures of the minutes from `first` to `last`, both since 1970 and included."""
    minutes, hours = content.minutes, content.minutes.hours
    shares = reach = depth = 0
    for hour in range(first // HOUR, last // HOUR + 1):
        at = hours.find(hour)
        if at == NOTHING:
            continue
        if first <= hour * HOUR and hour * HOUR + HOUR - 1 <= last:
            _sum_up(minutes, at)
            shares += hours.shares[at]
            reach += hours.reach[at]
            depth = max(depth, hours.depth[at])
            continue
        row = hours.latest[at]
        while row != NOTHING:
            if first <= minutes.minute[row] <= last:
                shares += minutes.live[row * SLOTS + SHARE]
                reach += minutes.reach[row]
                depth = max(depth, minutes.depth(row))
            row = minutes.before[row]
    return Window(shares, reach, depth)


def _sum_up(minutes: Minutes, at: int) -> None:
    """Make the sums of an hour, if they do not hold any more."""
    hours = minutes.hours
    if hours.fresh[at]:
        return
    shares = reach = depth = 0
    row = hours.latest[at]
    while row != NOTHING:
        shares += minutes.live[row * SLOTS + SHARE]
        reach += minutes.reach[row]
        depth = max(depth, minutes.depth(row))
        row = minutes.before[row]
    hours.shares[at] = shares
    hours.reach[at] = reach
    hours.depth[at] = depth
    hours.fresh[at] = 1


def shares_by_minute(content: Content, first: int, count: int) -> list[int]:
    """Live shares of `count` minutes from the minute `first` (since 1970) on, all platforms."""
    minutes, hours = content.minutes, content.minutes.hours
    shares = [0] * count
    for hour in range(first // HOUR, (first + count - 1) // HOUR + 1):
        at = hours.find(hour)
        row = NOTHING if at == NOTHING else hours.latest[at]
        while row != NOTHING:
            place = minutes.minute[row] - first
            if 0 <= place < count:
                shares[place] += minutes.live[row * SLOTS + SHARE]
            row = minutes.before[row]
    return shares


def latest_share_us(content: Content) -> int:
    """Time of the latest live share, µs since 1970: exact, unless the latest share of its minute was undone; then the end of the minute.

    Where all shares of a day before the latest one were undone, it says how far it looked, so it is never later than the truth allows
    and costs a day's hours at most. Call it for contents with a share only.
    """
    minutes, hours, latest = content.minutes, content.minutes.hours, content.spreads.last
    last = latest // MINUTE_US // HOUR
    for hour in range(last, last - _IDLE_HOURS, -1):
        at = hours.find(hour)
        if at == NOTHING:
            continue
        _sum_up(minutes, at)
        if hours.shares[at]:
            return min(latest, (_latest_minute(minutes, at) + 1) * MINUTE_US)
    return (last - _IDLE_HOURS + 1) * HOUR * MINUTE_US


def _latest_minute(minutes: Minutes, at: int) -> int:
    """The latest minute of an hour with a live share."""
    found = 0
    row = minutes.hours.latest[at]
    while row != NOTHING:
        if minutes.live[row * SLOTS + SHARE]:
            found = max(found, minutes.minute[row])
        row = minutes.before[row]
    return found


def shares_by_age(content: Content, first: int, ages: list[int]) -> list[int]:
    """Live shares in the first `ages` minutes (ascending) from the minute `first` on. O(hours of the content)."""
    minutes, hours = content.minutes, content.minutes.hours
    shares = [0] * (len(ages) + 1)
    for at in range(hours.rows):
        start = hours.hour[at] * HOUR - first
        place = bisect_right(ages, start)
        if place == bisect_right(ages, start + HOUR - 1):
            _sum_up(minutes, at)
            shares[place] += hours.shares[at]
            continue
        row = hours.latest[at]
        while row != NOTHING:
            shares[bisect_right(ages, minutes.minute[row] - first)] += minutes.live[row * SLOTS + SHARE]
            row = minutes.before[row]
    return list(accumulate(shares[:-1]))


def origin(content: Content) -> tuple[int, str] | None:
    """(µs since 1970, platform) of the first act; None before one came. Of several platforms in that minute the one with the most acts
    in it, then the first by name.
    """
    if not any(content.acts_by_platform):
        return None
    minutes, hours = content.minutes, content.minutes.hours
    time, _ = span.seen(content)
    first, found = time // MINUTE_US, []
    row = hours.latest[hours.find(first // HOUR)]
    while row != NOTHING:
        if minutes.minute[row] == first and minutes.acts[row]:
            found.append((-minutes.acts[row], content.platforms[minutes.platform[row]]))
        row = minutes.before[row]
    return time, min(found)[1]

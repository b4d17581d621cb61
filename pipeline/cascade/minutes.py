"""Minutes of event time, and the rolling windows made of them.

A minute keeps a histogram of the depths of its spreads, so that a spread that moves with a late parent is taken out and put back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline.cascade.codes import MINUTE_US, ROOT, SHARE, SLOTS
from pipeline.cascade.columns import Columns
from pipeline.cascade.stack import Stack

if TYPE_CHECKING:
    from pipeline.cascade.content import Content

_PLATFORM_BITS = 32
_NONE = -1  # end of a histogram
_RECENT = 7  # mask of the platform number, for the rows used last


class Window(NamedTuple):
    """Figures of the whole minutes (⌊t⌋ − W, ⌊t⌋] by event time."""

    shares: int
    secondary_reach: int
    depth: int


WINDOWS = {"5m": 5, "1h": 60, "24h": 1440}
"""Rolling windows and their length in minutes."""


class Depths(Columns):
    """The histograms of all minutes, as lists of (depth, spreads)."""

    __slots__ = ("count", "depth", "following")

    def __init__(self) -> None:
        super().__init__()
        self.depth = self.no_ints()
        self.count = self.no_ints()
        self.following = self.no_ints()

    def _reserve(self) -> None:
        room = self.more_room()
        self.depth = self.longer_ints(self.depth, room)
        self.count = self.longer_ints(self.count, room)
        self.following = self.longer_ints(self.following, room)
        self.room = room

    def add(self, depth: int, following: int) -> int:
        """A new entry, before `following`."""
        entry = self.rows
        if entry == self.room:
            self._reserve()
        self.rows = entry + 1
        self.depth[entry] = depth
        self.count[entry] = 0
        self.following[entry] = following
        return entry


class Minutes(Columns):
    """Sums of each (minute, platform), by row."""

    __slots__ = (
        "acts",
        "changed",
        "depths",
        "histogram",
        "live",
        "mark",
        "minute",
        "platform",
        "reach",
        "recent",
        "row_of",
    )

    def __init__(self) -> None:
        super().__init__()
        self.row_of: dict[int, int] = {}  # minute << 32 | platform → row
        self.minute = self.no_longs()  # since 1970
        self.platform = self.no_ints()
        self.acts = self.no_ints()
        self.live = self.no_ints()  # SLOTS numbers in each row
        self.reach = self.no_longs()
        self.histogram = self.no_ints()  # its first entry in `depths`
        self.depths = Depths()
        self.recent = self.longer_ints(self.no_ints(), _RECENT + 1)  # rows used last, by platform: time mostly goes on
        for slot in range(_RECENT + 1):
            self.recent[slot] = _NONE
        self.mark = self.no_bytes()  # 1 = changed since the last freeze
        self.changed = Stack()  # rows with a mark

    def _reserve(self) -> None:
        room = self.more_room()
        self.minute = self.longer_longs(self.minute, room)
        self.platform = self.longer_ints(self.platform, room)
        self.acts = self.longer_ints(self.acts, room)
        self.live = self.longer_ints(self.live, room, SLOTS)
        self.reach = self.longer_longs(self.reach, room)
        self.mark = self.longer_bytes(self.mark, room)
        self.histogram = self.longer_ints(self.histogram, room)
        self.room = room

    def changing(self, time_us: int, platform: int) -> int:
        """The row of a minute that is about to change."""
        minute = time_us // MINUTE_US
        row = self.recent[platform & _RECENT]
        if row == _NONE or self.minute[row] != minute or self.platform[row] != platform:
            row = self._find(minute, platform)
            self.recent[platform & _RECENT] = row
        if not self.mark[row]:
            self.mark[row] = 1
            self.changed.push(row)
        return row

    def forget_marks(self) -> None:
        """From now on, nothing has changed."""
        for place in range(self.changed.rows):
            self.mark[self.changed.number[place]] = 0
        self.changed.clear()

    def _find(self, minute: int, platform: int) -> int:
        row = self.row_of.get(minute << _PLATFORM_BITS | platform, _NONE)
        return self._add(minute, platform) if row == _NONE else row

    def _add(self, minute: int, platform: int) -> int:
        row = self.rows
        if row == self.room:
            self._reserve()
        self.rows = row + 1
        self.row_of[minute << _PLATFORM_BITS | platform] = row
        self.minute[row] = minute
        self.platform[row] = platform
        self.histogram[row] = _NONE
        self.acts[row] = self.reach[row] = self.mark[row] = 0
        for slot in range(SLOTS):
            self.live[row * SLOTS + slot] = 0
        return row

    def count_act(self, row: int, slot: int, acts: int, live: int) -> None:
        """Add `acts` standing acts, of which `live` are not undone (negative: take out)."""
        self.acts[row] += acts
        self.live[row * SLOTS + slot] += live

    def count_depth(self, row: int, depth: int, change: int) -> None:
        """Put a spread at `depth` in (change 1), or take it out (−1)."""
        depths = self.depths
        entry = self.histogram[row]
        while entry != _NONE and depths.depth[entry] != depth:
            entry = depths.following[entry]
        if entry == _NONE:
            entry = self.histogram[row] = depths.add(depth, self.histogram[row])
        depths.count[entry] += change

    def depth(self, row: int) -> int:
        """The greatest present depth, 0 without spreads."""
        depths = self.depths
        greatest = 0
        entry = self.histogram[row]
        while entry != _NONE:
            if depths.count[entry] and depths.depth[entry] > greatest:
                greatest = depths.depth[entry]
            entry = depths.following[entry]
        return greatest

    def lives(self, row: int) -> list[int]:
        """Live acts by slot."""
        return [self.live[row * SLOTS + slot] for slot in range(SLOTS)]


def count_act(content: Content, time_us: int, platform: int, slot: int, acts: int, live: int) -> None:
    """Add `acts` standing acts, of which `live` are not undone, to their minute and to the content (negative: take out)."""
    content.minutes.count_act(content.minutes.changing(time_us, platform), slot, acts, live)
    content.counts[slot] += live


def count_spread(content: Content, node: int, change: int) -> None:
    """Put a spread into its minute (change 1), or take it out (−1)."""
    minutes, tree = content.minutes, content.tree
    live = change * tree.live[node]
    row = changing(content, node)
    minutes.count_act(row, SHARE, change, live)
    minutes.count_depth(row, tree.depth[node], change)
    content.counts[SHARE] += live


def changing(content: Content, node: int) -> int:
    """The row of the minute that a spread is dated in."""
    spreads = content.spreads
    return content.minutes.changing(spreads.time[node], content.actors.platform[spreads.actor[node]])


def add_reach(content: Content, node: int, reach: int) -> None:
    """Attribute `reach` people (negative: take back) to the minute of a spread."""
    content.minutes.reach[changing(content, node)] += reach


def move(content: Content, node: int, parent: int = ROOT) -> None:
    """Hang a spread on another parent; the minutes of all that moved follow."""
    minutes = content.minutes
    for moved, before in content.tree.move(node, parent):
        row = changing(content, moved)
        minutes.count_depth(row, content.tree.depth[moved], 1)
        minutes.count_depth(row, before, -1)


def windows(content: Content, now_us: int) -> dict[str, Window]:
    """Rolling windows at `now_us`, by name. O(minutes of the content)."""
    now = now_us // MINUTE_US
    minutes = content.minutes
    sums = {name: [0, 0, 0] for name in WINDOWS}
    for row in range(minutes.rows):
        age = now - minutes.minute[row]
        if age < 0:
            continue
        for name, length in WINDOWS.items():
            if age < length:
                total = sums[name]
                total[0] += minutes.live[row * SLOTS + SHARE]
                total[1] += minutes.reach[row]
                total[2] = max(total[2], minutes.depth(row))
    return {name: Window(*total) for name, total in sums.items()}

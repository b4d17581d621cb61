"""Minutes of event time.

A minute keeps a histogram of the depths of its spreads, so that a spread that moves with a late parent is taken out and put back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade.ages import people
from pipeline.cascade.codes import HOUR, MINUTE_US, ROOT, SHARE, SLOTS
from pipeline.cascade.columns import Columns
from pipeline.cascade.hours import Hours

if TYPE_CHECKING:
    from pipeline.cascade.content import Content

_PLATFORM_BITS = 32
_NONE = -1  # end of a histogram
_RECENT = 7  # mask of the platform number, for the rows used last


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
        "before",
        "changed",
        "depths",
        "histogram",
        "hour",
        "hours",
        "live",
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
        self.hour = self.no_ints()  # its row in `hours`
        self.before = self.no_ints()  # the row of its hour that was added before it, or NOTHING
        self.hours = Hours()
        self.recent = self.longer_ints(self.no_ints(), _RECENT + 1)  # rows used last, by platform: time mostly goes on
        for slot in range(_RECENT + 1):
            self.recent[slot] = _NONE
        self.changed: set[int] = set()  # rows, since the last freeze

    def _reserve(self) -> None:
        room = self.more_room()
        self.minute = self.longer_longs(self.minute, room)
        self.platform = self.longer_ints(self.platform, room)
        self.acts = self.longer_ints(self.acts, room)
        self.live = self.longer_ints(self.live, room, SLOTS)
        self.reach = self.longer_longs(self.reach, room)
        self.histogram = self.longer_ints(self.histogram, room)
        self.hour = self.longer_ints(self.hour, room)
        self.before = self.longer_ints(self.before, room)
        self.room = room

    def changing(self, time_us: int, platform: int) -> int:
        """The row of a minute that is about to change."""
        minute = time_us // MINUTE_US
        row = self.recent[platform & _RECENT]
        if row == _NONE or self.minute[row] != minute or self.platform[row] != platform:
            row = self._find(minute, platform)
            self.recent[platform & _RECENT] = row
        self.changed.add(row)
        self.hours.fresh[self.hour[row]] = 0
        return row

    def _find(self, minute: int, platform: int) -> int:
        row = self.row_of.get(minute << _PLATFORM_BITS | platform, _NONE)
        return self._add(minute, platform) if row == _NONE else row

    def _add(self, minute: int, platform: int) -> int:
        row = self.rows
        if row == self.room:
            self._reserve()
        self.rows = row + 1
        self.row_of[minute << _PLATFORM_BITS | platform] = row
        hour = self.hours.row(minute // HOUR)
        self.minute[row] = minute
        self.platform[row] = platform
        self.hour[row] = hour
        self.before[row] = self.hours.latest[hour]
        self.hours.latest[hour] = row
        self.histogram[row] = _NONE
        self.acts[row] = self.reach[row] = 0
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
    content.ages.add(content.spreads.time[node], change, live * people(content.spreads.audience[node]))


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

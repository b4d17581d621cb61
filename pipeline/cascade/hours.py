"""Hours of event time: what the minutes in them sum up to, so that a day costs a look at 24 hours and not at 1,440 minutes."""

from __future__ import annotations

from pipeline.cascade.codes import NOTHING
from pipeline.cascade.columns import Columns


class Hours(Columns):
    """One row for each hour that has minutes. Sums are made when they are asked for: `fresh` says whether they still hold."""

    __slots__ = ("depth", "fresh", "hour", "latest", "reach", "row_of", "shares")

    def __init__(self) -> None:
        super().__init__()
        self.row_of: dict[int, int] = {}  # hour → row
        self.hour = self.no_longs()  # since 1970
        self.latest = self.no_ints()  # row of the minute added last; the others follow by `Minutes.before`
        self.fresh = self.no_bytes()
        self.shares = self.no_longs()  # live ones
        self.reach = self.no_longs()
        self.depth = self.no_ints()

    def _reserve(self) -> None:
        room = self.more_room()
        self.hour = self.longer_longs(self.hour, room)
        self.latest = self.longer_ints(self.latest, room)
        self.fresh = self.longer_bytes(self.fresh, room)
        self.shares = self.longer_longs(self.shares, room)
        self.reach = self.longer_longs(self.reach, room)
        self.depth = self.longer_ints(self.depth, room)
        self.room = room

    def find(self, hour: int) -> int:
        """The row of an hour, or NOTHING."""
        return self.row_of.get(hour, NOTHING)

    def row(self, hour: int) -> int:
        """The row of an hour, a new one at first sight."""
        row = self.find(hour)
        return self._add(hour) if row == NOTHING else row

    def _add(self, hour: int) -> int:
        row = self.rows
        if row == self.room:
            self._reserve()
        self.rows = row + 1
        self.row_of[hour] = row
        self.hour[row] = hour
        self.latest[row] = NOTHING
        self.fresh[row] = self.shares[row] = self.reach[row] = self.depth[row] = 0
        return row

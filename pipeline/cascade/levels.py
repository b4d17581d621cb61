"""Sums by depth: a table whose rows are depths, the root's first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade.columns import Columns

if TYPE_CHECKING:
    from array import array


class Levels(Columns):
    """Whoever changes a depth reserves it first."""

    __slots__ = ("exact", "live", "nodes", "reach")

    def __init__(self) -> None:
        super().__init__()
        self.nodes = self.no_longs()
        self.exact = (
            self.no_longs()
        )  # nodes by the depth that they have when every edge that is not exact leads to the root
        self.live = self.no_longs()  # those that are not retracted
        self.reach = self.no_longs()  # secondary reach attributed to them
        self.reserve(0)
        self.nodes[0] = self.exact[0] = 1

    def reserve(self, depth: int) -> None:
        """Have rows up to this depth."""
        while depth >= self.room:
            self.room = room = self.more_room()
            self.nodes = self.longer_longs(self.nodes, room)
            self.exact = self.longer_longs(self.exact, room)
            self.live = self.longer_longs(self.live, room)
            self.reach = self.longer_longs(self.reach, room)
        for row in range(self.rows, depth + 1):
            self.nodes[row] = self.exact[row] = self.live[row] = self.reach[row] = 0
        self.rows = max(self.rows, depth + 1)

    def listed(self, sums: array[int]) -> list[int]:
        """One of the columns as a list, without the zeros at its end (the root's row always stays)."""
        end = self.rows
        while end > 1 and sums[end - 1] == 0:
            end -= 1
        return [sums[depth] for depth in range(end)]

"""Acts of one content by age: sums over cells of time that are narrow for young acts and wide for old ones.

All that a forecast asks of a cascade are sums over its acts of smooth functions of their age, so acts of nearly the same age may be
added up. A cell is a dyadic stretch of absolute time, [k·2^l, (k+1)·2^l) seconds, no narrower than `NARROWEST`. At a moment t a cell may
exist if its youngest point is at least `FINENESS` times as old as the cell is wide (the narrowest always may); halves of such a cell may
exist too, so the widest ones that may are a partition of all time. That partition depends on t alone: neither the order in which
acts come nor those taken out again leave a trace. A week falls into about 100 cells, whatever the cascade's size.

A cell keeps the sums of its acts' times too, so each function is evaluated at the exact mean time: functions that are straight within a
cell come out exact, others err by their curvature only.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from pipeline.cascade.memory import lived, seen_in_window

if TYPE_CHECKING:
    from collections.abc import Iterator

NARROWEST = 32
"""Width of the cells of young acts, seconds."""
FINENESS = 8
"""A cell is at most this fraction (1/8) of its age wide."""
WIDEST = 1 << 20
"""12 days."""

WINDOW_SHORTEST_S = 300.0
WINDOW_LONGEST_S = 7200.0
WINDOW_SPREADS = 5
"""The window of a forecast is half the content's age within these bounds, and wider if it would hold fewer spreads than this."""

_SECOND_US = 1_000_000
_HALF = 0.5  # times are cut to whole seconds: the middle of it stands for all
_ROOM = 24  # cells that are never worth merging
_SUMS = 4  # spreads, their offsets within the cell, audience, its offsets


class Cell(NamedTuple):
    """Acts of about one age. Ages are in seconds, and means but for the first."""

    oldest_s: float
    """Age of the cell's start."""
    spreads: float
    age_s: float
    audience: float
    audience_age_s: float


class Evidence(NamedTuple):
    """What the acts up to a moment say."""

    window_s: float
    weight: float
    """ΣK over the spreads: how many there are in the window, the latest counting most."""
    exposure: float
    """Σ n∫Kφ: people who saw an act within the window, weighed alike."""
    waiting: float
    """Σ n(1 − Φ): people who will yet see one of the acts."""
    spreads: float
    lived: float
    """ΣΦ over the spreads: how many lives of a spread have passed."""


class Ages:
    """Spreads and audience of one content by time. Whole numbers are added and taken out, so what is left is exact: below 2⁵³, which is
    reached when a cell's audience × its width in seconds is, 1.4·10¹¹ people in a cell of a week's age; beyond, to 16 digits.

    `add` is O(1) for acts that come about in order, O(cells) at worst; a content of n acts within a week takes at most 40 bytes for each of
    min(n, about 180) cells, and 400 more.
    """

    __slots__ = ("latest", "limit", "merged_at", "start", "sums")

    def __init__(self) -> None:
        self.start = array("q")  # of each cell, seconds since 1970, ascending
        self.sums = array("d")  # _SUMS numbers for each cell
        self.latest = self.merged_at = 0  # seconds since 1970: the partition in use is that of `merged_at`
        self.limit = _ROOM

    def add(self, time_us: int, spreads: int, audience: int) -> None:
        """Add acts dated `time_us` (µs since 1970) with `audience` people; negative numbers take out what was added for the same time.

        A spread is (1, its audience), a post (0, its author's audience); a retraction takes the audience out, (0, −audience), as the spread
        stays in the structure; another copy takes out (−1, −audience) and puts in its own.
        """
        second = time_us // _SECOND_US
        if second > self.latest:  # noqa: PLR1730 -- a call of max() on every share costs more
            self.latest = second
        start = second & -NARROWEST
        row = len(self.start) - 1
        if row < 0 or self.start[row] != start:  # a cell that starts here holds the second, however wide it is
            row = self._row(second)
            start = self.start[row]
        offset = second - start
        sums, at = self.sums, row * _SUMS
        sums[at] += spreads
        sums[at + 1] += spreads * offset
        sums[at + 2] += audience
        sums[at + 3] += audience * offset

    def _row(self, second: int) -> int:
        start = cell_start(second, self.merged_at)
        row = bisect_left(self.start, start)
        if row < len(self.start) and self.start[row] == start:
            return row
        if len(self.start) >= self.limit:
            self._merge()
            return self._row(second)
        self.start.insert(row, start)
        self.sums[row * _SUMS : row * _SUMS] = array("d", (0, 0, 0, 0))
        return row

    def _merge(self) -> None:
        """Go over to the partition of the latest act. Cells without acts go."""
        starts, sums = array("q"), array("d")
        for start, *cell in self._merged(self.latest):
            if any(cell):
                starts.append(start)
                sums.extend(cell)
        self.start, self.sums, self.merged_at = starts, sums, self.latest
        self.limit = _ROOM + len(starts) + len(starts) // 2

    def _merged(self, now: int) -> Iterator[tuple[int, float, float, float, float]]:
        """(start, sums) of the cells that the partition of `now` makes of those in use."""
        whole, pending, sums = 0, False, self.sums
        spreads = spread_offsets = audience = audience_offsets = 0.0
        for row, start in enumerate(self.start):
            into = cell_start(start, now)
            if pending and into != whole:
                yield whole, spreads, spread_offsets, audience, audience_offsets
                spreads = spread_offsets = audience = audience_offsets = 0.0
            whole, pending = into, True
            shift, at = start - whole, row * _SUMS
            spreads += sums[at]
            spread_offsets += sums[at + 1] + shift * sums[at]
            audience += sums[at + 2]
            audience_offsets += sums[at + 3] + shift * sums[at + 2]
        if pending:
            yield whole, spreads, spread_offsets, audience, audience_offsets

    def cells(self, now_us: int) -> list[Cell]:
        """The cells up to `now_us`, oldest first. A function of the acts alone, unless `now_us` is before the latest act that ever came:
        then cells may be wider than need be, and one that holds `now_us` counts whole.
        """
        now, exact = now_us // _SECOND_US, now_us / _SECOND_US
        found = []
        for start, spreads, spread_offsets, audience, audience_offsets in self._merged(now):
            if start > now:
                break
            if not (spreads or audience or audience_offsets):
                continue
            age = exact - start - _HALF
            found.append(
                Cell(
                    exact - start,
                    spreads,
                    max(0.0, age - spread_offsets / spreads if spreads else age),
                    audience,
                    max(0.0, age - audience_offsets / audience if audience else age),
                )
            )
        return found


def cell_start(second: int, now: int) -> int:
    """Start of the cell that holds `second` in the partition of `now`, both in seconds since 1970."""
    widths = (now - second) // FINENESS
    if widths < 2 * NARROWEST:
        return second & -NARROWEST
    width = min(1 << (widths.bit_length() - 1), WIDEST)
    start = second & -width
    if now - start - width < FINENESS * width:
        start = second & -(width >> 1)
    return start


def evidence(cells: list[Cell], age_s: float) -> Evidence:
    """Sums over the acts of a content that is `age_s` seconds old. O(cells)."""
    window = _window(cells, age_s)
    spreads = weight = exposure = waiting = lives = 0.0
    for cell in cells:
        if cell.spreads:
            spreads += cell.spreads
            lives += cell.spreads * lived(cell.age_s)
            if cell.age_s < window:
                weight += cell.spreads * (1 - cell.age_s / window)
        if cell.audience:
            exposure += cell.audience * seen_in_window(cell.audience_age_s, window)
            waiting += cell.audience * (1 - lived(cell.audience_age_s))
    return Evidence(window, weight, exposure, waiting, spreads, lives)


def _window(cells: list[Cell], age_s: float) -> float:
    window = min(max(age_s / 2, WINDOW_SHORTEST_S), WINDOW_LONGEST_S)
    held = 0.0
    for cell in reversed(cells):
        held += cell.spreads
        if held >= WINDOW_SPREADS:
            return max(window, cell.age_s)
    return max(window, age_s)

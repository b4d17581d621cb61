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

from typing import TYPE_CHECKING, NamedTuple

from pipeline.cascade.codes import MOST_PEOPLE, UNKNOWN, UNKNOWN_AUDIENCE
from pipeline.cascade.columns import Columns
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

_NARROWEST, _FINENESS, _WIDEST = NARROWEST, FINENESS, WIDEST  # C's own copies
_SHORTEST, _LONGEST, _ENOUGH = WINDOW_SHORTEST_S, WINDOW_LONGEST_S, WINDOW_SPREADS
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


class Cells(Columns):
    """Cells up to a moment, oldest first, as columns of what `Cell` says."""

    __slots__ = ("age_s", "audience", "audience_age_s", "oldest_s", "spreads")

    def __init__(self, room: int) -> None:
        super().__init__()
        self.oldest_s = self.longer_doubles(self.no_doubles(), room)
        self.spreads = self.longer_doubles(self.no_doubles(), room)
        self.age_s = self.longer_doubles(self.no_doubles(), room)
        self.audience = self.longer_doubles(self.no_doubles(), room)
        self.audience_age_s = self.longer_doubles(self.no_doubles(), room)
        self.room = room

    def add(
        self, oldest_s: float, spreads: float, spread_offsets: float, audience: float, audience_offsets: float
    ) -> None:
        """Add a cell that starts at the age `oldest_s`. Offsets are from there, in seconds, summed over spreads and people."""
        row = self.rows
        self.rows = row + 1
        age = oldest_s - _HALF
        self.oldest_s[row] = oldest_s
        self.spreads[row] = spreads
        self.age_s[row] = max(0.0, age - spread_offsets / spreads if spreads else age)
        self.audience[row] = audience
        self.audience_age_s[row] = max(0.0, age - audience_offsets / audience if audience else age)

    def __iter__(self) -> Iterator[Cell]:
        for row in range(self.rows):
            yield Cell(
                self.oldest_s[row], self.spreads[row], self.age_s[row], self.audience[row], self.audience_age_s[row]
            )


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


class Ages(Columns):
    """Spreads and audience of one content by time. Whole numbers are added and taken out, so what is left is exact: below 2⁵³, which is
    reached when a cell's audience × its width in seconds is, 1.4·10¹¹ people in a cell of a week's age; beyond, to 16 digits.

    `add` is O(1) for acts that come about in order, O(cells) at worst; a content of n acts within a week takes at most 40 bytes for each of
    min(n, about 180) cells, and 400 more.
    """

    __slots__ = ("latest", "limit", "merged_at", "start", "sums")

    def __init__(self) -> None:
        super().__init__()
        self.start = self.no_longs()  # of each cell, seconds since 1970, ascending
        self.sums = self.no_doubles()  # _SUMS numbers for each cell
        self.latest = self.merged_at = 0  # seconds since 1970: the partition in use is that of `merged_at`
        self.limit = _ROOM

    def reserve(self, room: int) -> None:
        """Have room for so many cells."""
        self.start = self.longer_longs(self.start, room)
        self.sums = self.longer_doubles(self.sums, room, _SUMS)
        self.room = room

    def add(self, time_us: int, spreads: int, audience: int) -> None:
        """Add acts dated `time_us` (µs since 1970) with `audience` people; negative numbers take out what was added for the same time.

        A spread is (1, its audience), a post (0, its author's audience); a retraction takes the audience out, (0, −audience), as the spread
        stays in the structure; another copy takes out (−1, −audience) and puts in its own.
        """
        second = time_us // _SECOND_US
        if second > self.latest:  # noqa: PLR1730 -- a call of max() on every share costs more
            self.latest = second
        row = self.rows - 1
        if (
            row < 0 or self.start[row] != second & -_NARROWEST
        ):  # a cell that starts here holds the second, however wide it is
            row = self._row(second)
        offset = second - self.start[row]
        at = row * _SUMS
        self.sums[at] += spreads
        self.sums[at + 1] += spreads * offset
        self.sums[at + 2] += audience
        self.sums[at + 3] += audience * offset

    def _row(self, second: int) -> int:
        start = cell_start(second, self.merged_at)
        row = self._place(start)
        if row < self.rows and self.start[row] == start:
            return row
        if self.rows >= self.limit:
            self.merge_into(self, self.latest)
            self.merged_at = self.latest
            self.limit = _ROOM + self.rows + self.rows // 2
            return self._row(second)
        self._insert(row, start)
        return row

    def _place(self, start: int) -> int:
        low, high = 0, self.rows
        while low < high:
            middle = (low + high) // 2
            if self.start[middle] < start:
                low = middle + 1
            else:
                high = middle
        return low

    def _insert(self, row: int, start: int) -> None:
        if self.rows == self.room:
            self.reserve(self.more_room())
        for other in range(self.rows, row, -1):
            self.start[other] = self.start[other - 1]
            for at in range(other * _SUMS, (other + 1) * _SUMS):
                self.sums[at] = self.sums[at - _SUMS]
        self.rows += 1
        self.start[row] = start
        _clear(self, row)

    def merge_into(self, other: Ages, now: int) -> None:
        """Write the cells that the partition of `now` (seconds since 1970) makes of these over those of `other`, which has the room, and
        may be this one. Cells without acts are left out.
        """
        into, sums = -1, self.sums
        for row in range(self.rows):
            start, at = self.start[row], row * _SUMS
            spreads, spread_offsets, audience, audience_offsets = sums[at], sums[at + 1], sums[at + 2], sums[at + 3]
            whole = cell_start(start, now)
            if into < 0 or other.start[into] != whole:
                if into < 0 or _holds(other, into):
                    into += 1
                other.start[into] = whole
                _clear(other, into)
            shift, at = start - whole, into * _SUMS
            other.sums[at] += spreads
            other.sums[at + 1] += spread_offsets + shift * spreads
            other.sums[at + 2] += audience
            other.sums[at + 3] += audience_offsets + shift * audience
        other.rows = into + 1
        if into >= 0 and not _holds(other, into):
            other.rows = into

    def cells(self, now_us: int) -> Cells:
        """The cells up to `now_us`, oldest first. A function of the acts alone, unless `now_us` is before the latest act that ever came:
        then cells may be wider than need be, and one that holds `now_us` counts whole.
        """
        now, exact = now_us // _SECOND_US, now_us / _SECOND_US
        merged = Ages()
        merged.reserve(self.rows + 1)
        self.merge_into(merged, now)
        found = Cells(merged.rows + 1)
        for row in range(merged.rows):
            if merged.start[row] > now:
                break
            at = row * _SUMS
            found.add(
                exact - merged.start[row],
                merged.sums[at],
                merged.sums[at + 1],
                merged.sums[at + 2],
                merged.sums[at + 3],
            )
        return found


def people(audience: int) -> int:
    """People who see an act of this audience (or UNKNOWN), as the forecast counts them."""
    return UNKNOWN_AUDIENCE if audience == UNKNOWN else min(audience, MOST_PEOPLE)


def cell_start(second: int, now: int) -> int:
    """Start of the cell that holds `second` in the partition of `now`, both in seconds since 1970."""
    widest, width = (now - second) // _FINENESS, _NARROWEST
    while width * 2 <= widest and width < _WIDEST:
        width *= 2
    start = second & -width
    if width > _NARROWEST and now - start - width < _FINENESS * width:
        start = second & -(width // 2)
    return start


def evidence(cells: Cells, age_s: float) -> Evidence:
    """Sums over the acts of a content that is `age_s` seconds old. O(cells)."""
    window = _window(cells, age_s)
    spreads = weight = exposure = waiting = lives = 0.0
    for row in range(cells.rows):
        number, age = cells.spreads[row], cells.age_s[row]
        if number:
            spreads += number
            lives += number * lived(age)
            if age < window:
                weight += number * (1 - age / window)
        number, age = cells.audience[row], cells.audience_age_s[row]
        if number:
            exposure += number * seen_in_window(age, window)
            waiting += number * (1 - lived(age))
    return Evidence(window, weight, exposure, waiting, spreads, lives)


def _window(cells: Cells, age_s: float) -> float:
    window = min(max(age_s / 2, _SHORTEST), _LONGEST)
    held = 0.0
    for row in range(cells.rows - 1, -1, -1):
        held += cells.spreads[row]
        if held >= _ENOUGH:
            return max(window, cells.age_s[row])
    return max(window, age_s)


def _holds(ages: Ages, row: int) -> bool:
    at = row * _SUMS
    return bool(ages.sums[at] or ages.sums[at + 1] or ages.sums[at + 2] or ages.sums[at + 3])


def _clear(ages: Ages, row: int) -> None:
    for at in range(row * _SUMS, (row + 1) * _SUMS):
        ages.sums[at] = 0

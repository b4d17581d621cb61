"""What contents of an age have: the expectation that over-performance is measured against, by CrowdTangle's rule.

Expected are, at an age, the shares that the middle half of the last 100 contents had when they were that old: of the same platform, or of the
same campaign on it where there are enough. Contents are in the order of their first acts; each belongs to the platform of its first act.

A content counts at an age only when it is that old by now. Its counts are those known now: what came late is in them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from math import log
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

import msgspec

from pipeline.cascade import rolling, span
from pipeline.cascade.codes import MINUTE_US

if TYPE_CHECKING:
    from pipeline.cascade.content import Content

GRID = (5, 10, 20, 40, 60, 120, 240, 480, 720, 1440, 2880, 4320, 10080, 20160, 43200)
"""Ages in minutes at which shares are kept; between two, they grow with the logarithm of the age."""
LAST = 100
"""Contents that an expectation is made of, at most."""
ENOUGH = 10
"""Contents of a platform below which nothing is expected."""
ENOUGH_OF_CAMPAIGN = 20
CAMPAIGNS = 16
"""Campaigns of a platform with an expectation of their own: those with the latest contents."""
PLATFORMS = 32

_Key = tuple[int, str]
_FORMAT = 1


class Row(NamedTuple):
    """One expectation, for listing."""

    platform: str
    campaign_id: str
    """Empty: of all contents of the platform."""
    age_s: int
    contents: int
    """How many it is made of."""
    expected: float
    """Shares."""


class _Noted(msgspec.Struct, array_like=True):
    """A content as it was noted last."""

    content_id: str
    first_us: int
    shares: list[int]
    """At the ages of the grid; at those still to come, all there are."""


class _State(msgspec.Struct, array_like=True):
    """All that is kept, in the order of its keys."""

    format: int
    now_us: int
    shelves: list[tuple[str, str, list[_Noted]]]


class Shelf:
    """Contents of one platform, or of one campaign on it, in the order of their first acts."""

    __slots__ = ("keys", "noted")

    def __init__(self) -> None:
        self.keys: list[_Key] = []  # (first act in µs, content_id), ascending
        self.noted: dict[str, _Noted] = {}

    def put(self, noted: _Noted, now_us: int) -> bool:
        """Take in a content, or what is new about it; whether anything is."""
        before = self.noted.get(noted.content_id)
        if before == noted:
            return False
        if before is not None and before.first_us == noted.first_us:
            self.noted[noted.content_id] = noted
            return True
        self.drop(noted.content_id)
        self.noted[noted.content_id] = noted
        insort(self.keys, (noted.first_us, noted.content_id))
        dropped = self._thin(now_us)
        return before is not None or noted.content_id in self.noted or dropped > 1

    def drop(self, content_id: str) -> bool:
        """Leave a content out from now on; whether it was there."""
        noted = self.noted.pop(content_id, None)
        if noted is not None:
            del self.keys[bisect_left(self.keys, (noted.first_us, content_id))]
        return noted is not None

    def old(self, minutes: int, now_us: int) -> int:
        """How many contents are that old."""
        return bisect_left(self.keys, (now_us - minutes * MINUTE_US + 1, ""))

    def _thin(self, now_us: int) -> int:
        """Of those between two ages of the grid keep a sample of `LAST`, by a hash of their ids; of those beyond it, the last ones."""
        before, end = len(self.keys), len(self.keys)
        for minutes in GRID:
            start = self.old(minutes, now_us)
            if end - start > LAST:
                self._keep(start, end, sorted(sorted(self.keys[start:end], key=_lot)[:LAST]))
            end = start
        if end > LAST:
            self._keep(0, end, self.keys[end - LAST : end])
        return before - len(self.keys)

    def _keep(self, start: int, end: int, kept: list[_Key]) -> None:
        for _, content_id in set(self.keys[start:end]).difference(kept):
            del self.noted[content_id]
        self.keys[start:end] = kept

    def expected(self, age_s: float, now_us: int, enough: int, without: str) -> tuple[int, float] | None:
        """(contents, shares) at an age; None below the first age of the grid, or when fewer than `enough` contents are that old."""
        minutes = age_s / 60
        low = bisect_right(GRID, minutes) - 1
        high = min(low + 1, len(GRID) - 1)
        counting = self._last(GRID[high], now_us, without)
        if low < 0 or len(counting) < enough:
            return None
        early, late = (middle_half([noted.shares[place] for noted in counting]) for place in (low, high))
        part = log(minutes / GRID[low]) / log(GRID[high] / GRID[low]) if low < high else 0.0
        return len(counting), early + (late - early) * part

    def _last(self, minutes: int, now_us: int, without: str) -> list[_Noted]:
        end = self.old(minutes, now_us)
        ids = [content_id for _, content_id in self.keys[max(0, end - LAST - 1) : end] if content_id != without]
        return [self.noted[content_id] for content_id in ids[-LAST:]]


class Baselines:
    """The expectations of one partition. At most 1,600 contents for each platform, and for each of 16 campaigns on it.

    A function of the contents noted and of the times they were noted at. `dump` and `load` keep all of it.
    """

    def __init__(self) -> None:
        self.now_us = 0  # the latest moment that anything was noted at
        self.changed = False  # set when there is something new to dump; whoever dumps resets it
        self._shelves: dict[tuple[str, str], Shelf] = {}

    def note(self, content: Content, now_us: int) -> None:
        """Note how many shares a content has; at each refresh, any number of times. A content without acts is passed over."""
        self.now_us = max(self.now_us, now_us)
        origin = rolling.origin(content)
        if origin is None:
            return
        first_us, platform = origin
        campaign = span.campaign(content)
        shares = rolling.shares_by_age(content, first_us // MINUTE_US, _AGES)
        self._put(_Noted(content.content_id, first_us, shares), platform, campaign)

    def _put(self, noted: _Noted, platform: str, campaign: str) -> None:
        wanted = [(platform, ""), (platform, campaign)] if campaign else [(platform, "")]
        for key in [
            key for key, shelf in self._shelves.items() if noted.content_id in shelf.noted and key not in wanted
        ]:
            self._leave(key, noted.content_id)
        for key in wanted:
            shelf = self._shelf(key, (noted.first_us, noted.content_id))
            if shelf is None:
                return
            self.changed |= shelf.put(noted, self.now_us)

    def _leave(self, key: tuple[str, str], content_id: str) -> None:
        self._shelves[key].drop(content_id)
        self.changed = True
        if not self._shelves[key].keys:
            del self._shelves[key]

    def _shelf(self, key: tuple[str, str], first: _Key) -> Shelf | None:
        """The shelf of a key. Above the limit the one whose latest content is the oldest goes; None where that would be the new one."""
        shelf = self._shelves.get(key)
        if shelf is not None:
            return shelf
        rivals = self._rivals(*key)
        if len(rivals) >= (CAMPAIGNS if key[1] else PLATFORMS):
            oldest, name = min(rivals)
            if oldest > first:
                return None
            self._forget(*name)
        shelf = self._shelves[key] = Shelf()
        return shelf

    def _rivals(self, platform: str, campaign: str) -> list[tuple[_Key, tuple[str, str]]]:
        """(latest content, key) of the other platforms, or of the other campaigns on this one."""
        return [
            (shelf.keys[-1], key)
            for key, shelf in self._shelves.items()
            if (key[0] == platform and key[1] if campaign else not key[1])
        ]

    def _forget(self, platform: str, campaign: str) -> None:
        for key in [key for key in self._shelves if key[0] == platform and (not campaign or key[1] == campaign)]:
            del self._shelves[key]

    def expected(self, platform: str, campaign: str, age_s: float, without: str = "") -> float | None:
        """Shares expected at an age in seconds; None where too few contents are that old. The content `without` is left out."""
        for key, enough in (((platform, campaign), ENOUGH_OF_CAMPAIGN), ((platform, ""), ENOUGH)):
            shelf = self._shelves.get(key) if key[1] or enough == ENOUGH else None
            found = None if shelf is None else shelf.expected(age_s, self.now_us, enough, without)
            if found is not None:
                return found[1]
        return None

    def expected_for(self, content: Content, now_us: int) -> float | None:
        """Shares expected of a content at its age, by the others."""
        origin = rolling.origin(content)
        if origin is None:
            return None
        first_us, platform = origin
        age_s = (now_us - first_us // MINUTE_US * MINUTE_US) / 1e6
        return self.expected(platform, span.campaign(content), age_s, content.content_id)

    def rows(self) -> list[Row]:
        """Every expectation that can be told, by platform, campaign and age."""
        return [
            Row(platform, campaign, minutes * 60, *found)
            for (platform, campaign), shelf in sorted(self._shelves.items(), key=_name)
            for minutes in GRID
            if (found := shelf.expected(minutes * 60, self.now_us, ENOUGH_OF_CAMPAIGN if campaign else ENOUGH, ""))
        ]

    def dump(self) -> bytes:
        """All that is kept, in msgpack: the same bytes for the same state."""
        shelves = [
            (*key, [shelf.noted[content_id] for _, content_id in shelf.keys])
            for key, shelf in sorted(self._shelves.items(), key=_name)
        ]
        return msgspec.msgpack.encode(_State(_FORMAT, self.now_us, shelves))

    @classmethod
    def load(cls, value: bytes) -> Baselines:
        """What was dumped. Raises ValueError for bytes of another origin or format."""
        state = _decode(value)
        if state.format != _FORMAT:
            raise ValueError(f"baselines of format {state.format}, {_FORMAT} is known")
        found = cls()
        found.now_us = state.now_us
        for platform, campaign, contents in state.shelves:
            shelf = found._shelves[platform, campaign] = Shelf()
            shelf.keys = [(noted.first_us, noted.content_id) for noted in contents]
            shelf.noted = {noted.content_id: noted for noted in contents}
        return found


def middle_half(counts: list[int]) -> float:
    """Mean without the lowest and the highest quarter (rounded down)."""
    quarter = len(counts) // 4
    middle = sorted(counts)[quarter : len(counts) - quarter]
    return sum(middle) / len(middle) if middle else 0.0


def _lot(key: _Key) -> tuple[int, str]:
    """Place of a content in a draw that has nothing to do with how it did."""
    return crc32(key[1].encode()), key[1]


def _name(item: tuple[tuple[str, str], Shelf]) -> tuple[str, str]:
    return item[0]


_AGES = list(GRID)
_decode = msgspec.msgpack.Decoder(_State).decode

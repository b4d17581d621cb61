"""The ledger of one partition: which ranges were handed out, and up to where everything is done.

It is the only source of offsets to commit. Promise: an offset is committable only when every range up to it was handed out and
acknowledged. What was never acknowledged is read again after a crash, a rebalance or a seek.
"""

from __future__ import annotations

from collections import deque

from pipeline.stream.batch import Range


class LedgerError(Exception):
    """A range was handed out twice or backwards: a bug that would lose records, so the worker stops."""


class Ledger:
    """Ranges of one partition in the order they were fetched. Not thread-safe: used on the event loop only."""

    def __init__(self) -> None:
        self._open: deque[Range] = deque()
        self._last: int | None = None
        self._committable: int | None = None

    def hand_out(self, first: int, last: int) -> Range:
        """A new range. Offsets may be missing between two ranges (transaction markers), but never go back."""
        if last < first or (self._last is not None and first <= self._last):
            raise LedgerError(f"range {first}–{last} handed out after offset {self._last}")
        handed_out = Range(first, last)
        self._open.append(handed_out)
        self._last = last
        return handed_out

    @property
    def last(self) -> int | None:
        """The last offset handed out; None when nothing was since the last `drop`."""
        return self._last

    @property
    def committable(self) -> int | None:
        """The offset to commit: one after the acknowledged prefix. None when nothing was acknowledged since the last `drop`."""
        while self._open and self._open[0].acknowledged:
            self._committable = self._open.popleft().last + 1
        return self._committable

    def drop(self) -> None:
        """Forget all ranges, because the partition is revoked or read again from the committed offset. They are no longer live."""
        for handed_out in self._open:
            handed_out.live = False
        self._open.clear()
        self._last = self._committable = None

    def __len__(self) -> int:
        """Ranges handed out and not known to be acknowledged."""
        return len(self._open)

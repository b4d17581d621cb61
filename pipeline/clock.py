"""The injected clock: code that needs the time takes a `Clock`, so tests can set it."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where the current time comes from."""

    def now_us(self) -> int:
        """Microseconds since 1970-01-01 UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_us(self) -> int:
        """Microseconds since 1970-01-01 UTC."""
        return time.time_ns() // 1000


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us

    def now_us(self) -> int:
        """Microseconds since 1970-01-01 UTC, as last set."""
        return self._now_us

    def set(self, now_us: int) -> None:
        """Move the clock to `now_us`."""
        self._now_us = now_us

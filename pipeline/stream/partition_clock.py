"""What time it is for one partition.

At the end of the log it is now. Before it, while records are caught up on, it is the time at which Kafka took the last record that was folded: what
came later is not known yet, so figures of now would be figures of a silence that never was. It never goes back.
"""

from __future__ import annotations


class PartitionClock:
    """Microseconds since 1970; 0 until anything is known."""

    def __init__(self) -> None:
        self._now_us = 0

    def now_us(self, wall_us: int, latest_ms: int, *, at_end: bool) -> int:
        """The partition's time. `wall_us`: the machine's; `latest_ms`: when Kafka appended the last record folded, 0 = none was."""
        self._now_us = max(self._now_us, wall_us if at_end else min(latest_ms * 1000, wall_us))
        return self._now_us

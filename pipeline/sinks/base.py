"""What every sink promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from schemas.rows import Blocks

WRITE_ORDER = ("dead_letters", "events", "merged_contents", "edges", "amplifiers", "content_minutes", "contents")
"""A content's own row comes last: who sees its new figures finds the rows behind them too."""
CLOCK_ORDER = ("baselines", "content_history", "content_clock", "alerts")
"""After them what a moment tells, an alert when the figures that it speaks of are there."""


class Sink(Protocol):
    """Where blocks of rows go.

    Delivery: at least once, and idempotent. A row replaces the one with its key (`schemas.rows.KEYS`) unless that one has a greater
    version, so the same blocks written twice, or older ones written late, change nothing that a reader sees.
    """

    def write(self, blocks: Blocks) -> None:
        """Write every block; return when all rows are durable.

        Blocks the calling thread; one call at a time. On an error some blocks may be written and some not: write all of them again.
        Raises SinkTransientError (later, for ever), SinkRowError (a value is refused; `table` says where), SinkSchemaError (stop and migrate),
        SinkError (anything else: stop).
        """
        ...

    def close(self) -> None:
        """Let go of connections. Nothing is pending: `write` leaves nothing behind."""
        ...

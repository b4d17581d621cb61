"""Watching figures move in ClickHouse while the stack runs."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from clickhouse_connect.driver.exceptions import ClickHouseError

from pipeline.clickhouse import client
from pipeline.embedded.progress import console
from pipeline.errors import CascadesError, UnavailableError
from pipeline.ingest.watermark import Watermarks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline.commands.running import Running
    from pipeline.config import Settings

FIRST_FIGURE_S = 120.0
"""From the start of the parts to the first row in ClickHouse; after that the start has failed."""
STILL_S = 15.0
"""Figures that stand still for so long fail the run: the parts live, but nothing moves."""
_LOG_EVERY_S = 10.0
_FIGURES = "SELECT count(), sum(size), sum(likes + comments + clicks + views) FROM v_content"


@dataclass(frozen=True, slots=True)
class Figures:
    """What ClickHouse shows in all."""

    contents: int = 0
    nodes: int = 0
    reactions: int = 0


class Moving:
    """Whether figures move, and since when. `see` is called with each look at them."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now, self._began = now, now()
        self._last: Figures | None = None
        self.first_at: float | None = None
        self.moved_at: float | None = None
        self._rate_since = (now(), 0)

    def see(self, figures: Figures) -> None:
        """Note what is visible now."""
        if figures.contents and self.first_at is None:
            self.first_at = self._now()
        elif figures != self._last and self.first_at is not None:
            self.moved_at = self._now()
        self._last = figures

    def done(self, seconds: float) -> bool:
        """Whether data has moved for so long. Raises UnavailableError when it has not, and will not."""
        now = self._now()
        if self.first_at is None:
            if now - self._began > FIRST_FIGURE_S:
                raise UnavailableError(f"no figure was visible in ClickHouse after {FIRST_FIGURE_S:.0f} s")
            return False
        still_s = now - (self.moved_at or self.first_at)
        if still_s > STILL_S or (now - self.first_at >= seconds and self.moved_at is None):
            raise UnavailableError(f"figures in ClickHouse stood still for {still_s:.0f} s")
        return now - self.first_at >= seconds


async def watch(running: Running, seconds: float | None, stop: asyncio.Event) -> bool:
    """Show one line that lives, until `stop` (False) or until data has moved for `seconds` (True).

    Raises CascadesError when a part ends, or when data must move (`seconds`) and does not.
    """
    moving, line = Moving(), Line()
    async with Watermarks(running.settings) as marks:
        while not stop.is_set():
            running.check()
            figures = await asyncio.to_thread(look, running.settings)
            if figures:
                moving.see(figures)
            done = seconds is not None and moving.done(seconds)
            if figures:
                line.show(figures, await marks.ends(), await marks.committed(), at_once=done)
            if done:
                return True
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1.0)
    return False


def look(settings: Settings) -> Figures | None:
    """The figures now; None when ClickHouse gives none (it may be busy: the next look will tell)."""
    with suppress(CascadesError, ClickHouseError):
        connection = client(settings)
        try:
            return Figures(*map(int, connection.query(_FIGURES).result_rows[0]))
        finally:
            connection.close()
    return None


class Line:
    """The one line: on a terminal it is rewritten each second, in a log it comes every ten."""

    def __init__(self) -> None:
        self._show = console(sys.stderr)
        self._before: tuple[float, int] | None = None

    def show(
        self, figures: Figures, ends: Mapping[int, int], committed: Mapping[int, int], *, at_once: bool = False
    ) -> None:
        """Tell how it goes. `ends` and `committed` are offsets by partition; `at_once`: also before the next line is due."""
        now, records = monotonic(), sum(ends.values())
        then, records_then = self._before or (now, records)
        if self._before and not at_once and not sys.stderr.isatty() and now - then < _LOG_EVERY_S:
            return
        self._before = now, records
        rate = (records - records_then) / max(now - then, 1e-9)
        waiting = records - sum(committed.values())
        self._show(
            f"{rate:,.0f} records/s · {figures.contents:,} contents · {figures.nodes:,} nodes · {waiting:,} waiting",
            None,
        )


def on_signals(stop: asyncio.Event) -> None:
    """Ctrl-C and SIGTERM ask for a clean end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

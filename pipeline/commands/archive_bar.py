"""How far an import is: a bar on a terminal, else a line now and then."""

from __future__ import annotations

from time import monotonic
from typing import Self

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from pipeline.commands.console import err, note

LINE_EVERY_S = 10.0


class Bar:
    """Percent by bytes, entries per second, time to go. Everything goes to standard error."""

    def __init__(self, label: str, total: int, every_s: float = LINE_EVERY_S) -> None:
        self._label, self._total, self._every_s = label, max(total, 1), every_s
        self._began = self._told = monotonic()
        self._since: tuple[int, int] | None = None
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[amount]}"),
            TimeRemainingColumn(),
            console=err,
            disable=not err.is_terminal,
        )
        self._task = self._bar.add_task(label, total=self._total, amount="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def at(self, position: int, entries: int) -> None:
        """So many bytes are read, and so many entries sent, those of earlier attempts included."""
        now = monotonic()
        # The rate is that of this attempt.
        self._since = self._since or (position, entries)
        gone_s = max(now - self._began, 1e-6)
        speed = (entries - self._since[1]) / gone_s
        amount = f"{entries:,} entries, {speed:,.0f}/s"
        self._bar.update(self._task, completed=min(position, self._total), amount=amount)
        if not err.is_terminal and now - self._told >= self._every_s:
            self._told = now
            note(f"{self._label}: {self._line(position, gone_s)}, {amount}")

    def _line(self, position: int, gone_s: float) -> str:
        done = min(position / self._total, 1.0)
        read = position - (self._since or (0, 0))[0]
        left = f", about {(self._total - position) / read * gone_s:,.0f} s to go" if read > 0 and done < 1 else ""
        return f"{done:.0%}{left}"

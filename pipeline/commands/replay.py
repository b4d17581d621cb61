"""`cascades replay`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Self

from rich.filesize import decimal
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn

from pipeline.commands.console import err, note
from pipeline.commands.settings import load
from pipeline.errors import CascadesError, UsageError
from pipeline.ingest.lines import STDIN
from pipeline.ingest.pace import Pace
from pipeline.ingest.producer import EventProducer
from pipeline.ingest.replay import Summary, replay
from pipeline.ingest.watermark import Watermarks, wait_for
from pipeline.kafka import ensure_topics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.config import Settings
    from pipeline.ingest.lines import LineFile

_SHOWN_PLACES = 5


def run(*, files: list[str], rate: float | None, wait: bool, stall_s: float) -> int:
    """Send the files; with `wait`, return when ClickHouse shows them."""
    _check(name for name in files if name != STDIN)
    return asyncio.run(_run(load(), files, rate, stall_s if wait else None))


def _check(names: Iterable[str]) -> None:
    """Before Kafka is asked: a slip in the last name must not come out when the first files are sent. Pipes are welcome."""
    for name in names:
        path = Path(name)
        if not path.exists():
            raise UsageError(f"no such file: {name}")
        if path.is_dir():
            raise UsageError(f"{name} is a folder: name the files in it, such as {path / '*.jsonl'}")


async def _run(settings: Settings, files: list[str], rate: float | None, stall_s: float | None) -> int:
    began = monotonic()
    await ensure_topics(settings)
    with Bar() as bar:
        async with EventProducer(settings) as producer:
            summary = await replay(files, producer, bar.sending, Pace(rate) if rate else None)
        sent_s = monotonic() - began
        if stall_s:
            async with Watermarks(settings) as marks:
                await wait_for(producer.ends, marks.committed, bar.waiting, stall_s=stall_s)
    for line in told(summary, sent_s, None if stall_s is None else monotonic() - began):
        note(line)
    if summary.too_long:
        raise CascadesError(f"{len(summary.too_long)} line(s) could not be sent, because no Kafka record can hold them")
    return 0


def told(summary: Summary, sent_s: float, visible_s: float | None) -> list[str]:
    """The summary in words: every line is accounted for."""
    lines = [
        f"{summary.lines:,} lines: {summary.produced:,} sent in {sent_s:.1f} s ({summary.produced / max(sent_s, 1e-9):,.0f}/s)"
    ]
    if summary.looked_invalid:
        lines.append(
            f"  {summary.looked_invalid:,} of them did not look like events: see v_dead_letters for what the worker says"
        )
    if summary.blank:
        lines.append(f"  {summary.blank:,} blank, not sent")
    if summary.too_long:
        places, more = summary.too_long[:_SHOWN_PLACES], len(summary.too_long) - _SHOWN_PLACES
        lines.append(
            f"  {len(summary.too_long):,} too long, NOT sent: {', '.join(places)}{f' and {more} more' if more > 0 else ''}"
        )
    if visible_s is not None:
        lines.append(f"  all visible in ClickHouse after {visible_s:.1f} s")
    return lines


class Bar:
    """Progress by bytes read of each file, then by records that ClickHouse still misses."""

    def __init__(self) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[amount]}"),
            TimeRemainingColumn(),
            console=err,
        )
        self._files: dict[str, TaskID] = {}
        self._began = monotonic()
        self._missing: tuple[TaskID, int] | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def sending(self, lines: LineFile, summary: Summary) -> None:
        """A file is read up to `lines.position`."""
        if lines.name not in self._files:
            self._files[lines.name] = self._progress.add_task(lines.name, total=lines.total, amount="")
        read = decimal(lines.position) + (f" of {decimal(lines.total)}" if lines.total else "")
        speed = summary.lines / max(monotonic() - self._began, 1e-9)
        self._progress.update(self._files[lines.name], completed=lines.position, amount=f"{read}, {speed:,.0f} lines/s")

    def waiting(self, missing: int) -> None:
        """So many records are not in ClickHouse yet."""
        if self._missing is None:
            total = max(missing, 1)
            self._missing = self._progress.add_task("waiting for ClickHouse", total=total, amount=""), total
        task, total = self._missing
        self._progress.update(task, completed=total - missing, amount=f"{missing:,} records to go")

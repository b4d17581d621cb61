"""`cascades repartition`."""

from __future__ import annotations

import asyncio
import re
from time import monotonic
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn

from pipeline.commands.console import err, note, out
from pipeline.commands.settings import load, variable
from pipeline.errors import UsageError
from pipeline.stream.larger_topic import LargerTopic
from pipeline.stream.repartition import Summary, check, default_name, repartition

if TYPE_CHECKING:
    from pipeline.config import Settings

MOST_EPOCHS = 32767
"""A row's version holds the epoch in 15 bits."""
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


def run(*, partitions: int, to: str | None, dry_run: bool) -> int:
    """Copy the events, then say which settings name the new topic."""
    settings = load()
    name = to or default_name(settings, partitions)
    if not _TOPIC.fullmatch(name) or name in {".", ".."}:
        raise UsageError(f"--to {name}: Kafka allows letters, digits, dots, underscores and dashes, at most 249")
    if settings.epoch >= MOST_EPOCHS:
        raise UsageError(f"{variable('epoch')} is at its end ({MOST_EPOCHS})")
    if dry_run:
        asyncio.run(_say(settings, name, partitions))
    else:
        _tell(settings, partitions, asyncio.run(_run(settings, name, partitions)))
    return 0


async def _say(settings: Settings, name: str, partitions: int) -> None:
    records = sum(map(len, (await check(settings, name, partitions)).values()))
    there = await LargerTopic(settings, name, partitions).exists()
    note(
        f"would copy {records:,} records of {settings.events_topic} ({settings.partitions} partitions) to {name} ({partitions} partitions), "
        f"{'which is there: it would be compared first, then filled' if there else 'which would be made'}; then these settings:"
    )
    _settings(settings, name, partitions)


async def _run(settings: Settings, name: str, partitions: int) -> Summary:
    with Bar() as bar:
        return await repartition(settings, name, partitions, bar.show)


def _tell(settings: Settings, partitions: int, summary: Summary) -> None:
    if summary.was_open:
        note(
            f"{summary.topic} was finished before: it holds all {summary.records:,} records of {settings.events_topic}"
        )
    else:
        note(
            f"{summary.topic} holds all {summary.records:,} records of {settings.events_topic}, compared; {summary.sent:,} were sent by this run"
        )
    for reason, count in summary.stayed.items():
        note(f"  {count:,} stayed behind: they {reason.value}")
    note(
        "now give every process, also those that send events, these settings; then start the workers, which read everything once:"
    )
    _settings(settings, summary.topic, partitions)
    note(f"{settings.events_topic} is left as it is: delete it when the figures are what they were")


def _settings(settings: Settings, name: str, partitions: int) -> None:
    """On standard output, for a shell to read."""
    for field, value in (("events_topic", name), ("partitions", partitions), ("epoch", settings.epoch + 1)):
        out.print(f"export {variable(field)}={value}", markup=False)


class Bar:
    """Progress by records, one line for each thing that is done."""

    SHOWN_EVERY_S = 0.1

    def __init__(self) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} records"),
            TimeRemainingColumn(),
            console=err,
        )
        self._tasks: dict[str, TaskID] = {}
        self._shown = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, what: str, done: int, total: int) -> None:
        """So many records are done. Called for each one."""
        now = monotonic()
        if done < total and now - self._shown < self.SHOWN_EVERY_S:
            return
        self._shown = now
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=max(total, 1))
        self._progress.update(self._tasks[what], completed=done, total=max(total, 1))

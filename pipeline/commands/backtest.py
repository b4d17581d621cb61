"""`cascades backtest`: what rules would have told, on history. Needs neither Kafka nor ClickHouse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

from rich.box import SIMPLE
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from pipeline.cascade.backtest import Backtest, Judge, score, top
from pipeline.cascade.moments import micros
from pipeline.commands.console import err, note, out
from pipeline.commands.settings import load
from pipeline.errors import UsageError
from pipeline.ingest.lines import open_lines
from schemas import presets, rules
from schemas.check import check
from schemas.dead_letter import RefusedError
from schemas.rule_types import TRIGGERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.cascade.backtest import Score
    from schemas.presets import Preset
    from schemas.rules import Rules
    from schemas.wire import WireEvent

VIRAL = "viral, any trigger"
_NO_LIMIT_MS = 10**14
"""An append time so late that no event lies in its future: what is history was taken once."""
_SHOWN_REFUSALS = 3
_STRIDE = 2000
"""Events between two signs of progress."""


def run(
    *, files: list[str], rules_file: Path | None, preset: str | None, top_percent: float, every_s: float, output: str
) -> int:
    """Replay the files and show how each rule did."""
    if output not in {"table", "json"}:
        raise UsageError(f"--format {output}: table or json")
    chosen = read_rules(rules_file, preset)
    with Bar() as bar:
        events = history(files, bar)
        if not events:
            raise UsageError("there is no event to replay in these files")
        judges = [Judge(VIRAL, chosen.only(*TRIGGERS)), *(Judge(name, chosen.only(name)) for name in chosen.used())]
        backtest = Backtest(judges, load().population(), every_s)
        bar.begin("replaying", len(events))
        for number, (occurred_us, _, event) in enumerate(events):
            backtest.take(event, occurred_us)
            if number % _STRIDE == 0:
                bar.at(number)
        backtest.finish()
        bar.at(len(events))
    sizes = backtest.sizes()
    best = top(sizes, top_percent / 100)
    scores = [score(judge.name, judge.fired, sizes, best, backtest.days()) for judge in judges]
    if output == "json":
        out.print(json.dumps(as_json(backtest, scores, best), indent=2), markup=False)
    else:
        _show(backtest, scores, best, top_percent)
    return 0


def read_rules(path: Path | None, preset: str | None) -> Rules:
    """The rules of a file, of a preset, or of both. Raises UsageError that says what is wrong in which line."""
    if preset is not None and preset not in presets.PRESETS:
        raise UsageError(f"--preset {preset}: {', '.join(presets.PRESETS)}")
    named: Preset | None = preset  # type: ignore[assignment]  # checked above
    if path is None:
        return rules.preset(named or "balanced")
    try:
        return rules.parse(path.read_text("utf-8"), str(path), preset=named)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: byte {error.start} is not UTF-8: is it the right file?") from error
    except rules.RulesError as error:
        raise UsageError(str(error)) from None


Event = tuple[int, int, "WireEvent"]
"""(occurred_at in µs, number in the files, event)."""


def history(files: list[str], bar: Bar) -> list[Event]:
    """The events of all files by time, equal times in the order of the files. About 700 bytes of memory each."""
    refused: list[str] = []
    events = [(micros(event.occurred_at), number, event) for number, event in enumerate(_read(files, bar, refused))]
    events.sort(key=lambda one: one[:2])
    if refused:
        note(
            f"{len(refused):,} line(s) are no version-1 events and were left out: {'; '.join(refused[:_SHOWN_REFUSALS])}"
        )
    return events


def _read(files: list[str], bar: Bar, refused: list[str]) -> Iterator[WireEvent]:
    for name in files:
        with open_lines(name) as lines:
            bar.begin(f"reading {lines.name}", lines.total)
            before = 0
            for block in lines.blocks():
                for number, line in enumerate(block, before + 1):
                    if line is None or line.strip():
                        try:
                            yield check(line, _NO_LIMIT_MS)
                        except RefusedError as error:
                            refused.append(f"{lines.name} line {number}: {error}")
                before += len(block)
                bar.at(lines.position)


def as_json(backtest: Backtest, scores: list[Score], best: set[str]) -> dict[str, object]:
    """Everything that the table says."""
    return {
        "events": backtest.events,
        "contents": len(backtest.contents),
        "top_contents": len(best),
        "days": round(backtest.days(), 3),
        "rules": [one._asdict() for one in scores],
    }


def _show(backtest: Backtest, scores: list[Score], best: set[str], top_percent: float) -> None:
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("rule", no_wrap=True)
    for name in ("alerts", "contents", "precision", "recall", "to come", "a day"):
        table.add_column(name, justify="right")
    for one in scores:
        table.add_row(
            one.rule,
            f"{one.alerts:,}",
            f"{one.contents:,}",
            _percent(one.precision),
            _percent(one.recall),
            _percent(one.lead),
            f"{one.per_day:.2f}" if one.per_day < 10 else f"{one.per_day:,.0f}",  # noqa: PLR2004 -- digits worth showing
        )
    out.print(table)
    note(
        f"{backtest.events:,} events of {len(backtest.contents):,} contents in {backtest.days():,.1f} days; precision and recall against "
        f"the {len(best):,} contents that ended among the largest {top_percent:g} %; to come: median part of the final size "
        "that was missing when such a content was told. One content counts once, however many alerts it had."
    )


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


class Bar:
    """One line of progress, for one thing after the other."""

    def __init__(self) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TimeRemainingColumn(),
            console=err,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, what: str, total: int | None) -> None:
        """Go on with the next thing, of which there is so much."""
        self._task = self._progress.add_task(what, total=total)

    def at(self, done: int) -> None:
        """So much of it is done."""
        if self._task is not None:
            self._progress.update(self._task, completed=done)

"""Compare our worker with the floor under it and with other stream processors, and measure what the marks ask for.

    python -m benchmarks.compare [--only c0,c,b] [--events 200000] [--runs 1] [--measure hot,memory] [--fresh]

Without options it is what `make bench` runs: a million events, three runs each, every measurement, and benchmarks/RESULTS.md written. It goes on
where an earlier one was cut off, row by row; `--fresh` forgets that. With `--only` or `--measure` nothing else is measured, and nothing is kept or
written. Exits 1 when a contender's sums are wrong or it did not come to its end.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks import report
from benchmarks.campaign import STORE, Campaign
from benchmarks.comparison import Comparison
from benchmarks.contenders import ALL
from benchmarks.marks import marks
from benchmarks.measures import MEASURES
from benchmarks.report import FULL
from benchmarks.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

console = Console()


class Outcome:
    """The tables. Written again after every step: a campaign that is cut off leaves what it had."""

    def __init__(self, stage: Stage, options: argparse.Namespace, comparison: Comparison) -> None:
        self._stage, self._options, self._comparison = stage, options, comparison

    @property
    def marks(self) -> list[report.Row]:
        return marks(self._comparison.by_key) + self._comparison.measured

    @property
    def rows(self) -> list[tuple[str, ...]]:
        done = self._comparison
        return report.contender_rows(done.runs, done.wrong, done.missing)

    def write(self) -> None:
        """The section of RESULTS.md, where it is asked for."""
        if self._options.results is None:
            return
        events, runs = self._options.events, self._options.runs
        size = self._stage.filled(events).figures["bytes"] / events
        times = self._comparison.campaign.times
        opening = report.opening(events, runs, size, times, missing=self._comparison.left)
        report.write(report.section(self.rows, self.marks, opening, judged=self._judged), self._options.results)

    def show(self) -> None:
        """On the screen."""
        title = f"{self._options.events:,} events, {self._options.runs} run(s)"
        if self.rows:
            console.print(report.screen(title, report.COLUMNS, self.rows, report.SHOWN))
        if self.marks:
            cells = [report.cells(row, judged=self._judged) for row in self.marks]
            console.print(report.screen("Marks", report.MARK_COLUMNS, cells, range(4)))

    @property
    def _judged(self) -> bool:
        return self._options.events >= FULL


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that broker, engine and the temporary folder go too
    wanted = [who for who in ALL if options.only is None or who.key in options.only]
    with Stage(say, options.scratch) as stage:
        comparison = Comparison(stage, options.events, options.runs, _campaign(options), caps=not options.no_caps)
        outcome = Outcome(stage, options, comparison)
        comparison.all(wanted, options.measure, after_each=outcome.write)
        outcome.write()
    outcome.show()
    if comparison.good and not comparison.left:
        comparison.campaign.end()
    return 0 if comparison.good else 1


def _campaign(options: argparse.Namespace) -> Campaign:
    if options.partial:
        return Campaign()
    return Campaign.fresh(STORE) if options.fresh else Campaign(STORE)


def say(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=_keys({who.key for who in ALL}), help="contenders by letter, or none")
    parser.add_argument("--events", type=int, default=FULL)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--measure", type=_keys(set(MEASURES)), help=f"measurements: {','.join(MEASURES)}, or none")
    parser.add_argument(
        "--no-caps", action="store_true", help="the slowest contenders read the whole topic each time too (an hour)"
    )
    parser.add_argument("--fresh", action="store_true", help="forget what a campaign that was cut off had measured")
    parser.add_argument("--results", type=Path, default=None, help="write the tables to this file, whatever the size")
    parser.add_argument("--scratch", type=Path, default=None, help="where the temporary folder is made (about 5 GB)")
    options = parser.parse_args(arguments)
    options.partial = options.only is not None or options.measure is not None
    options.measure = options.measure or ([] if options.partial else list(MEASURES))
    if options.results is None and not options.partial and options.events >= FULL:
        options.results = report.RESULTS
    return options


def _keys(known: set[str]):  # noqa: ANN202 - an argparse type
    def read(text: str) -> list[str]:
        names = [name for name in text.split(",") if name not in {"", "none"}]
        if unknown := set(names) - known:
            raise argparse.ArgumentTypeError(
                f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}"
            )
        return names

    return read


if __name__ == "__main__":
    sys.exit(main())

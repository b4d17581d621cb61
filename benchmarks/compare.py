"""Compare our worker with the floor under it and with other stream processors, and measure what the marks ask for.

    python -m benchmarks.compare [--only c0,c,b] [--events 200000] [--runs 1] [--measure hot,memory] [--write]

Without options it is what `make bench` runs: a million events, three runs each, every measurement, and benchmarks/RESULTS.md written. With `--only`
nothing else is measured and nothing is written, unless asked for. Exits 1 when a contender's sums are wrong or it did not come to its end.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import deque
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks import report
from benchmarks.contenders import ALL, Who
from benchmarks.environments import MissingError
from benchmarks.marks import marks
from benchmarks.measures import MEASURES
from benchmarks.report import FULL
from benchmarks.runner import Report, RunError, run
from benchmarks.stage import Filled, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

SLOWEST = 400
"""Events per second below which a contender is given up."""
console = Console()


class Comparison:
    """Runs and their outcome so far."""

    def __init__(self, stage: Stage, events: int, *, caps: bool = True) -> None:
        self._stage, self._events, self._caps = stage, events, caps
        self.runs: dict[Who, list[Report]] = {}
        self.wrong: dict[Who, str] = {}
        self.missing: dict[Who, str] = {}

    def prepare(self, wanted: Sequence[Who]) -> dict[Who, list[str]]:
        """The command of each contender that this machine can run."""
        commands = {}
        for who in wanted:
            try:
                commands[who] = who.command(self._stage.say)
            except MissingError as error:
                self.missing[who] = str(error)
                self._stage.say(f"{who.key} is left out: {error}")
        return commands

    def all(self, commands: dict[Who, list[str]], runs: int) -> None:
        """The runs of all contenders take turns, so that what the machine does meanwhile meets all of them."""
        left = deque((number, who) for number in range(1, runs + 1) for who in commands)
        total, began = len(left), monotonic()
        while left:
            number, who = left.popleft()
            rest = " ".join(dict.fromkeys(other.key for _, other in left)) or "none"
            self._stage.say(
                f"[{total - len(left)}/{total}, {monotonic() - began:,.0f} s] {who.key} run {number}: {who.title} · still to come: {rest}"
            )
            if who not in self.missing:
                self._once(who, commands[who])

    def _once(self, who: Who, command: list[str]) -> None:
        most = who.most if self._caps and who.most else self._events
        there = self._stage.filled(min(self._events, most))
        environment = self._stage.environment(there.name, there.events, clickhouse=who.clickhouse)
        guards = self._stage.guards(clickhouse=who.clickhouse)
        log = self._stage.folder / f"{who.key}.log"
        try:
            done = run(command, environment, log, guards, timeout_s=120 + there.events / SLOWEST)
        except RunError as error:
            self.missing[who] = f"failed: {error}"
            self._stage.say(f"{who.key} failed: {error}")
        else:
            self._note(who, done, there)
        finally:
            self._stage.tidy(environment)

    def _note(self, who: Who, done: Report, there: Filled) -> None:
        done.input_bytes = there.figures["bytes"]
        self.runs.setdefault(who, []).append(done)
        if differ := differences(done.figures, there.figures):
            self.wrong[who] = differ
        self._stage.say(
            f"    {done.rate:,.0f} events/s, {done.cpu_per_million:.2f} CPU s/M, sums {self.wrong.get(who, 'equal')}"
        )


def differences(found: dict[str, float], wanted: dict[str, float]) -> str:
    """Figures that are not as computed; empty when all are."""
    wrong = [name for name, value in found.items() if not math.isclose(value, wanted[name], rel_tol=1e-9)]
    return ", ".join(f"{name} {found[name]:,} instead of {wanted[name]:,}" for name in wrong)


class Outcome:
    """The tables, written again after every step: a campaign that is cut off leaves what it had."""

    def __init__(self, stage: Stage, options: argparse.Namespace, comparison: Comparison) -> None:
        self._stage, self._options, self._comparison = stage, options, comparison
        self._by_key = {who.key: done for who, done in comparison.runs.items()}
        self.rows = report.contender_rows(comparison.runs, comparison.wrong, comparison.missing)
        self.marks = marks(self._by_key)
        self.broken = [who.key for who, why in comparison.missing.items() if why.startswith("failed")]

    def measure(self, name: str) -> None:
        """One more measurement; what goes wrong in it stands in the table."""
        self._stage.say(f"measuring: {name}")
        try:
            self.marks += MEASURES[name](self._stage, min(1.0, self._options.events / FULL), self._by_key)
        except Exception as error:  # noqa: BLE001 - hours of other figures must not be lost
            self.broken.append(name)
            self.marks.append(report.Row(name, "", f"failed: {error!r}"[:300], None, ""))

    def write(self) -> None:
        """The section of RESULTS.md, where it is asked for."""
        if self._options.write:
            events, runs = self._options.events, self._options.runs
            size = self._stage.filled(events).figures["bytes"] / events
            report.write(report.section(self.rows, self.marks, events, runs, size))

    def show(self) -> None:
        """On the screen."""
        title = f"{self._options.events:,} events, {self._options.runs} run(s)"
        if self.rows:
            console.print(report.screen(title, report.COLUMNS, self.rows, report.SHOWN))
        if self.marks:
            console.print(report.screen("Marks", report.MARK_COLUMNS, self._cells(), range(4)))

    def _cells(self) -> list[tuple[str, ...]]:
        full = self._options.events >= FULL
        return [report.cells(row, judged=full) for row in self.marks]

    @property
    def good(self) -> bool:
        return not (self._comparison.wrong or self.broken)


def main() -> int:
    options = _options()
    wanted = [who for who in ALL if options.only is None or who.key in options.only]
    with Stage(say, options.scratch) as stage:
        comparison = Comparison(stage, options.events, caps=not options.no_caps)
        comparison.all(comparison.prepare(wanted), options.runs)
        outcome = Outcome(stage, options, comparison)
        outcome.write()
        for name in options.measure:
            outcome.measure(name)
            outcome.write()
    outcome.show()
    return 0 if outcome.good else 1


def say(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=_keys({who.key for who in ALL}), help="contenders by letter, or none")
    parser.add_argument("--events", type=int, default=FULL)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--measure", type=_keys(set(MEASURES)), help=f"measurements: {','.join(MEASURES)}, or none")
    parser.add_argument(
        "--no-caps", action="store_true", help="the slowest contenders read the whole topic too (an hour)"
    )
    parser.add_argument("--write", action="store_true", help="write RESULTS.md though it is no full run")
    parser.add_argument("--scratch", type=Path, default=None, help="where the temporary folder is made (about 5 GB)")
    options = parser.parse_args()
    full = options.only is None and options.measure is None
    options.measure = list(MEASURES) if full else options.measure or []
    options.write |= full and options.events >= FULL
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

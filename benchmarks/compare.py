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
from benchmarks.runner import Report, RunError, run
from benchmarks.stage import Filled, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

FULL = 1_000_000
SLOWEST = 400
"""Events per second below which a contender is given up."""
console = Console()


class Comparison:
    """Runs and their outcome so far."""

    def __init__(self, stage: Stage, events: int) -> None:
        self._stage, self._events = stage, events
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
        there = self._stage.filled(min(self._events, who.most or self._events))
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


def main() -> int:
    options = _options()
    wanted = [who for who in ALL if not options.only or who.key in options.only]
    with Stage(console.print, options.scratch) as stage:
        comparison = Comparison(stage, options.events)
        comparison.all(comparison.prepare(wanted), options.runs)
        rows = report.contender_rows(comparison.runs, comparison.wrong, comparison.missing)
        by_key = {who.key: done for who, done in comparison.runs.items()}
        measured = marks(by_key)
        for name in options.measure:
            stage.say(f"measuring: {name}")
            measured += MEASURES[name](stage, min(1.0, options.events / FULL), by_key)
        size = stage.filled(options.events).figures["bytes"] / options.events if comparison.runs else 0
    console.print(
        report.screen(f"{options.events:,} events, {options.runs} run(s)", report.COLUMNS, rows, report.SHOWN)
    )
    console.print(report.screen("Marks", report.MARK_COLUMNS, map(report.cells, measured), range(4)))
    if options.write:
        report.write(report.section(rows, measured, options.events, options.runs, size))
        console.print(f"written: {report.RESULTS}")
    failed = [who.key for who, why in comparison.missing.items() if why.startswith("failed")]
    return 1 if comparison.wrong or failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=_keys({who.key for who in ALL}), default=[], help="contenders, by letter")
    parser.add_argument("--events", type=int, default=FULL)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--measure", type=_keys(set(MEASURES)), help=f"measurements: {','.join(MEASURES)}, or none")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md though it is no full run")
    parser.add_argument("--scratch", type=Path, default=None, help="where the temporary folder is made (about 5 GB)")
    options = parser.parse_args()
    full = not options.only and options.measure is None
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

"""One campaign: which steps are left, how long they take, and what each came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from time import monotonic
from typing import TYPE_CHECKING

from benchmarks.campaign import Campaign, stamp_of, stamp_of_measure
from benchmarks.environments import MissingError
from benchmarks.measures import MEASURES
from benchmarks.report import FULL, Row
from benchmarks.runner import Report, RunError, differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.contenders import Who
    from benchmarks.stage import Filled, Stage

SLOWEST = 200
"""Events per second below which a contender is given up."""
FILLED_PER_S = 40_000
"""Events per second that a topic is filled with, about."""
STARTING_S = 15.0


@dataclass(frozen=True)
class Step:
    """A run of a contender, or a measurement. `seconds`: about how long it takes."""

    title: str
    key: str
    seconds: float
    work: Callable[[], None]


class Comparison:
    """Runs and measurements, and their outcome so far."""

    def __init__(
        self, stage: Stage, events: int, runs: int = 1, campaign: Campaign | None = None, *, caps: bool = True
    ) -> None:
        self._stage, self._events, self._times, self._caps = stage, events, runs, caps
        self.campaign = campaign or Campaign()
        self.runs: dict[Who, list[Report]] = {}
        self.wrong: dict[Who, str] = {}
        self.missing: dict[Who, str] = {}
        self.measured: list[Row] = []
        self.left = 0
        """Steps that are still to come."""
        self._broken: list[str] = []

    @property
    def by_key(self) -> dict[str, list[Report]]:
        return {who.key: reports for who, reports in self.runs.items()}

    @property
    def good(self) -> bool:
        return not (self.wrong or self._broken)

    def all(
        self, wanted: Sequence[Who], measures: Sequence[str] = (), after_each: Callable[[], None] = lambda: None
    ) -> None:
        """Every step that is not done yet. The runs of all contenders take turns, so that what the machine does meanwhile meets all of them."""
        commands = self._prepare(wanted)
        steps = [*self._run_steps(commands), *self._measure_steps(measures)]
        self.left = len(steps)
        watch = Watch(steps, self._events / FILLED_PER_S + STARTING_S)
        self._stage.say(f"{len(steps)} steps to do, {watch.left(0)}")
        for number, step in enumerate(steps):
            self._stage.say(f"[{number + 1}/{len(steps)}, {watch.left(number)}] {step.title}")
            step.work()
            self.left -= 1
            after_each()

    def _prepare(self, wanted: Iterable[Who]) -> dict[Who, list[str]]:
        """The command of each contender that this machine can run."""
        commands = {}
        for who in wanted:
            try:
                commands[who] = who.command(self._stage.say)
            except MissingError as error:
                self.missing[who] = str(error)
                self._stage.say(f"{who.key} is left out: {error}")
        return commands

    def _run_steps(self, commands: dict[Who, list[str]]) -> list[Step]:
        done = {who: len(self._known(who)) for who in commands}
        return [
            Step(
                f"{who.key} run {number}: {who.title}",
                who.key,
                who.seconds(self._size(who)),
                lambda who=who: self._once(who, commands[who]),
            )
            for number in range(1, self._times + 1)
            for who in commands
            if done[who] < number <= (who.times(self._times) if self._caps else self._times)
        ]

    def _measure_steps(self, names: Iterable[str]) -> list[Step]:
        steps = []
        for name in names:
            known = self.campaign.rows(name, stamp_of_measure(name, self._part))
            if known is None:
                seconds = MEASURES[name].seconds * self._part + 5
                steps.append(Step(f"measuring: {name}", name, seconds, lambda name=name: self._measure(name)))
            else:
                self.measured += known
        return steps

    @property
    def _part(self) -> float:
        return min(1.0, self._events / FULL)

    def _known(self, who: Who) -> list[Report]:
        known = self.campaign.reports(who, stamp_of(who, self._size(who)))
        if known:
            self.runs[who] = known
        return known

    def _size(self, who: Who) -> int:
        return who.events(self._events) if self._caps else self._events

    def _once(self, who: Who, command: list[str]) -> None:
        if who in self.missing:
            return
        there = self._stage.filled(self._size(who))
        began = monotonic()
        try:
            done = self._stage.run_on(there, command, who.key, clickhouse=who.clickhouse, slowest=SLOWEST)
        except RunError as error:
            self.missing[who] = f"failed: {error}"
            self._broken.append(who.key)
            self._stage.say(f"{who.key} failed: {error}")
        else:
            self._note(who, done, there, monotonic() - began)

    def _note(self, who: Who, done: Report, there: Filled, took: float) -> None:
        done.events, done.input_bytes = there.events, there.figures["bytes"]
        self.runs.setdefault(who, []).append(done)
        if differ := differences(done.figures, there.figures):
            self.wrong[who] = differ
        else:
            self.campaign.add(who.key, stamp_of(who, there.events), took, asdict(done))
        sums = self.wrong.get(who, "equal")
        self._stage.say(f"    {done.rate:,.0f} events/s, {done.cpu_per_million:.2f} CPU s/M, sums {sums}, {took:.0f} s")

    def _measure(self, name: str) -> None:
        """One more measurement; what goes wrong in it stands in the table."""
        began = monotonic()
        try:
            rows = MEASURES[name].rows(self._stage, self._part, self.by_key)
        except Exception as error:  # noqa: BLE001 - an hour of other figures must not be lost
            self._broken.append(name)
            self.measured.append(Row(name, "", f"failed: {error!r}"[:300], "", ""))
            self._stage.say(f"{name} failed: {error!r}")
            return
        took = monotonic() - began
        self.measured += rows
        self.campaign.add(name, stamp_of_measure(name, self._part), took, [asdict(row) for row in rows])
        for row in rows:
            self._stage.say(f"    {row.what}: {row.measured} {row.verdict}")
        self._stage.say(f"    {took:.0f} s")


class Watch:
    """How long the steps that are left may take: as expected, times what those before took compared with what was expected of them."""

    def __init__(self, steps: Sequence[Step], beside: float) -> None:
        self._seconds = [step.seconds for step in steps]
        self._beside = beside
        self._began = monotonic()

    def left(self, done: int) -> str:
        """Before step number `done`, counted from 0."""
        elapsed = monotonic() - self._began
        expected = self._beside + sum(self._seconds[:done])
        rest = sum(self._seconds[done:]) + (0 if done else self._beside)
        slower = max(0.5, elapsed / expected) if done else 1.0
        return f"{elapsed / 60:.0f} min so far, about {rest * slower / 60:.0f} min left"

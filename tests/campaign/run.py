"""One campaign from the first record to the last comparison."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from campaign.acts import Acts
from campaign.answer import Answer, sent_differences, settle
from campaign.crew import Crew
from campaign.feed import Feed, cascades
from campaign.plan import Fault, draw
from campaign.world import World
from pipeline.kafka import ensure_topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.journal import Journal


@dataclass(frozen=True, slots=True)
class Options:
    """What is run."""

    seed: int
    faults: int
    contents: int
    folder: Path
    """Data of broker and engine, logs of the workers. Empty at the start."""
    data: Path | None = None
    minutes: float = 1e9
    look_every: int = 50
    """Faults between two comparisons on the way."""


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    faults: Counter[str] = field(default_factory=Counter)
    rows: dict[str, int] = field(default_factory=dict)
    records: int = 0
    findings: list[str] = field(default_factory=list)


class Campaign:
    """Brings everything up, does the faults, compares."""

    def __init__(self, options: Options, journal: Journal) -> None:
        self._options, self._journal = options, journal
        self._rng = Random(options.seed)
        shares = cascades(Random(options.seed), options.data, options.contents)
        self._now_us = time.time_ns() // 1000
        self._outcome = Outcome()
        self._world = World(options.folder, Random(options.seed + 1), len(shares))
        self._feed = Feed(shares, self._world.direct, Random(options.seed + 2), 8 * options.faults)
        self._answer = Answer(self._world.direct)
        self._running: set[asyncio.Task[None]] = set()
        journal.note(
            "campaign", records=len(shares), cascades="real" if options.data else "generated", **asdict(options)
        )

    async def run(self) -> Outcome:
        """Everything. Findings are in the outcome and in the journal."""
        await self._world.open()
        try:
            await ensure_topics(self._world.direct)
            self._crew = Crew(self._world.settings, self._options.folder, self._journal)
            self._acts = Acts(self._world, self._crew, self._feed, Random(self._options.seed + 3))
            await self._faults()
            await self._epilogue()
        finally:
            with contextlib.suppress(Exception):
                await self._feed.close()
            await self._crew.stop()
            await self._world.close()
        self._outcome.findings = self._journal.findings
        return self._outcome

    async def _faults(self) -> None:
        self._crew.join()
        with self._in_background():
            for fault in draw(self._rng, self._options.faults):
                if self._journal.seconds > self._options.minutes * 60:
                    break
                self._feed.allow(fault.number / self._options.faults)
                await self._one(fault)
                if fault.number % self._options.look_every == 0 and fault.number < self._options.faults:
                    await self._look(f"after {fault.number} faults")
            await self._feed.rest()
            await self._look("after all faults")

    @contextlib.contextmanager
    def _in_background(self) -> Iterator[None]:
        tasks = [asyncio.create_task(self._feed.run()), asyncio.create_task(self._crew.keep())]
        for task in tasks:
            task.add_done_callback(self._report)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()

    def _report(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception():
            self._journal.find(f"the campaign itself failed: {task.exception()!r}")

    async def _one(self, fault: Fault) -> None:
        await asyncio.sleep(fault.pause_s)
        task = asyncio.create_task(self._do(fault))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        if not fault.overlaps:
            await task

    async def _do(self, fault: Fault) -> None:
        began = self._journal.seconds
        try:
            met = await self._acts.do(fault)
        except Exception as error:  # noqa: BLE001 - one fault that cannot be done ends no campaign, but is told
            self._journal.find(f"fault {fault.number} ({fault.kind}) could not be done: {error!r}")
            return
        self._outcome.faults[f"{fault.kind} {fault.point}".strip()] += 1
        took = round(self._journal.seconds - began, 2)
        self._journal.note("fault", took_s=took, met=met, **asdict(fault))
        self._journal.say(f"[{fault.number}/{self._options.faults}] {fault.kind} {fault.point}: {met}")

    async def _look(self, when: str) -> None:
        """Let everything recover, and compare."""
        if self._running:
            await asyncio.wait(set(self._running))
        began = self._journal.seconds
        if not self._crew.wanted:
            self._crew.join()
        if not await settle(self._answer, self._journal.say):
            self._journal.find(f"{when}: nothing moves", lag=await self._answer.lag(), workers=self._states())
            return
        settled = self._journal.seconds
        await self._answer.read_on()
        rows, differences = await asyncio.to_thread(self._answer.differences)
        self._told(when, rows, differences, recovered_s=round(settled - began, 1))

    def _told(self, when: str, rows: dict[str, int], differences: list[str], **more: Any) -> None:
        self._outcome.rows, self._outcome.records = rows, self._answer.records
        self._journal.note(
            "compared", when=when, rows=rows, differences=differences, records=self._answer.records, **more
        )
        self._journal.say(f"{when}: {sum(rows.values())} rows compared, {len(differences)} tables differ {more}")
        for text in differences:
            self._journal.find(f"{when}: {text}")

    def _states(self) -> dict[str, object]:
        return {slot.name: slot.worker.parts() for slot in self._crew.slots if slot.worker and slot.alive}

    async def _epilogue(self) -> None:
        """Every content is touched once more, by a worker with local files and by one with the changelog alone."""
        await self._crew.stop()
        for name in ("local files", "the changelog alone"):
            if name == "the changelog alone":
                self._world.disk.clear()
            with self._in_background():
                self._crew.join()
                await self._feed.touch(name)
                await self._look(f"restored from {name}")
            await self._crew.stop()
        texts = sent_differences(self._answer, self._feed)
        texts += await asyncio.to_thread(self._answer.window_differences, self._now_us)
        self._told("what was sent, and the windows at one time", self._outcome.rows, texts)

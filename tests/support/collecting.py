"""Collectors under test: one source in this process with a sender that remembers, or the whole command as a process to be killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from support.doors import NOW_S, FakeSender
from support.ingest_process import IngestProcess

from pipeline.clock import FixedClock
from pipeline.config import Settings
from pipeline.ingest.collect import collector as collectors
from pipeline.ingest.collect.collector import Collector, Surroundings
from pipeline.ingest.collect.kinds import KINDS
from pipeline.ingest.collect.options import load
from pipeline.ingest.collect.seam import Tools
from pipeline.ingest.posts import Posts
from pipeline.metrics import Metric, Metrics
from pipeline.status import Status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from pipeline.ingest.collect.options import Kind

PATIENCE_S = 30.0


class Collecting:
    """A source that runs."""

    def __init__(
        self,
        reading: asyncio.Task[None],
        delivering: asyncio.Task[None],
        sender: FakeSender,
        around: Surroundings,
        name: str,
    ) -> None:
        self.reading, self.delivering = reading, delivering
        self.sender, self.around, self.name = sender, around, name

    @property
    def events(self) -> list[dict[str, Any]]:
        return self.sender.events

    @property
    def undos(self) -> list[dict[str, Any]]:
        return [json.loads(entry.value) for entry in self.sender.on("share.undo")]

    @property
    def letters(self) -> list[tuple[str, bytes]]:
        return self.sender.letters

    @property
    def position(self) -> dict[str, Any] | None:
        """The one that was stored last."""
        stored = self.sender.on("share.positions")
        return json.loads(stored[-1].value)["position"] if stored else None

    def counted(self, metric: Metric, *labels: object) -> float:
        return self.around.metrics.value(metric, self.name, *labels)

    @property
    def told(self) -> str:
        """What /readyz says of the source."""
        return self.around.status.parts()[self.name].detail

    @property
    def is_ready(self) -> bool:
        return self.around.status.is_ok(self.name)

    async def until(self, condition: Callable[[], object]) -> None:
        await until(condition)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - conditions of many kinds
            await asyncio.sleep(0.01)


@asynccontextmanager
async def collecting(
    name: str,
    options: Mapping[str, object] | None = None,
    position: Mapping[str, object] | None = None,
    sender: FakeSender | None = None,
    clock: FixedClock | None = None,
    kinds: Mapping[str, Kind] = KINDS,
    posts: Posts | None = None,
    **settings: object,
) -> AsyncIterator[Collecting]:
    """The source runs until the block is left; then what was read is delivered and the last position stored."""
    told = {} if options is None else {name: dict(options)}
    made = Settings(collect=json.dumps(told), **settings)
    (configured,) = load(made, kinds, [name])
    metrics, clock, sender = Metrics(), clock or FixedClock((NOW_S + 3600) * 1_000_000), sender or FakeSender()
    around = Surroundings(made, sender, clock, metrics, Status(metrics, (name,)), posts or Posts())
    async with aiohttp.ClientSession() as session:
        source = configured.make(Tools(session, clock, metrics))
        collector = Collector(source, configured.kind_name, position, around)
        reading, delivering = asyncio.create_task(collector.read()), asyncio.create_task(collector.deliver())
        try:
            yield Collecting(reading, delivering, sender, around, name)
            assert not reading.done(), reading.result()
            assert not delivering.done(), delivering.result()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            collector.stop_reading()
            await asyncio.wait_for(delivering, PATIENCE_S)


class CollectProcess(IngestProcess):
    """`cascades collect`; with `strike`, one that kills itself when it is about to store a position for the nth time."""

    def __init__(self, settings: Settings, *names: str, strike: int = 0) -> None:
        super().__init__(settings)
        self._environment["PYTHONPATH"] = str(Path(__file__).parents[1])
        struck = ("-m", "support.collecting", str(strike))
        self.command = (*(struck if strike else ("-m", "pipeline.cli")), "collect", *names)


def _strike(nth: int) -> None:
    """What comes between the acknowledgement of records and the position that covers them: nothing, the nth time."""
    left = [nth]
    stored = collectors.positions.entry

    def entry(*facts: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return stored(*facts)

    collectors.positions.entry = entry


if __name__ == "__main__":
    from pipeline.cli import main

    _strike(int(sys.argv.pop(1)))
    main()

"""`cascades infer`: the process that adds guessed parents to the events topic."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

from aiokafka.errors import KafkaError

from pipeline.backoff import Backoff
from pipeline.errors import UnavailableError
from pipeline.health import HealthServer
from pipeline.ingest import records
from pipeline.ingest.http.sender import KafkaSender
from pipeline.ingest.inference import plan
from pipeline.ingest.inference.reader import Place, Reader
from pipeline.ingest.inference.sharers import Sharers
from pipeline.ingest.inference.step import Step
from pipeline.kafka import ensure_topics, partition_for
from pipeline.logs import set_up_logging
from pipeline.metrics import Metric, Metrics
from pipeline.status import Status
from pipeline.stopping import sleep_unless, stop_on_signals
from schemas.check import check
from schemas.dead_letter import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.config import Settings
    from pipeline.ingest.inference.reader import Batch
    from pipeline.ingest.inference.step import Inferred

log = logging.getLogger("cascades.infer")

PARTS: Final = ("kafka", "infer")
"""kafka: takes and gives records; infer: started, and not stopping."""
TICK_S: Final = 1.0
CONNECT_POLL_S: Final = 0.1
MOST_PAUSE_S: Final = 15.0


def run_infer(settings: Settings) -> int:
    """Infer until SIGINT or SIGTERM; 0 then. Raises UsageError when the plan does not work.

    Guarantee: at least once. A copy that is made again, after a kill or by a second process, is the same byte by byte and changes no figure but the
    count of duplicates.
    """
    set_up_logging()
    return asyncio.run(Infer(settings).run())


class Infer:
    """The process: connections that are made anew when they break. Raises UsageError when the plan does not work."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._plan = settings, plan.of_settings(settings)
        self._metrics = Metrics()
        self.status = Status(self._metrics, PARTS)

    async def run(self) -> int:
        """Until a signal."""
        stop = stop_on_signals()
        health = HealthServer(self.status, self._metrics, self._settings.host, self._settings.metrics_port)
        health.start()
        ticking = asyncio.create_task(self._tick())
        try:
            await self.work(stop)
        finally:
            self.status.set("infer", ok=False, detail="stopping")
            ticking.cancel()
            await asyncio.to_thread(health.stop)
        return 0

    async def work(self, stop: asyncio.Event) -> None:
        """Infer until `stop`."""
        pause = Backoff(most=MOST_PAUSE_S)
        while not stop.is_set():
            try:
                await self._life(stop, pause)
            except (KafkaError, UnavailableError) as error:
                log.warning("waiting: %s", error)
                self.status.set("kafka", ok=False, detail=str(error))
                await sleep_unless(stop, pause.next())

    async def _life(self, stop: asyncio.Event, pause: Backoff) -> None:
        """One life of the connections. What is remembered is read again with them."""
        await ensure_topics(self._settings)
        async with AsyncExitStack() as undo:
            sender = KafkaSender(self._settings)
            undo.push_async_callback(sender.stop)
            await sender.start()
            while sender.problem and not stop.is_set():
                self.status.set("kafka", ok=False, detail=sender.problem)
                await sleep_unless(stop, CONNECT_POLL_S)
            reader = await undo.enter_async_context(Reader(self._settings))
            steps = [self._step() for _ in range(self._settings.partitions)]
            self.status.set("infer", ok=True, detail=f"guesses parents on {', '.join(self._plan)}")
            while not stop.is_set():
                batch = await reader.batch()
                made = list(self._made(batch, steps, reader))
                if made:
                    await sender.send([records.of_event(self._settings, one.event) for one in made])
                await reader.commit(_places(batch, reader))
                self._count(made)
                self.status.set("kafka", ok=True, detail="takes and gives records")
                pause.reset()

    def _step(self) -> Step:
        window_ms = int(self._settings.infer_window_hours * 3_600_000)
        return Step(self._plan, Sharers(window_ms, self._settings.infer_contents))

    def _made(self, batch: Batch, steps: list[Step], reader: Reader) -> Iterator[Inferred]:
        for number, found in batch.items():
            left = reader.left.get(number)
            for record in found:
                again = left is not None and record.offset < left.offset
                if (made := self._taken(number, record, steps[number], again=again)) is not None:
                    yield made

    def _taken(self, number: int, record: Any, step: Step, *, again: bool) -> Inferred | None:
        """What comes of a record. The worker makes the dead letter of one that is refused, and puts one that is misplaced where it belongs."""
        try:
            event = check(record.value, record.timestamp)
        except RefusedError:
            return None
        if partition_for(event.content_id.encode(), self._settings.partitions) != number:
            return None
        if again:
            step.remember(event, record.timestamp)
            return None
        return step.take(event, record.timestamp)

    def _count(self, made: list[Inferred]) -> None:
        for one in made:
            self._metrics.add(Metric.INFERRED, 1, one.event.platform, one.method)

    async def _tick(self) -> None:
        while True:
            self.status.tick()
            await asyncio.sleep(TICK_S)


def _places(batch: Batch, reader: Reader) -> dict[int, Place]:
    """How far the batch goes beyond what was dealt with before."""
    lasts = {number: found[-1] for number, found in batch.items() if found}
    return {
        number: Place(last.offset + 1, last.timestamp)
        for number, last in lasts.items()
        if number not in reader.left or last.offset >= reader.left[number].offset
    }

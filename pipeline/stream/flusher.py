"""Steps 4 to 7 of the cycle: about once a second, freeze what changed, write it to ClickHouse in a thread, keep it in the changelog,
acknowledge the ranges. Folding goes on meanwhile.

What happens at each crash point:

| killed                                    | on disk                           | at restart                                            |
|-------------------------------------------|-----------------------------------|-------------------------------------------------------|
| before the freeze, or before the write    | nothing of the ranges             | the ranges are read and folded again                  |
| during the write                          | some tables have the rows, some not | read again; the same rows under the same versions     |
| after ClickHouse's answer                 | all rows                          | read again; every row replaces its equal              |
| while the changelog is written            | all rows                          | see `pipeline.stream.journal`                         |
| after that, before the commit of offsets  | all rows and the state            | read again, and skipped                               |
| after the commit of offsets               | rows, state and offsets           | nothing is read again                                 |
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from pipeline.backoff import Backoff
from pipeline.errors import SinkError, SinkRowError, SinkSchemaError, SinkTransientError
from pipeline.metrics import Metric, Metrics
from schemas.rows import Blocks

if TYPE_CHECKING:
    from pipeline.sinks.base import Sink
    from pipeline.status import Status
    from pipeline.stream.batch import Range
    from pipeline.stream.keeper import Frozen

log = logging.getLogger("cascades.flush")

Freeze = Callable[[Blocks], Sequence["Frozen"]]
"""Appends the rows of everything that changed, over all partitions, at one point between two ranges, and returns what the changelogs get."""
Keep = Callable[[Sequence["Frozen"]], Awaitable[None]]
"""Writes that to the changelogs; returns when it outlives this process."""
InThread = Callable[[Callable[[Blocks], None], Blocks], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]
Rescue = Callable[[Blocks, SinkRowError], Awaitable[None]]
"""Takes out of the block what ClickHouse refuses; raises what it cannot cure. See `pipeline.stream.salvage`."""

SILENT_S = 10.0
"""A write that takes longer makes the worker unready: ClickHouse hangs, or is far too slow."""
_CLASS = {SinkTransientError: "transient", SinkRowError: "row", SinkSchemaError: "schema"}


class Flusher:
    """Rows and ranges on their way to ClickHouse. At most `max_rows` rows (about) wait while one block is written; `room` holds back the rest.

    The freeze takes in every range folded before it, so what is acknowledged together was written together. A block that ClickHouse cannot
    take now is tried again as it is, for ever; folding goes on meanwhile until `room` stops it.
    """

    def __init__(
        self,
        sink: Sink,
        freeze: Freeze,
        keep: Keep,
        status: Status,
        metrics: Metrics,
        *,
        interval_s: float,
        max_rows: int,
        rescue: Rescue | None = None,
        in_thread: InThread = asyncio.to_thread,
        sleep: Sleep = asyncio.sleep,
        backoff: Backoff | None = None,
    ) -> None:
        self._sink = sink
        self._freeze = freeze
        self._keep = keep
        self._status = status
        self._metrics = metrics
        self._interval_s = interval_s
        self._max_rows = max_rows
        self._rescue = rescue or _give_up
        self._in_thread = in_thread
        self._sleep = sleep
        self._backoff = backoff or Backoff()
        self._ranges: list[Range] = []
        self._rows = 0
        self._work, self._hurry, self._space, self._idle = (asyncio.Event() for _ in range(4))
        self._space.set()
        self._idle.set()
        self.sent = asyncio.Event()
        """Clear while a folded range still sends records to Kafka: no freeze may take it in, or the changelog would skip what was never sent."""
        self.sent.set()

    def add(self, folded: Range, rows: int) -> None:
        """A range was folded, and everything that it sends to Kafka is there: acknowledge it after the next write.

        `rows`: about how many rows it makes.
        """
        self._ranges.append(folded)
        self._rows += rows
        self._metrics.set(Metric.ROWS_WAITING, self._rows)
        self._idle.clear()
        self._work.set()
        if self._rows >= self._max_rows:
            self._space.clear()
            self._hurry.set()

    def nudge(self) -> None:
        """There are rows that no range waits for: write them with the next ones."""
        self._idle.clear()
        self._work.set()

    def hurry(self) -> None:
        """Write what there is now, not after the interval."""
        self.nudge()
        self._hurry.set()

    async def room(self) -> None:
        """Wait while too many rows wait. Bounds memory while ClickHouse is slow or away."""
        await self._space.wait()

    async def run(self) -> None:
        """Flush for ever. Raises SinkSchemaError, and the SinkRowError that `rescue` cannot cure: nothing may be skipped. FencedError too."""
        due = 0.0
        loop = asyncio.get_running_loop()
        while True:
            await self._work.wait()
            await self._until(due - loop.time())
            due = loop.time() + self._interval_s
            await self._flush()

    async def settle(self) -> None:
        """Flush now, and wait until everything that was folded is kept, however long ClickHouse is away."""
        if not self._idle.is_set():
            self._hurry.set()
            await self._idle.wait()

    async def drain(self, deadline_s: float) -> bool:
        """Flush now, and wait until everything is acknowledged or the deadline passes. Tells which."""
        self._hurry.set()
        try:
            await asyncio.wait_for(self._idle.wait(), deadline_s)
        except TimeoutError:
            return False
        finally:
            self._hurry.clear()
        return True

    async def _until(self, seconds: float) -> None:
        if seconds > 0:
            try:
                await asyncio.wait_for(self._hurry.wait(), seconds)
            except TimeoutError:
                return

    async def _flush(self) -> None:
        await self.sent.wait()
        ranges, self._ranges = self._ranges, []
        self._work.clear()
        blocks = Blocks()
        with self._metrics.timed(Metric.STAGE_SECONDS, "freeze"):
            frozen = self._freeze(blocks)
        self._make_space()
        if blocks:
            await self._write(blocks)
        if frozen:
            with self._metrics.timed(Metric.STAGE_SECONDS, "keep"):
                await self._keep(frozen)
        for written in ranges:
            written.acknowledge()
        if not self._work.is_set():  # rows that no range waits for may have come meanwhile
            self._idle.set()

    def _make_space(self) -> None:
        self._rows = 0
        self._metrics.set(Metric.ROWS_WAITING, 0)
        self._hurry.clear()
        self._space.set()

    async def _write(self, blocks: Blocks) -> None:
        """Return when ClickHouse has acknowledged every row of the block."""
        start = perf_counter()
        failed = False
        while not await self._try(blocks):
            failed = True
        if failed:
            log.info("ClickHouse takes rows again, after %.0f s", perf_counter() - start)
        self._backoff.reset()
        self._status.set("clickhouse", ok=True, detail=f"took {blocks.row_count} rows")
        self._metrics.observe(Metric.STAGE_SECONDS, perf_counter() - start, "write")
        for table, block in blocks.items():
            self._metrics.add(Metric.ROWS_WRITTEN, len(block), table)

    async def _try(self, blocks: Blocks) -> bool:
        try:
            return await self._store(blocks)
        except SinkTransientError as error:
            self._count(error)
            await self._wait(error)
            return False
        except SinkError as error:
            self._count(error)
            raise

    async def _store(self, blocks: Blocks) -> bool:
        """False when the block had to be changed: write it again."""
        notice = asyncio.get_running_loop().call_later(SILENT_S, self._tell_silence)
        try:
            await self._in_thread(self._sink.write, blocks)
        except SinkRowError as error:
            await self._rescue(blocks, error)
            self._count(error)
            return False
        finally:
            notice.cancel()
        return True

    def _tell_silence(self) -> None:
        detail = f"has not answered for {SILENT_S:.0f} s: the rows wait, and reading pauses when too many do"
        self._status.set("clickhouse", ok=False, detail=detail)

    def _count(self, error: SinkError) -> None:
        self._metrics.add(Metric.SINK_ERRORS, 1, _CLASS.get(type(error), "other"))

    async def _wait(self, error: SinkTransientError) -> None:
        seconds = self._backoff.next()
        self._status.set("clickhouse", ok=False, detail=f"does not take rows, trying for ever: {error}")
        log.warning("ClickHouse does not take rows (%s); trying again in %.1f s", error, seconds)
        await self._sleep(seconds)


async def _give_up(_: Blocks, error: SinkRowError) -> None:
    raise error

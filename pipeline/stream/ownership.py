"""Which partitions this worker owns, and their states: what happens when Kafka gives and takes them.

Kafka takes every partition away before it gives the new set (the eager protocol), so states are kept until it is known which ones do not come
back. A state that comes back is right as far as it goes: it is a function of the log, and the committed offset tells what to add.

| killed or paused                        | effect                                                                                    |
|-----------------------------------------|-------------------------------------------------------------------------------------------|
| while partitions are taken              | what was not committed is read again by the next owner                                    |
| before the state has caught up          | nothing was consumed: the next owner starts from the same committed offset                |
| paused for minutes, then awake          | its writes carry versions at or below the new owner's, so they change nothing; its commits are refused |
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from pipeline.metrics import Metric, Metrics
from pipeline.stream.partition import PartitionState

if TYPE_CHECKING:
    from pipeline.stream.status import Status
    from schemas.rows import Blocks

log = logging.getLogger("cascades.partitions")

AT_ONCE = 2
"""Partitions that are rebuilt side by side: one folds while the other fetches. More would only make all of them ready later."""

CatchUp = Callable[[PartitionState, int, Callable[[int, int], None]], Awaitable[None]]


class Reader(Protocol):
    """The part of the transport's consumer that is needed here."""

    def release(self, partition: int) -> None:
        """Begin to read a partition."""
        ...


class Ownership:
    """The states by partition. Used on the event loop only."""

    def __init__(
        self,
        new_state: Callable[[int], PartitionState],
        catch_up: CatchUp,
        drain: Callable[[], Awaitable[bool]],
        fail: Callable[[BaseException], None],
        status: Status,
        metrics: Metrics,
    ) -> None:
        self.states: dict[int, PartitionState] = {}
        self._new_state = new_state
        self._catch_up = catch_up
        self._drain = drain
        self._fail = fail
        self._status = status
        self._metrics = metrics
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._remaining: dict[int, int] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def taken(self) -> None:
        """Kafka takes all partitions: stop rebuilding, and give what is folded a bounded time to be written."""
        self._metrics.add(Metric.REBALANCES)
        self._status.set("group", ok=False, detail="partitions are being shared out anew")
        await self._cancel_all()
        if not await self._drain():
            log.warning("not everything was written before the partitions were taken; the next owner reads it again")

    def given(self, positions: Mapping[int, int], reader: Reader) -> None:
        """Partitions are ours from their committed offsets on. Each is released to `reader` once its state has caught up."""
        for partition in self.states.keys() - positions.keys():
            self._give_up(partition)
        for partition, position in positions.items():
            self._prepare(partition, position, reader)
        log.info(
            "partitions %s are ours; %d records to be read before they start",
            sorted(positions),
            sum(self._remaining.values()),
        )
        self._status.set("group", ok=True, detail=f"partitions {sorted(positions)}")
        self._tell()

    async def stop(self) -> None:
        """Cancel what is being rebuilt."""
        await self._cancel_all()

    def freeze(self, out: Blocks) -> None:
        """Rows of everything that changed in all partitions."""
        for state in self.states.values():
            state.freeze(out)
            self._metrics.set(Metric.CONTENTS, len(state), state.partition)
            self._metrics.set(Metric.NODES, state.nodes, state.partition)
        self._tell()

    def _prepare(self, partition: int, position: int, reader: Reader) -> None:
        state = self.states.get(partition)
        if state is None:
            state = self.states[partition] = self._new_state(partition)
        task = self._tasks.pop(partition, None)
        if task:
            task.cancel()
        if state.next_offset >= position:
            self._ready(partition, reader)
            return
        self._remaining[partition] = position - state.next_offset
        self._tasks[partition] = asyncio.create_task(self._rebuild(state, position, reader, after=task))

    async def _rebuild(
        self, state: PartitionState, position: int, reader: Reader, after: asyncio.Task[None] | None
    ) -> None:
        try:
            if after:
                await asyncio.wait([after])
            async with self._slots:
                await self._catch_up(state, position, self._progress)
            self._ready(state.partition, reader)
        except Exception as error:  # noqa: BLE001 - whatever it is, a partition without its state must not be read
            self._fail(error)

    def _ready(self, partition: int, reader: Reader) -> None:
        self._progress(partition, 0)
        self._tasks.pop(partition, None)
        reader.release(partition)

    def _progress(self, partition: int, remaining: int) -> None:
        self._metrics.set(Metric.REBUILD_RECORDS, remaining, partition)
        if remaining:
            self._remaining[partition] = remaining
        elif self._remaining.pop(partition, None) is not None and not self._remaining:
            log.info("state rebuilt: %d contents, %d spreads", *self._sizes())
        self._tell()

    def _sizes(self) -> tuple[int, int]:
        return sum(map(len, self.states.values())), sum(state.nodes for state in self.states.values())

    def _tell(self) -> None:
        if self._remaining:
            detail = f"{sum(self._remaining.values())} records of partitions {sorted(self._remaining)} to be read before they start"
            self._status.set("state", ok=False, detail=detail)
        else:
            contents, nodes = self._sizes()
            self._status.set("state", ok=True, detail=f"{contents} contents, {nodes} spreads")

    def _give_up(self, partition: int) -> None:
        del self.states[partition]
        self._remaining.pop(partition, None)
        for metric in (
            Metric.CONTENTS,
            Metric.NODES,
            Metric.REBUILD_RECORDS,
            Metric.LAG_RECORDS,
            Metric.COMMITTED_OFFSET,
        ):
            self._metrics.forget(metric, partition)

    async def _cancel_all(self) -> None:
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

"""Which partitions this worker owns, and their states: what happens when Kafka gives and takes them.

Kafka takes every partition away before it gives the new set (the eager protocol), so states are kept until it is known which ones do not come
back. A state that comes back is used again when everything of it was kept and nobody else wrote its changelog meanwhile; else it is loaded anew.

| killed or paused                        | effect                                                                                    |
|-----------------------------------------|-------------------------------------------------------------------------------------------|
| while partitions are taken              | what was not committed is read again by the next owner                                    |
| before the state has caught up          | nothing was consumed: the next owner starts from the same committed offset                |
| paused for minutes, then awake          | its rows carry versions at or below the new owner's, so they change nothing; its changelog transaction and its commits are refused |
"""

from __future__ import annotations

import asyncio
import logging
from math import inf
from typing import TYPE_CHECKING, Protocol

from pipeline.metrics import Metric, Metrics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from pipeline.status import Status
    from pipeline.stream.keeper import Frozen
    from pipeline.stream.partition import PartitionState
    from schemas.rows import Blocks

log = logging.getLogger("cascades.partitions")

CANCEL_AGAIN_S = 0.5
"""A restore that goes on although it was cancelled is cancelled again: Kafka's client swallows a cancellation now and then."""
AT_ONCE = 2
"""Partitions that are rebuilt side by side: one folds while the other fetches. More would only make all of them ready later."""


class Durable(Protocol):
    """The part of `pipeline.stream.keeper.Keeper` that is needed here."""

    async def restore(
        self, partition: int, state: PartitionState | None, until: int, progress: Callable[[int, int], None]
    ) -> PartitionState:
        """The state up to the committed offset, or beyond."""
        ...

    def suspend(self) -> None:
        """Keep nothing more of what was frozen."""
        ...

    async def forget(self, partition: int) -> None:
        """The partition is somebody else's."""
        ...

    async def close(self) -> None:
        """Let go of everything."""
        ...

    def freeze(self, state: PartitionState) -> Frozen | None:
        """What is new of a partition."""
        ...

    async def keep(self, frozen: Sequence[Frozen]) -> None:
        """Make it outlive this process."""
        ...

    def evict(self) -> None:
        """Let idle contents leave memory."""
        ...


class Reader(Protocol):
    """The part of the transport's consumer that is needed here."""

    def release(self, partition: int) -> None:
        """Begin to read a partition."""
        ...


class Ownership:
    """The states by partition. Used on the event loop only."""

    def __init__(
        self,
        durable: Durable,
        drain: Callable[[float], Awaitable[bool]],
        fail: Callable[[BaseException], None],
        status: Status,
        metrics: Metrics,
    ) -> None:
        self.states: dict[int, PartitionState] = {}
        self._durable = durable
        self._drain = drain
        self._fail = fail
        self._status = status
        self._metrics = metrics
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._remaining: dict[int, int] = {}
        self._mine: set[int] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def taken(self, deadline_s: float) -> None:
        """Kafka takes all partitions: stop rebuilding, and let what is folded be written. Returns within so many seconds, whatever hangs."""
        until = asyncio.get_running_loop().time() + deadline_s
        self._metrics.add(Metric.REBALANCES)
        self._status.set("group", ok=False, detail="partitions are being shared out anew")
        restores = self._cancel_all()
        if not await self._drain(deadline_s):
            log.warning("not everything was written before the partitions were taken; the next owner reads it again")
        await _ended(restores, until)

    def suspend(self) -> None:
        """Keep nothing more: what is acknowledged from now on is not in the changelog, so call it when nothing more is committed."""
        self._durable.suspend()

    def given(self, positions: Mapping[int, int], reader: Reader) -> None:
        """Partitions are ours from their committed offsets on. Each is released to `reader` once its state has caught up."""
        for partition in self._mine - positions.keys():
            self._give_up(partition)
        self._mine = set(positions)
        for partition, position in positions.items():
            self._prepare(partition, position, reader)
        log.info("partitions %s are ours; their states are being restored", sorted(positions))
        self._status.set("group", ok=True, detail=f"partitions {sorted(positions)}")
        self._tell()

    async def stop(self) -> None:
        """Cancel what is being restored, and let go of the changelog and the local files."""
        await _ended(self._cancel_all())
        await asyncio.gather(*self._leaving)
        await self._durable.close()
        for partition in self._mine:
            self._forget_metrics(partition)

    def freeze(self, out: Blocks) -> list[Frozen]:
        """Rows of everything that changed in all partitions, and what the changelog gets of it: frozen at one point between two ranges."""
        frozen = []
        for state in self.states.values():
            state.freeze(out)
            changes = self._durable.freeze(state)
            if changes:
                frozen.append(changes)
            self._metrics.set(Metric.CONTENTS, len(state), state.partition)
            self._metrics.set(Metric.NODES, state.nodes, state.partition)
        self._tell()
        return frozen

    @property
    def behind(self) -> bool:
        """Whether rows wait that no range waits for (`pipeline.stream.partition.PartitionState.behind`)."""
        return any(state.behind for state in self.states.values())

    async def keep(self, frozen: Sequence[Frozen]) -> None:
        """Make what was frozen outlive this process; then let idle contents leave memory. Raises FencedError."""
        await self._durable.keep(frozen)
        self._durable.evict()

    def _prepare(self, partition: int, position: int, reader: Reader) -> None:
        # Out of reach of the flusher until it is restored: only one of them may write the changelog.
        state = self.states.pop(partition, None)
        task = self._tasks.pop(partition, None)
        if task:
            task.cancel()
        self._remaining[partition] = 1
        self._tasks[partition] = asyncio.create_task(self._restore(partition, state, position, reader, after=task))

    async def _restore(
        self,
        partition: int,
        state: PartitionState | None,
        position: int,
        reader: Reader,
        after: asyncio.Task[None] | None,
    ) -> None:
        try:
            if after:
                await asyncio.wait([after])
            async with self._slots:
                restored = await self._durable.restore(partition, state, position, self._progress)
            # Kafka's client swallows a cancellation now and then: a restore that was given up must have no effect.
            if self._is_meant(partition):
                self.states[partition] = restored
                self._ready(partition, reader)
        except Exception as error:  # noqa: BLE001 - whatever it is, a partition without its state must not be read
            if self._is_meant(partition):
                self._fail(error)
            else:
                log.info("a restore of partition %d that was given up ended with %r", partition, error)

    def _is_meant(self, partition: int) -> bool:
        """Whether the restore that runs is still wanted."""
        return self._tasks.get(partition) is asyncio.current_task()

    def _ready(self, partition: int, reader: Reader) -> None:
        self._metrics.set(Metric.REBUILD_RECORDS, 0, partition)
        self._remaining.pop(partition, None)
        if not self._remaining:
            log.info("states restored: %d contents, %d spreads in memory", *self._sizes())
        self._tell()
        reader.release(partition)
        self._tasks.pop(partition, None)

    def _progress(self, partition: int, remaining: int) -> None:
        self._metrics.set(Metric.REBUILD_RECORDS, remaining, partition)
        self._remaining[partition] = remaining
        self._tell()

    def _sizes(self) -> tuple[int, int]:
        return sum(map(len, self.states.values())), sum(state.nodes for state in self.states.values())

    def _tell(self) -> None:
        if self._remaining:
            records = sum(self._remaining.values())
            detail = f"partitions {sorted(self._remaining)} are being restored, {records} records to be read"
            self._status.set("state", ok=False, detail=detail)
        else:
            contents, nodes = self._sizes()
            self._status.set("state", ok=True, detail=f"{contents} contents, {nodes} spreads in memory")

    def _give_up(self, partition: int) -> None:
        self.states.pop(partition, None)
        if task := self._tasks.pop(partition, None):
            task.cancel()
        leaving = asyncio.create_task(self._forget(partition, task))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)
        self._remaining.pop(partition, None)
        self._forget_metrics(partition)

    def _forget_metrics(self, partition: int) -> None:
        for metric in (
            Metric.CONTENTS,
            Metric.NODES,
            Metric.REBUILD_RECORDS,
            Metric.LAG_RECORDS,
            Metric.COMMITTED_OFFSET,
        ):
            self._metrics.forget(metric, partition)

    async def _forget(self, partition: int, after: asyncio.Task[None] | None) -> None:
        try:
            if after:
                await asyncio.wait([after])
            await self._durable.forget(partition)
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker stops
            self._fail(error)

    def _cancel_all(self) -> list[asyncio.Task[None]]:
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        return tasks


async def _ended(restores: Sequence[asyncio.Task[None]], until: float = inf) -> None:
    """Wait for restores that were cancelled, until that moment of the loop's clock at most: the keeper lets no other one of the partition begin before."""
    loop = asyncio.get_running_loop()
    while (left := [task for task in restores if not task.done()]) and loop.time() < until:
        await asyncio.wait(left, timeout=min(CANCEL_AGAIN_S, until - loop.time()))
        for task in left:
            task.cancel()

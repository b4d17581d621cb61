"""A simulated ClickHouse: rows by key and version, as ReplacingMergeTree shows them, behind inserts that fail in every way there is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pipeline.errors import SinkTransientError
from pipeline.sinks.base import CLOCK_ORDER, WRITE_ORDER
from schemas.rows import Blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulation.world import World

    from pipeline.sinks.memory import MemorySink
    from schemas.rows import Block

INSERT_TIMEOUT_S = 5.0


class Link:
    """One worker's connection: the `Sink` that its flusher gets, and the thread that the flusher writes in.

    As the real sink does, it inserts table after table; each insert is a request of its own, which may be applied after its sender was killed.
    """

    def __init__(self, world: World, store: MemorySink) -> None:
        self._world, self._store = world, store

    def write(self, blocks: Blocks) -> None:
        raise AssertionError("the flusher writes in its thread")

    def close(self) -> None:
        """Nothing to let go of."""

    async def in_thread(self, _write: Callable[[Blocks], None], blocks: Blocks) -> None:
        """A thread goes on when the task that waits for it is cancelled."""
        await asyncio.shield(asyncio.ensure_future(self._insert_all(blocks)))

    async def _insert_all(self, blocks: Blocks) -> None:
        for table in (*WRITE_ORDER, *CLOCK_ORDER):
            if table in blocks:
                await self._insert(blocks[table])

    async def _insert(self, block: Block) -> None:
        world = self._world
        if world.strikes("sink_down"):
            await asyncio.sleep(world.latency())
            raise SinkTransientError("connection refused", None)
        if world.strikes("sink_before"):
            await asyncio.sleep(world.latency())
            raise SinkTransientError("too many simultaneous queries", 202)
        slow = world.rng["sink_slow"].uniform(0, 2 * INSERT_TIMEOUT_S) if world.strikes("sink_slow") else 0.0
        answered: asyncio.Future[Any] = world.loop.create_future()
        unanswered = world.strikes("sink_after")

        def apply() -> None:
            self._store.write(Blocks({block.table: block}))
            if not unanswered:
                world.loop.outside(world.latency(), lambda: answered.done() or answered.set_result(None))

        world.loop.outside(world.latency() + slow, apply)
        try:
            await asyncio.wait_for(answered, INSERT_TIMEOUT_S)
        except TimeoutError:
            raise SinkTransientError("timed out", 209) from None

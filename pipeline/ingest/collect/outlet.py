"""Between a source that reads and the frame that sends: bounded, so that a slow Kafka makes the source stop reading its socket."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from pipeline.metrics import Metric

if TYPE_CHECKING:
    from pipeline.clock import Clock
    from pipeline.ingest.collect.seam import Piece, Position
    from pipeline.metrics import Metrics
    from pipeline.status import Status

log = logging.getLogger("cascades.collect")

MOST_PIECES = 1000
MOST_BYTES = 8 * 1024 * 1024
"""Of one source. One piece larger than that passes when nothing else waits."""


class Batch(NamedTuple):
    """Pieces in their order, and the position behind the last of them; None: it did not move."""

    pieces: list[Piece]
    position: Position | None


class Outlet:
    """The `Out` of one source, and what the frame takes from it. `position` is the last one that was put out."""

    def __init__(self, name: str, position: Position | None, clock: Clock, metrics: Metrics, status: Status) -> None:
        self._name, self.position = name, position
        self._clock, self._metrics, self._status = clock, metrics, status
        self._waiting: deque[Piece | Position] = deque()
        self._bytes = 0
        self._filled, self._room = asyncio.Event(), asyncio.Event()
        self.is_closed, self.was_heard = False, False

    async def put(self, piece: Piece) -> None:
        """See `Out`."""
        while self._is_full():
            self._room.clear()
            await self._room.wait()
        self._bytes += len(piece.payload)
        self._append(piece, piece.position)
        self._metrics.add(Metric.COLLECTED, 1, self._name)

    async def mark(self, position: Position) -> None:
        """See `Out`."""
        while self._is_full():
            self._room.clear()
            await self._room.wait()
        self._append(position, position)

    def _append(self, one: Piece | Position, position: Position | None) -> None:
        self._waiting.append(one)
        if position is not None:
            self.position = position
        self._filled.set()
        self._hear()

    def alive(self, detail: str = "") -> None:
        """See `Out`."""
        if not self.was_heard:
            log.info("%s: %s", self._name, detail or "connected")
        self._hear()
        self._status.set(self._name, ok=True, detail=detail or "connected")

    def _hear(self) -> None:
        if not self.was_heard:
            self.was_heard = True
            self._status.set(self._name, ok=True, detail="receiving")
        self._metrics.set(Metric.COLLECT_HEARD, self._clock.now_us() / 1e6, self._name)

    def gap(self, text: str) -> None:
        """See `Out`."""
        self._metrics.add(Metric.COLLECT_GAPS, 1, self._name)
        log.warning("%s: a gap that nothing can fill: %s", self._name, text)

    def _is_full(self) -> bool:
        return len(self._waiting) >= MOST_PIECES or self._bytes >= MOST_BYTES

    async def take(self, most: int, within_s: float) -> Batch:
        """What waits, at most `most`; after `within_s` seconds without anything, an empty batch."""
        if not self._waiting and not self.is_closed:
            self._filled.clear()
            try:
                async with asyncio.timeout(within_s):
                    await self._filled.wait()
            except TimeoutError:
                return Batch([], None)
        return self._taken(most)

    def _taken(self, most: int) -> Batch:
        pieces: list[Piece] = []
        position: Position | None = None
        while self._waiting and len(pieces) < most:
            one = self._waiting.popleft()
            if isinstance(one, tuple):
                pieces.append(one)
                self._bytes -= len(one.payload)
                position = one.position or position
            else:
                position = one
        self._room.set()
        return Batch(pieces, position)

    def close(self) -> None:
        """Nothing more is put: what waits may be taken, and then there is nothing."""
        self.is_closed = True
        self._filled.set()

    @property
    def is_done(self) -> bool:
        """Closed, and everything taken."""
        return self.is_closed and not self._waiting

"""From the topics of undos to retractions, and back: which undos are dealt with.

1. read; 2. note where the events end, and wait until ClickHouse shows all of them; 3. look for the acts; 4. produce retractions, records that wait
on the next rung, dead letters; 5. when all of them are acknowledged, commit. A crash before 5 repeats a round: what it had retracted is among the events
that 2 waits for, so it is found undone and not told again. What waits twice from then on is harmless: it is looked at twice.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, Protocol

from aiokafka import ConsumerRebalanceListener

from pipeline.ingest.offsets import commit
from pipeline.ingest.undo.case import Case
from pipeline.ingest.undo.work import Taken, Topics, Work, names, taken, worked
from pipeline.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from aiokafka import AIOKafkaConsumer, TopicPartition

    from pipeline.clock import Clock
    from pipeline.ingest.undo.ladder import Ladder
    from pipeline.ingest.undo.ruling import Act
    from pipeline.ingest.undo.work import Out
    from pipeline.metrics import Metrics

log = logging.getLogger("cascades.resolve")

POLL_MS: Final = 250
LANE_ROOM: Final = 1000
"""Undos of one partition in memory; the others stay in Kafka."""
ROUND_ROOM: Final = 1000
"""Undos of one round."""


class Acts(Protocol):
    """Where acts are stored."""

    async def named(self, names: Collection[str]) -> dict[str, list[Act]]:
        """See `StoredActs.named`."""
        ...


class Outbox(Protocol):
    """Where records go."""

    async def send(self, outs: Collection[Out]) -> None:
        """Return when all are acknowledged. Raises KafkaError when they are not, or not certainly."""
        ...


class Shown(Protocol):
    """How far ClickHouse shows the events."""

    async def mark(self) -> dict[int, int]:
        """Where the events end now, by partition."""
        ...

    async def missing(self, mark: dict[int, int]) -> int:
        """How many events before the mark ClickHouse does not show yet."""
        ...


@dataclass(slots=True, eq=False)
class Lane:
    """One partition for as long as it is ours: what was read of it and is not dealt with."""

    waiting: deque[tuple[int, Taken]] = field(default_factory=deque)
    """(offset, undo), in order."""

    def due(self, ladder: Ladder, now_ms: int, most: int) -> list[Taken]:
        """Those at the head whose time has come."""
        due = []
        for _, one in islice(self.waiting, most):
            if isinstance(one, Case) and ladder.due_ms(one.rung, one.put_ms, one.origin.received_at_ms) > now_ms:
                break
            due.append(one)
        return due

    def drop(self, count: int) -> int:
        """Take dealt ones off; the offset to go on from."""
        for _ in range(count):
            offset, _ = self.waiting.popleft()
        return offset + 1


@dataclass(slots=True, eq=False)
class Round:
    """Undos that are looked at together, once ClickHouse shows all events up to the mark."""

    due: dict[TopicPartition, tuple[Lane, list[Taken]]]
    mark: dict[int, int]

    @property
    def undos(self) -> list[Taken]:
        """All of them."""
        return list(chain.from_iterable(some for _, some in self.due.values()))


class Desk(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """Reads, looks and commits. One per process; a group of processes shares the partitions."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        outbox: Outbox,
        acts: Acts,
        shown: Shown,
        ladder: Ladder,
        topics: Topics,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._consumer, self._outbox, self._acts, self._shown = consumer, outbox, acts, shown
        self._ladder, self._topics, self._clock, self._metrics = ladder, topics, clock, metrics
        self._lanes: dict[TopicPartition, Lane] = {}
        self._round: Round | None = None
        self.missing = 0
        """Events that ClickHouse has to show before the next look."""

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Others deal with these now."""
        for part in revoked:
            self._lanes.pop(part, None)
            if part.topic == self._topics.waiting:
                self._metrics.forget(Metric.UNDOS_WAITING, part.partition)
        self._round, self.missing = None, 0

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """These are read from what was committed last."""
        for part in assigned:
            self._lanes[part] = Lane()
            if part.topic == self._topics.waiting:
                self._metrics.set(Metric.UNDOS_WAITING, 0, part.partition)

    async def turn(self) -> bool:
        """Read, and go one step on with what is due; whether acts were looked for.

        Raises SinkError when ClickHouse does not answer (turn again later), KafkaError and UnavailableError for Kafka.
        """
        await self._read()
        self._round = current = self._round or await self._begin()
        if current is None:
            return False
        self.missing = await self._shown.missing(current.mark)
        if not self.missing:
            await self._finish(current)
        return not self.missing

    async def _read(self) -> None:
        full = [part for part, lane in self._lanes.items() if len(lane.waiting) >= LANE_ROOM]
        if paused := self._consumer.paused():
            self._consumer.resume(*paused)
        self._consumer.pause(*full)
        found = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=LANE_ROOM)
        for part, records in found.items():
            lane = self._lanes.setdefault(part, Lane())
            lane.waiting.extend((record.offset, taken(record, self._topics)) for record in records)
            if part.topic == self._topics.told:
                self._metrics.add(Metric.UNDOS_READ, len(records))

    async def _begin(self) -> Round | None:
        now_ms = self._clock.now_us() // 1000
        ready = {part: lane for part, lane in self._lanes.items() if lane.due(self._ladder, now_ms, 1)}
        if not ready:
            return None
        due = {part: (lane, lane.due(self._ladder, now_ms, ROUND_ROOM // len(ready))) for part, lane in ready.items()}
        return Round(due, await self._shown.mark())

    async def _finish(self, current: Round) -> None:
        undos = current.undos
        acts = await self._acts.named(names(undos))
        work = worked(undos, acts, self._ladder, self._topics, self._clock.now_us() // 1000)
        await self._outbox.send(work.outs)
        self._count(work)
        offsets = {part: lane.drop(len(some)) for part, (lane, some) in current.due.items()}
        self._round = None
        await self._commit({part: offset for part, offset in offsets.items() if part in self._lanes})

    async def _commit(self, offsets: dict[TopicPartition, int]) -> None:
        await commit(self._consumer, offsets, log)

    def _count(self, work: Work) -> None:
        for platform, count in work.retracted.items():
            self._metrics.add(Metric.UNDOS_RETRACTED, count, platform)
        for reason, count in work.letters.items():
            self._metrics.add(Metric.UNDOS_BURIED, count, reason)
            log.warning("%d undo(s) became dead letters: %s", count, reason)

    def told_waiting(self) -> None:
        """Bring the gauge of waiting undos up to date."""
        for part, lane in self._lanes.items():
            end = self._consumer.highwater(part)
            if part.topic == self._topics.waiting and end is not None:
                first = lane.waiting[0][0] if lane.waiting else end
                self._metrics.set(Metric.UNDOS_WAITING, end - first, part.partition)

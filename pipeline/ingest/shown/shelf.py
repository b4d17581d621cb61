"""From the topic of dead letters to ClickHouse.

1. read; 2. write the rows; 3. when ClickHouse has acknowledged them, commit. A crash before 3 repeats a round, and rows replace their equals; an error of
ClickHouse sets the reading back to where the round began.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Protocol

from aiokafka.errors import IllegalStateError

from pipeline.errors import SinkError
from pipeline.ingest.offsets import commit
from pipeline.ingest.shown.rows import REFUSED, sorted_out, stored
from pipeline.metrics import Metric

if TYPE_CHECKING:
    from aiokafka import TopicPartition

    from pipeline.metrics import Metrics
    from pipeline.sinks.base import Sink

log = logging.getLogger("cascades.letters")

POLL_MS: Final = 500
ROOM: Final = 500
"""Records of one round. How large they may be together is up to what a fetch brings, which Kafka cuts at about a MiB for each partition."""

Found = dict["TopicPartition", list[Any]]


class Log(Protocol):
    """The topic of dead letters, from what the group has committed last."""

    async def getmany(self, *, timeout_ms: int, max_records: int) -> Found:
        """The next records, by partition."""
        ...

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Read from there. Raises IllegalStateError when the partition is another's by now."""
        ...

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        """Start there next time."""
        ...


class Shelf:
    """Makes rows of dead letters. Several may share the partitions of the topic."""

    def __init__(self, letters: Log, sink: Sink, events_topic: str, metrics: Metrics) -> None:
        self._log, self._sink, self._events, self._metrics = letters, sink, events_topic, metrics
        self.shown = 0
        """Rows written so far."""

    async def turn(self) -> None:
        """Read, write, commit. Without a letter too it is found out whether ClickHouse is there, if that was never asked.

        Raises SinkError when ClickHouse did not take the rows (turn again: the same are read again), KafkaError when Kafka fails for good.
        """
        found = await self._log.getmany(timeout_ms=POLL_MS, max_records=ROOM)
        rows, passed = sorted_out(chain.from_iterable(found.values()), self._events)
        try:
            passed[REFUSED] = await asyncio.to_thread(stored, self._sink, rows)
        except SinkError:
            self._go_back(found)
            raise
        await commit(self._log, {part: records[-1].offset + 1 for part, records in found.items() if records}, log)
        self._count(len(rows) - passed[REFUSED], passed)

    def _go_back(self, found: Found) -> None:
        for part, records in found.items():
            with suppress(IllegalStateError):
                self._log.seek(part, records[0].offset)

    def _count(self, shown: int, passed: dict[str, int]) -> None:
        self.shown += shown
        self._metrics.add(Metric.LETTERS_SHOWN, shown)
        for why, count in passed.items():
            self._metrics.add(Metric.LETTERS_PASSED, count, why)

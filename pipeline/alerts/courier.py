"""From Kafka to the lanes, and back: which offsets are dealt with.

1. read records, committed transactions only; 2. put each alert into the lane of every channel that wants it; 3. a lane settles it when the channel
has it, or when it is a dead letter in Kafka; 4. what is settled without a gap is committed. A crash anywhere before 4 means that the alert is sent
again, with the id it had.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiokafka import ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from pydantic import ValidationError

from pipeline.alerts.ledger import Page
from pipeline.alerts.outcome import Failure
from pipeline.metrics import Metric
from schemas.alert import decode_alert

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

    from aiokafka import AIOKafkaConsumer, TopicPartition

    from pipeline.alerts.lane import Bury
    from pipeline.alerts.lanes import Lanes
    from pipeline.metrics import Metrics
    from schemas.alert import Alert

log = logging.getLogger("cascades.notify")

POLL_MS = 500
MOST_RECORDS = 100


class Pending:
    """Counts down the lanes that an alert waits in; `done` is called when the last has settled it."""

    def __init__(self, lanes: int, done: Callable[[], None]) -> None:
        self._left, self._done = lanes, done

    def settle(self) -> None:
        """One lane is done with it."""
        self._left -= 1
        if self._left == 0:
            self._done()


class Courier(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """Reads and commits. One per process; a group of processes shares the partitions."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        lanes: Lanes,
        bury: Bury,
        muted: Callable[[Alert], bool],
        metrics: Metrics,
        max_age_s: float,
    ) -> None:
        self._consumer, self._lanes, self._bury, self._muted = consumer, lanes, bury, muted
        self._metrics, self._max_age_s = metrics, max_age_s
        self._pages: dict[TopicPartition, Page] = {}

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Others read these now. What the lanes still hold of them is delivered all the same, under the same id."""
        await self.commit()
        for part in revoked:
            self._pages.pop(part, None)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """These are read from what was committed last."""
        for part in assigned:
            self._pages[part] = Page()

    async def turn(self) -> None:
        """One round: read, hand out, commit. Raises KafkaError for what waiting does not cure."""
        if any(lane.full for lane in self._lanes):
            self._consumer.pause(*self._consumer.assignment())
        elif paused := self._consumer.paused():
            self._consumer.resume(*paused)
        found = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=MOST_RECORDS)
        for part, records in found.items():
            for record in records:
                await self._take(part, record)
        await self.commit()

    async def commit(self) -> None:
        """Commit what is dealt with. When it does not work, it is sent again later, or read again by whoever owns the partition."""
        offsets = {part: page.to_commit for part, page in self._pages.items() if page.to_commit is not None}
        if not offsets:
            return
        try:
            await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            log.warning(
                "the group has moved on: what was delivered since the last commit is delivered again, with the same id"
            )
            return
        except KafkaError as error:
            if not error.retriable:
                raise
            return
        for part, offset in offsets.items():
            if part in self._pages:
                self._pages[part].committed = offset

    async def _take(self, part: TopicPartition, record: Any) -> None:
        page = self._pages.setdefault(part, Page())
        page.begin(record.offset)
        self._metrics.add(Metric.ALERTS_READ)

        def done() -> None:
            page.settle(record.offset)

        try:
            alert = decode_alert(record.value or b"")
        except ValidationError:
            log.warning(
                "the record at %s/%d/%d is no alert: it is a dead letter", record.topic, record.partition, record.offset
            )
            await self._bury(record, "", Failure("not_an_alert", "the record is no alert of version 1", final=True), 0)
            self._metrics.add(Metric.ALERTS_BURIED, 1, "", "not_an_alert")
            done()
            return
        self._hand_out(alert, record, done)

    def _hand_out(self, alert: Alert, record: Any, done: Callable[[], None]) -> None:
        lanes = self._lanes.wanting(alert)
        if why := self._not_sent(alert) or ("" if lanes else "unwanted"):
            self._metrics.add(Metric.ALERTS_SKIPPED, 1, why)
            done()
            return
        pending = Pending(len(lanes), done)
        for lane in lanes:
            lane.put(alert, record, pending.settle)

    def _not_sent(self, alert: Alert) -> str:
        if alert.muted or self._muted(alert):
            return "muted"
        too_old = self._max_age_s and datetime.now(UTC) - alert.at > timedelta(seconds=self._max_age_s)
        return "old" if too_old else ""


async def until(stop: asyncio.Event, courier: Courier) -> None:
    """Turn until told to stop."""
    while not stop.is_set():
        await courier.turn()

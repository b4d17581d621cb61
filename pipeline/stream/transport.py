"""Faust's aiokafka transport, with one Faust event per fetched partition batch and a ledger of ranges instead of acked offsets.

Faust's own path costs an asyncio dance per message, and its offset bookkeeping can commit past work in flight. Both are replaced here; the rest
(group membership, rebalance callbacks, the consumer's thread) is Faust's. Guarantee: at least once. Only the prefix of acknowledged ranges is
committed, and after every rebalance or seek reading starts again at the committed offset.

| override                                          | instead of Faust's                                                         |
|---------------------------------------------------|----------------------------------------------------------------------------|
| `getmany`                                         | one message per partition and fetch; none that a rebalance or a seek overtook |
| `on_thread_stop`                                  | the thread ends although aiokafka's `stop` broke off                       |
| `_fetch_records`                                  | records as aiokafka reads them, not copied into objects of Python          |
| `ack`, `_new_offset`, `_filter_tps_with_pending_acks`, `_add_gap` | the ledger                                                 |
| `perform_seek`                                    | rewinds partitions without a commit too, drops their ranges                |
| `on_partitions_revoked`                           | work in flight is stored and committed first, within one deadline          |
| `on_partitions_assigned`                          | partitions are held back until their state is there                        |
| `on_task_error`                                   | no commit after an unknown error                                           |
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message

from pipeline.stream.batch import Batch
from pipeline.stream.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence

    from pipeline.stream.batch import Record

POLL_S = 0.25
"""Longest wait for records before the set of readable partitions is looked at again."""
COMMIT_DEADLINE_S = 5.0
"""For one commit; what it covers is read again when it was lost, which changes nothing."""
REVOKE_DEADLINE_S = 15.0
"""For all that happens before partitions are given back, the last commit included: well inside Kafka's rebalance timeout (60 s)."""


class Owner(Protocol):
    """Who is told about partitions: `pipeline.stream.ownership.Ownership`."""

    async def taken(self, deadline_s: float) -> None:
        """All partitions are about to be taken. Returns within so many seconds."""
        ...

    def suspend(self) -> None:
        """The last offsets were committed: from now on nothing is kept, so nothing may be acknowledged either."""
        ...

    def given(self, positions: Mapping[int, int], reader: Consumer) -> None:
        """Partitions are ours; reading starts at these offsets, once `reader.release` is called for each."""
        ...


class Host(Protocol):
    """What the transport asks of the Faust app that it runs in."""

    client_options: Mapping[str, Any]
    owner: Owner
    conf: Any


def _as_it_is(_: Any, record: Record) -> Record:
    return record


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that talks to Kafka, with our fetch sizes and client options."""

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:  # noqa: ARG002 - Faust's signature
        app = cast("Host", self.app)
        conf = app.conf
        # The assignor keeps what a member had in class attributes: a class of its own for each consumer of the process.
        self._assignor = type("Sticky", (StickyPartitionAssignor,), {})
        return AIOKafkaConsumer(
            **app.client_options,
            group_id=conf.id,
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=conf.broker_max_poll_records,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            fetch_max_wait_ms=500,
            check_crcs=conf.broker_check_crcs,
        )

    async def on_thread_stop(self) -> None:
        """Stop the client. Its own `stop` breaks off when it cancels a fetch that is being repeated, and the thread would never say that it has ended."""
        try:
            await super().on_thread_stop()
        except asyncio.CancelledError:
            if self._consumer is not None:
                await self._consumer._client.close()  # noqa: SLF001 - what is left of `stop`

    async def _fetch_records(self, consumer: AIOKafkaConsumer, *args: Any, **options: Any) -> Any:
        """As Faust's, but the records stay as aiokafka's reader made them: to make a `ConsumerRecord` of each costs as much as to decode it."""
        for fetched in getattr(consumer._fetcher, "_records", {}).values():  # noqa: SLF001 - as Faust's does
            records = getattr(fetched, "_partition_records", None)  # an error has none
            if records is not None:
                records._consumer_record = _as_it_is  # noqa: SLF001 - there is no other way in
        return await super()._fetch_records(consumer, *args, **options)

    _committing: asyncio.Task[bool] | None = None

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """As Faust's, but given up at the next commit, when partitions are taken, and at the deadline; False then.

        Kafka's client sends a lost request again and again, after a newer commit too, and in a later generation under its name: the
        committed offset would go back. And a call that hangs takes one of the thread's two workers.
        """
        self._give_up_commit()
        committing = self._committing = asyncio.ensure_future(super()._commit(offsets))
        try:
            await asyncio.wait([committing], timeout=COMMIT_DEADLINE_S)
        finally:
            committing.cancel()
        return committing.done() and not committing.cancelled() and committing.result()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Nothing of this generation is committed in the next one."""
        await super().on_partitions_revoked(revoked)
        self._give_up_commit()

    def _give_up_commit(self) -> None:
        if self._committing:
            self._committing.cancel()

    _seeks = 0

    async def rewind(self) -> dict[TP, int] | None:
        """Seek every assigned partition to its committed offset, or to the start of the log when it has none.

        None, and nothing is sought, when another seek has begun meanwhile: the thread goes on with a seek whose caller a rebalance cancelled, and
        would take the position back under the reading that follows the newer one.
        """
        self._seeks += 1
        return cast("dict[TP, int] | None", await self.call_thread(self._rewind, self._seeks))

    async def _rewind(self, number: int) -> dict[TP, int] | None:
        consumer = self._ensure_consumer()
        positions = {}
        for partition in consumer.assignment():
            committed = await consumer.committed(partition)
            if committed is None:
                committed = (await consumer.beginning_offsets([partition]))[partition]
            positions[TP(*partition)] = committed
        if number != self._seeks:
            return None
        for partition, committed in positions.items():
            consumer.seek(partition, committed)
        return positions


class Consumer(driver.Consumer):
    """Faust's consumer with batches and ledgers. All methods run on the main event loop."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.ledgers: defaultdict[TP, Ledger] = defaultdict(Ledger)
        self._held: set[TP] = set()
        self._changed = asyncio.Event()
        self._position_is_lost = False
        self._turn = 0
        """Counts what makes a fetch or a seek under way stale: partitions taken or given, a seek begun or ended."""
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ARG002, ASYNC109 - Faust's signature
        """Fetch once, and yield one message per partition: its value is a `Batch`, its offset the batch's last.

        Records that a rebalance or a seek overtakes are not handed out, although the client's position has moved past them, perhaps after
        the seek that ended the rebalance. So they leave a mark, and the next fetch begins with a seek.
        """
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        if self._position_is_lost and not await self._rewind():
            return
        turn = self._turn
        for partition, records in (await self._fetch()).items():
            if self.should_stop or not self.flow_active or self._turn != turn:
                self._position_is_lost = True
                return
            yield partition, self._to_message(partition, records)

    async def _rewind(self) -> bool:
        """Seek to the committed offsets; False when a rebalance comes in between, which ends with a seek of its own."""
        self._position_is_lost = False
        try:
            await self.perform_seek()
        except IllegalStateError:
            self._position_is_lost = True
        return not self._position_is_lost

    async def _fetch(self) -> Mapping[TP, Sequence[Record]]:
        readable = self._get_active_partitions() - self._held
        if readable:
            return cast("Mapping[TP, Sequence[Record]]", await self._getmany(readable, POLL_S))
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), POLL_S)
        return {}

    def _to_message(self, tp: TP, records: Sequence[Record]) -> ConsumerMessage:
        last = records[-1]
        handed_out = self.ledgers[tp].hand_out(records[0].offset, last.offset)
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            timestamp=last.timestamp / 1000,
            timestamp_type=last.timestamp_type,
            headers=None,
            key=None,
            value=cast("bytes", Batch(tp.topic, tp.partition, records, handed_out)),  # the raw codec lets it through
            checksum=None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    def on_buffer_drop(self, tp: TP) -> None:
        """The agent has room again for this partition's batches."""
        super().on_buffer_drop(tp)
        self._changed.set()

    def release(self, partition: int) -> None:
        """The state of a partition is there: read it."""
        self._held = {tp for tp in self._held if tp.partition != partition}
        self._changed.set()

    def ack(self, message: Message) -> bool:  # noqa: ARG002 - Faust's signature
        """Nothing: Faust acks on exceptions too. Ranges are acknowledged by the flusher, through the ledger, and by nobody else."""
        return False

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Nothing: the ledger knows ranges, so missing offsets need no entries."""

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (tp for tp in list(self.ledgers) if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        return self.ledgers[tp].committable

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:  # noqa: ARG002 - Faust's signature
        """Commit what is still assigned. False when a rebalance came first: the next owner reads it again."""
        assigned = self.assignment()
        mine = {tp: offset for tp, offset in offsets.items() if tp in assigned}
        if not mine or not await self._commit(mine):
            return False
        self._committed_offset.update(mine)
        return True

    def committed(self) -> dict[TP, int]:
        """Committed offsets of the assigned partitions, as far as this consumer knows."""
        return {tp: offset for tp, offset in self._committed_offset.items() if offset is not None}

    def end(self, tp: TP) -> int | None:
        """The log's end as the last fetch told it; None before the first fetch, or when the partition is not assigned."""
        return cast("int | None", self.highwater(tp)) if tp in self.assignment() else None

    async def is_at_end(self, partition: int, next_offset: int) -> bool:
        """Whether everything that the log was seen to hold is below `next_offset`, marks of transactions left out."""
        tp = next((tp for tp in self.assignment() if tp.partition == partition), None)
        end = None if tp is None or tp in self._held else self.end(tp)
        if tp is None or end is None or next_offset >= end:
            return end is not None
        last = self.ledgers[tp].last if tp in self.ledgers else None
        if last is not None and last >= next_offset:
            return False
        with contextlib.suppress(IllegalStateError, TimeoutError):
            async with asyncio.timeout(POLL_S):
                return int(await self.position(tp) or 0) >= end
        return False

    async def perform_seek(self) -> None:
        """Start again from the committed offsets. Batches in flight are no longer live; their records come again."""
        self._turn += 1
        turn = self._turn
        self._drop(list(self.ledgers))
        # Until their states are there, also when nothing but the position was lost.
        self._held = set(self._get_active_partitions())
        positions = await cast("ConsumerThread", self._thread).rewind()
        overtaken = any(map(len, self.ledgers.values()))  # a restore that ended meanwhile let records be read
        self._drop(list(self.ledgers))
        if positions is None or overtaken or self._turn != turn:
            self._position_is_lost = True  # these may be offsets of partitions that we have no longer
            return
        self._turn += 1
        self._read_offset.update(positions)
        self._committed_offset.update(positions)
        self._held = set(positions)
        self._owner.given({tp.partition: offset for tp, offset in positions.items()}, self)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Stop taking batches, let what is folded be stored and committed within one deadline, then forget the ranges."""
        self._turn += 1
        self.stop_flow()
        self.app.flow_control.suspend()
        await self._owner.taken(REVOKE_DEADLINE_S - COMMIT_DEADLINE_S)
        await self._commit_in_time()
        self._owner.suspend()
        self._drop(revoked)
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Hold the partitions back: `perform_seek` follows, and starts what releases them."""
        self._turn += 1
        self._held = set(assigned)
        await super().on_partitions_assigned(assigned, generation_id)

    async def on_task_error(self, exc: BaseException) -> None:
        """Nothing: Faust commits here, but after an unknown error nothing is committed."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: Faust's check only logs, and compares two different clocks."""

    async def _commit_in_time(self) -> None:
        try:
            async with asyncio.timeout(COMMIT_DEADLINE_S):
                if self._commit_fut:
                    await asyncio.wait([self._commit_fut])  # Faust's own wait swallows the cancellation
                await self.commit()
        except TimeoutError:
            self.log.warning("offsets were not committed within %s s: what they cover is read again", COMMIT_DEADLINE_S)

    def _drop(self, partitions: Iterable[TP]) -> None:
        for tp in partitions:
            if tp in self.ledgers:
                self.ledgers.pop(tp).drop()

    @property
    def _owner(self) -> Owner:
        return cast("Host", self.app).owner


class Transport(driver.Transport):
    """Entry point `cascades` of group `faust.transports`: broker URL `cascades://host:port`."""

    Consumer: ClassVar[type[Consumer]] = Consumer

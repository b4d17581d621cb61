"""aiokafka's consumer and producer over the simulated broker: what Faust's driver and our code use of them, and how they behave in a rebalance."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from aiokafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    IllegalStateError,
    KafkaConnectionError,
    KafkaTimeoutError,
    NotEnoughReplicasError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
from aiokafka.structs import TopicPartition
from simulation.broker import DEAD_LETTERS, HEARTBEAT_S

from pipeline.kafka import partition_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulation.world import World

REQUEST_TIMEOUT_S = 4.0
NO_ANSWER_S = (0.05, REQUEST_TIMEOUT_S, 8.0)
"""Until a commit is known to be lost: the connection breaks, or the request times out, before or after the worker's own deadline."""
RETRY_S = 0.1
NO_GENERATION = -1
REJOIN = (UnknownMemberIdError, IllegalGenerationError)


def _world() -> World:
    return asyncio.get_running_loop().sim  # type: ignore[attr-defined, no-any-return]


class Line:
    """A connection: what is sent through it arrives in that order."""

    def __init__(self) -> None:
        self._last = 0.0

    def place(self, when: float) -> float:
        self._last = max(self._last, when)
        return self._last


async def _request(action: Callable[[], Any], slow: str = "", line: Line | None = None) -> Any:
    """Let the broker do it, in its own time; the sender may be dead when it happens."""
    world = _world()
    loop, answer = world.loop, world.loop.create_future()
    away = world.weather.until("kafka_away", loop.time()) - loop.time()
    if away > 0:
        world.note("kafka_away strikes")
    there, back = world.latency(slow), world.latency(slow)

    def reply(result: Any) -> None:
        if not answer.done():
            (answer.set_exception if isinstance(result, Exception) else answer.set_result)(result)

    def act() -> None:
        try:
            result = action()
        except Exception as error:  # noqa: BLE001 - the answer is an error then
            result = error
        if isinstance(result, asyncio.Future):
            result.add_done_callback(lambda done: loop.outside(back, reply, done.exception() or done.result()))
        else:
            loop.outside(back, reply, result)

    arrives = loop.time() + away + there
    loop.outside_at(line.place(arrives) if line else arrives, act)
    return await answer


class SimConsumer:
    """The part of AIOKafkaConsumer that is used. In a group after `subscribe`, on its own after `assign`."""

    def __init__(self, **options: Any) -> None:
        self._max_poll_records = options.get("max_poll_records", 500)
        self._closed = False
        self._broker = _world().broker
        self._positions: dict[TopicPartition, int] = {}
        self._highwater: dict[TopicPartition, int] = {}
        self._assignment: frozenset[TopicPartition] = frozenset()
        self._membership: Membership | None = None
        self._client = SimpleNamespace(close=self._close_connections)
        self._fetcher = SimpleNamespace(
            _closed=False,
            _subscriptions=SimpleNamespace(fetch_context=nullcontext),
            fetched_records=self._fetched_records,
        )

    @property
    def _coordinator(self) -> Membership:
        assert self._membership
        return self._membership

    async def start(self) -> None:
        await _request(lambda: None)

    async def stop(self) -> None:
        self._closed = self._fetcher._closed = True
        if self._membership:
            await self._membership.close()

    async def end(self) -> None:
        """The thread that it lived in has ended: nobody joins or beats any more, and the group learns it by the silence."""
        if self._membership:
            await self._membership.end()

    async def _close_connections(self) -> None:
        """Faust does so when a rebalance meets a worker that stops."""

    async def subscribe(self, topics: Iterable[str], listener: Any) -> None:
        if self._membership is None:
            self._membership = Membership(self, listener)

    def assign(self, partitions: list[TopicPartition]) -> None:
        self._assignment = frozenset(partitions)

    def set_assignment(self, partitions: Iterable[TopicPartition]) -> None:
        self._assignment = frozenset(partitions)
        self._positions.clear()
        self._highwater.clear()

    def assignment(self) -> frozenset[TopicPartition]:
        return self._assignment

    def seek(self, tp: TopicPartition, offset: int) -> None:
        if tp not in self._assignment:
            raise IllegalStateError(f"{tp} is not assigned")
        self._positions[TopicPartition(*tp)] = offset

    async def position(self, tp: TopicPartition) -> int:
        return self._positions[tp]

    def highwater(self, tp: TopicPartition) -> int | None:
        return self._highwater.get(TopicPartition(*tp))

    async def committed(self, tp: TopicPartition) -> int | None:
        found: int | None = await _request(lambda: self._broker.group.offsets.get(tp))
        return found

    async def beginning_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return await _request(lambda: dict.fromkeys(partitions, 0))  # type: ignore[no-any-return]

    async def end_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return await _request(lambda: {tp: self._broker.end(tp) for tp in partitions})  # type: ignore[no-any-return]

    async def commit(self, offsets: dict[TopicPartition, Any]) -> None:
        """As aiokafka does: what got no answer is sent again, in the generation of that moment and perhaps after newer ones; whoever is
        cancelled leaves the request under way alone; a rebalance in between is an error."""
        plain = {TopicPartition(*tp): meta.offset for tp, meta in offsets.items()}
        for tp in plain:
            if tp not in self._assignment:
                raise IllegalStateError(f"{tp} is not assigned")
        while True:
            async with self._coordinator.commit_lock:
                if await asyncio.shield(asyncio.ensure_future(self._coordinator.commit(plain))):
                    return
            await asyncio.sleep(RETRY_S)

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[Any]]:
        return await self._fetched_records(set(partitions), timeout=timeout_ms / 1000, max_records=max_records)

    async def _fetched_records(
        self,
        partitions: set[TopicPartition],
        timeout: float,  # noqa: ASYNC109 - aiokafka's signature
        max_records: int | None = None,
    ) -> dict[TopicPartition, list[Any]]:
        world = _world()
        until = world.loop.time() + timeout
        while True:
            if self._membership:
                await self._membership.assigned.wait()
            drained = await self._drain(sorted(TopicPartition(*tp) for tp in partitions), max_records or 500)
            left = until - world.loop.time()
            if drained or left <= 0 or self._closed:
                return drained
            await asyncio.wait([self._broker.grown()], timeout=left)

    async def _drain(self, partitions: list[TopicPartition], most: int) -> dict[TopicPartition, list[Any]]:
        world = _world()
        wanted = {
            tp: self._positions[tp]
            for tp in partitions
            if tp in self._positions and tp in self._assignment and self._positions[tp] < self._broker.end(tp)
        }
        # An answer without records tells the log's end too.
        self._highwater.update({tp: at for tp in partitions if self._positions.get(tp) == (at := self._broker.end(tp))})
        if not wanted:
            return {}
        if world.strikes("fetch_small"):
            most = 1
        sizes = {tp: world.rng["fetch"].randint(1, max(1, most // len(wanted))) for tp in wanted}
        found = await _request(
            lambda: {
                tp: (self._broker.logs[tp][at : at + sizes[tp]], self._broker.end(tp)) for tp, at in wanted.items()
            },
            "fetch_slow",
        )
        drained = {}
        for tp, (records, end) in found.items():
            if tp in self._assignment and self._positions.get(tp) == wanted[tp] and records:
                self._positions[tp] = records[-1].offset + 1
                self._highwater[tp] = end
                drained[tp] = records
        if world.strikes("fetch_slow"):  # the position is past them already: on their way between two threads
            await asyncio.sleep(world.rng["fetch_slow"].random() * 3)
        return drained


class Membership:
    """aiokafka's group coordinator: joins, beats, and tells the listener what is taken and given."""

    def __init__(self, consumer: SimConsumer, listener: Any) -> None:
        self._consumer, self._listener = consumer, listener
        self._group = consumer._broker.group
        self.member_id, self.generation = "", NO_GENERATION
        self._metadata_snapshot: dict[str, int] = {}
        self.assigned = asyncio.Event()
        self._rejoin = asyncio.Event()
        self._rejoin.set()
        self._revoked = False
        self._closing = False
        self._line = Line()
        self.commit_lock = asyncio.Lock()
        self._beating: asyncio.Task[None] | None = None
        self._routine = asyncio.create_task(self._coordinate())

    async def close(self) -> None:
        """Wait until the coordination has come to a good point, then leave."""
        if self._closing:
            return
        self._closing = True
        self._rejoin.set()
        await asyncio.wait([self._routine])
        await self._stop_beating()
        if self.member_id:
            member_id = self.member_id
            await self._ask(lambda: self._group.leave(member_id))
        self.member_id, self.generation = "", NO_GENERATION

    async def end(self) -> None:
        if left := [task for task in (self._routine, self._beating) if task and not task.done()]:
            for task in left:
                task.cancel()
            await asyncio.wait(left)

    async def commit(self, offsets: dict[TopicPartition, int]) -> bool:
        """One request; False when there was no answer."""
        world = _world()
        member_id, generation = self.member_id, self.generation
        lost = world.strikes("commit_lost") and world.rng["commit_lost"].choice(("request", "answer"))
        try:
            if lost != "request":
                await self._ask(lambda: self._group.commit(member_id, generation, offsets), "commit_lost")
        except (*REJOIN, RebalanceInProgressError) as error:
            self.refused(error)
            raise CommitFailedError("the group has already rebalanced") from error
        if lost:
            await asyncio.sleep(world.rng["commit_lost"].choice(NO_ANSWER_S))
        return not lost

    def refused(self, error: BaseException) -> None:
        if isinstance(error, REJOIN):
            self.member_id, self.generation = "", NO_GENERATION
        self._rejoin.set()

    async def _ask(self, action: Callable[[], Any], slow: str = "") -> Any:
        return await _request(action, slow, self._line)

    async def _coordinate(self) -> None:
        while not self._closing:
            await self._rejoin.wait()
            if self._closing:
                return
            self._rejoin.clear()
            try:
                await self._join()
            except Exception as error:
                _world().fail(f"the simulator's coordinator: {error!r}")
                raise

    async def _join(self) -> None:
        self.assigned.clear()
        if not self._revoked:
            await self._listener.on_partitions_revoked(set(self._consumer.assignment()))
            self._revoked = True
        await self._stop_beating()
        try:
            if not self.member_id:
                self.member_id = await self._ask(self._group.enter)
            member_id = self.member_id
            generation, partitions = await self._ask(lambda: self._group.join(member_id))
        except REJOIN as error:
            self.refused(error)
            return
        self.generation = generation
        self._revoked = False
        self._consumer.set_assignment(partitions)
        self.assigned.set()
        self._beating = asyncio.create_task(self._beat())
        await self._listener.on_partitions_assigned(set(partitions))

    async def _beat(self) -> None:
        while self.member_id:
            await asyncio.sleep(HEARTBEAT_S)
            member_id, generation = self.member_id, self.generation
            try:
                await self._ask(lambda m=member_id, g=generation: self._group.heartbeat(m, g))
            except (*REJOIN, RebalanceInProgressError) as error:
                self.refused(error)

    async def _stop_beating(self) -> None:
        if self._beating:
            self._beating.cancel()
            await asyncio.wait([self._beating])
            self._beating = None


class SimBatch:
    """A record batch: full after a few records, so that a range needs several."""

    def __init__(self, room: int) -> None:
        self.records: list[tuple[Any, ...]] = []
        self._room = room

    def append(self, *, timestamp: int | None, key: bytes, value: bytes | None, headers: Any) -> object | None:
        if len(self.records) >= self._room:
            return None
        self.records.append((key, value, headers))
        return self

    def close(self) -> None:
        """Nothing more goes in."""


class SimProducer:
    """The part of AIOKafkaProducer that is used: not idempotent, acks of all replicas."""

    def __init__(self, **_options: Any) -> None:
        self._broker = _world().broker

    async def start(self) -> None:
        await _request(lambda: None)

    async def stop(self) -> None:
        """Nothing is pending."""

    async def send_and_wait(self, topic: str, value: bytes | None, *, key: bytes | None, headers: Any) -> None:
        assert topic == DEAD_LETTERS
        partition = 0 if key is None else partition_for(key, 2)
        await self._append(TopicPartition(topic, partition), [(key, value, headers)])

    def create_batch(self) -> SimBatch:
        return SimBatch(_world().rng["produce"].choice((1, 2, 5, 100)))

    async def send_batch(self, batch: SimBatch, topic: str, *, partition: int) -> asyncio.Future[None]:
        return asyncio.ensure_future(self._append(TopicPartition(topic, partition), batch.records))

    async def _append(self, tp: TopicPartition, records: list[tuple[Any, ...]]) -> None:
        world, broker = _world(), self._broker

        def append() -> None:
            for key, value, headers in records:
                broker.append(tp, key, value, headers)

        def append_twice() -> None:
            append()
            append()

        if world.strikes("kafka_away"):
            await asyncio.sleep(REQUEST_TIMEOUT_S)
            raise KafkaConnectionError("no broker answers")
        if world.strikes("produce_before"):
            await _request(lambda: None)
            raise NotEnoughReplicasError
        if world.strikes("produce_late"):
            world.loop.outside(world.rng["produce_late"].uniform(0.0, 2 * REQUEST_TIMEOUT_S), append)
            await asyncio.sleep(REQUEST_TIMEOUT_S)
            raise KafkaTimeoutError
        await _request(append_twice if world.strikes("produce_twice") else append)
        if world.strikes("produce_after"):
            await asyncio.sleep(REQUEST_TIMEOUT_S)
            raise KafkaTimeoutError

"""A world in memory for the resolver of undos: Kafka's topics, what ClickHouse shows of the events, a clock, and crashes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import TopicPartition

from pipeline.errors import SinkTransientError
from pipeline.ingest.undo.desk import Desk
from pipeline.ingest.undo.ladder import Ladder
from pipeline.ingest.undo.ruling import Act
from pipeline.ingest.undo.work import Topics
from pipeline.kafka import partition_for
from pipeline.metrics import Metrics
from schemas import undo, wire
from schemas.topics import UNDO_RUNGS
from schemas.undo import ALIAS, Undo, retraction_id
from schemas.wire import WireEvent

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
BEGIN_MS = int(BEGIN.timestamp() * 1000)
EVENTS = 3
"""Partitions of the events."""
TOPICS = Topics("events", "undos", "undos.waiting", "letters")
NO_ACTS = frozenset({"retract", "counter", "link", "click", "view"})


class CrashError(Exception):
    """The process ends here."""


@dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass
class World:
    """All that outlives a process."""

    now_ms: int = BEGIN_MS
    log: dict[TopicPartition, list[Record]] = field(default_factory=lambda: defaultdict(list))
    committed: dict[TopicPartition, int] = field(default_factory=dict)
    shown: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(EVENTS), 0))
    away: bool = False
    """ClickHouse does not answer."""
    strike: str = ""
    """Where the next crash is: "within send", "after send", "after commit"."""

    def put(self, topic: str, key: bytes | None, value: bytes | None, headers: Any = (), partition: int = 0) -> None:
        part = TopicPartition(topic, partition)
        self.log[part].append(Record(topic, partition, len(self.log[part]), self.now_ms, key, value, tuple(headers)))

    def tell(self, event: WireEvent) -> None:
        key = event.content_id.encode()
        self.put(TOPICS.events, key, wire.encode(event), partition=partition_for(key, EVENTS))

    def undo(self, made: Undo) -> None:
        self.put(TOPICS.told, made.target_event_id.encode(), undo.encode(made))

    def show(self, most: int = 10**9) -> None:
        """The worker goes on, by so many events of each partition."""
        for number in self.shown:
            end = len(self.log[TopicPartition(TOPICS.events, number)])
            self.shown[number] = min(end, self.shown[number] + most)

    def strikes(self, where: str) -> None:
        if self.strike == where:
            self.strike = ""
            raise CrashError(where)

    def events(self) -> list[WireEvent]:
        """All events, in an order that Kafka may give them."""
        parts = [self.log[TopicPartition(TOPICS.events, number)] for number in range(EVENTS)]
        return [wire.decode(record.value) for part in parts for record in part]

    def retractions(self) -> list[tuple[str, str, str]]:
        return [
            (event.content_id, event.target_event_id, event.actor_id)
            for event in self.events()
            if event.kind == "retract"
        ]

    def letters(self) -> list[tuple[str, Record]]:
        found = self.log[TopicPartition(TOPICS.letters, 0)]
        return [(dict(record.headers)["reason"].decode(), record) for record in found]

    # What the desk asks ClickHouse.
    async def named(self, names: Any) -> dict[str, list[Act]]:
        if self.away:
            raise SinkTransientError("ClickHouse does not answer")
        stored: dict[tuple[str, str], WireEvent] = {}
        for number, end in self.shown.items():
            for record in self.log[TopicPartition(TOPICS.events, number)][:end]:
                event = wire.decode(record.value)
                stored.setdefault((event.content_id, event.event_id), event)
        found = defaultdict(list)
        for (content, name), event in stored.items():
            undone = (content, retraction_id(name)) in stored
            for known in {name, event.attributes.get(ALIAS)} & set(names):
                if event.kind not in NO_ACTS:
                    found[known].append(Act(content, name, event.platform, event.actor_id, undone))
        return found

    # How far ClickHouse shows the events.
    async def mark(self) -> dict[int, int]:
        return {number: len(self.log[TopicPartition(TOPICS.events, number)]) for number in self.shown}

    async def missing(self, mark: dict[int, int]) -> int:
        return sum(max(0, end - self.shown[number]) for number, end in mark.items())

    # Where the desk's records go.
    async def send(self, outs: Any) -> None:
        for count, out in enumerate(outs):
            if count:
                self.strikes("within send")
            partition = partition_for(out.key, EVENTS) if out.topic == TOPICS.events else out.partition or 0
            self.put(out.topic, out.key, out.value, out.headers, partition)
        self.strikes("after send")

    def now_us(self) -> int:
        return self.now_ms * 1000


class Consumer:
    """What the desk uses of aiokafka's, from what was committed last."""

    def __init__(self, world: World) -> None:
        self._world, self._paused = world, set()
        self.parts = [
            TopicPartition(TOPICS.told, 0),
            *(TopicPartition(TOPICS.waiting, number) for number in range(UNDO_RUNGS)),
        ]
        self._position = {part: world.committed.get(part, 0) for part in self.parts}

    def paused(self) -> set[TopicPartition]:
        return self._paused

    def pause(self, *parts: TopicPartition) -> None:
        self._paused |= set(parts)

    def resume(self, *parts: TopicPartition) -> None:
        self._paused -= set(parts)

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Record]]:
        found = {}
        for part in set(self.parts) - self._paused:
            if records := self._world.log[part][self._position[part] :][:max_records]:
                found[part] = records
                self._position[part] += len(records)
        return found

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self._world.committed |= offsets
        self._world.strikes("after commit")

    def highwater(self, part: TopicPartition) -> int:
        return len(self._world.log[part])


class Resolver:
    """The process, made anew after each crash."""

    def __init__(self, world: World, give_up_s: float = 7 * 86_400.0) -> None:
        self.world, self.ladder = world, Ladder(give_up_s)
        self.metrics = Metrics()
        self.crashes = 0
        self.start()

    def start(self) -> None:
        self.consumer = Consumer(self.world)
        self.desk = Desk(
            self.consumer, self.world, self.world, self.world, self.ladder, TOPICS, self.world, self.metrics
        )
        run(self.desk.on_partitions_assigned(self.consumer.parts))

    def turn(self) -> None:
        """One turn; a crash in it makes the process anew."""
        try:
            run(self.desk.turn())
        except CrashError:
            self.crashes += 1
            self.start()

    def settle(self) -> None:
        """Until nothing is due, with a worker that keeps up."""
        looks = None
        while looks != (looks := (sum(map(len, self.world.log.values())), dict(self.world.committed))):
            for _ in range(2):
                self.world.show()
                self.turn()
        self.world.show()

    def wait(self, seconds: float) -> None:
        """Time passes; whatever gets due meanwhile is looked at."""
        self.world.now_ms += int(seconds * 1000)
        self.settle()


def run(working: Any) -> Any:
    """What is awaited here never waits: no event loop is needed."""
    try:
        working.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


def act(
    event_id: str, content_id: str = "film", actor_id: str = "ann", kind: Any = "share", **fields: Any
) -> WireEvent:
    return WireEvent(
        event_id=event_id,
        kind=kind,
        platform="bluesky",
        content_id=content_id,
        actor_id=actor_id,
        **{"occurred_at": BEGIN, **fields},
    )


def undone(target: str, actor_id: str | None = "ann", platform: str = "bluesky", after_s: float = 1.0) -> Undo:
    return Undo(
        platform=platform, target_event_id=target, actor_id=actor_id, occurred_at=BEGIN + timedelta(seconds=after_s)
    )

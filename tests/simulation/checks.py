"""What must hold at every moment of a run, and what must hold at its end."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from aiokafka.structs import TopicPartition
from simulation import alerts, durable
from support.stream import TOPIC

from pipeline.kafka import partition_for
from pipeline.sinks.memory import MemorySink
from pipeline.stream.decode import decode
from pipeline.stream.misplaced import HEADER, Fence
from pipeline.stream.partition import PartitionState
from schemas.dead_letter import RefusedError
from schemas.rows import LOG_TABLES, Blocks

if TYPE_CHECKING:
    from simulation.broker import SimRecord
    from simulation.worker import Worker
    from simulation.world import World

VOID_WHEN_ZERO = {"content_minutes": "acts", "amplifiers": "spreads"}
PLACE = ("kafka_partition", "kafka_offset", "version")
"""What depends on the road that a record took, not on the set of events."""


class Checks:
    """Looks at everything from outside."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._checked: defaultdict[TopicPartition, int] = defaultdict(int)
        self.lost: defaultdict[int, int] = defaultdict(int)
        """Where the changelogs were that got lost."""
        self._fences: defaultdict[TopicPartition, Fence] = defaultdict(Fence)
        self._letters_seen: set[tuple[int, int]] = set()
        self._copies_seen: set[tuple[int, int]] = set()
        self._read: defaultdict[TopicPartition, int] = defaultdict(int)
        world.broker.group.on_commit = self.on_commit

    def on_commit(self, tp: TopicPartition, offset: int) -> None:
        """Whatever lies below a committed offset is in ClickHouse, its dead letters and copies are in Kafka."""
        log = self._world.broker.logs[tp]
        if offset > len(log):
            self._world.fail(f"offset {offset} of {tp} committed, but the log ends at {len(log)}")
            return
        self._world.note(f"committed {tp.partition}:{offset}")
        self._check(tp, offset, "committed offset")
        kept = max(durable.reached(self._world.changelogs[tp.partition]), self.lost[tp.partition])
        if offset > kept:
            self._world.fail(f"offset {offset} of partition {tp.partition} committed, but its changelog is at {kept}")

    def on_kept(self, partition: int) -> None:
        """The changelog only goes on, and whatever lies below its position is in ClickHouse, and so on: nobody may fold it again."""
        log = self._world.changelogs[partition]
        if back := durable.goes_back(log):
            self._world.fail(f"partition {partition}: {back}")
        self._check(TopicPartition(TOPIC, partition), durable.reached(log), "the changelog's position")

    def on_lost(self) -> None:
        """The changelogs are about to be thrown away: commits that are under way may speak of them."""
        for partition, log in self._world.changelogs.items():
            self.lost[partition] = max(self.lost[partition], durable.reached(log))

    def _check(self, tp: TopicPartition, offset: int, what: str) -> None:
        self._read_what_was_produced()
        for record in self._world.broker.logs[tp][self._checked[tp] : offset]:
            if missing := self._missing(tp, record):
                self._world.fail(f"{tp.partition}:{record.offset} is below {what} {offset}, but {missing}")
        self._checked[tp] = max(self._checked[tp], offset)

    def now(self) -> None:
        """Ledgers and memory of every worker."""
        for worker in self._world.workers.values():
            if worker and worker.alive and worker.member and worker.member.app._consumer:
                self._look_at(worker)

    def _look_at(self, worker: Worker) -> None:
        world, settings = self._world, self._world.settings
        for tp, ledger in worker.member.app.consumer.ledgers.items():
            ranges = list(ledger._open)
            for before, after in pairwise(ranges):
                if after.first <= before.last:
                    world.fail(f"{worker.name} holds {tp.partition}:{after.first} twice")
        rows, most = worker.member.flusher._rows, settings.flush_max_rows + 2 * settings.fetch_max_records
        if rows > most:
            world.fail(f"{worker.name}: {rows} rows wait, but at most {most} may")

    def _missing(self, tp: TopicPartition, record: SimRecord) -> str:
        (event,) = decode([record])
        here = (tp.partition, record.offset)
        if isinstance(event, RefusedError):
            if here not in self._letters_seen:
                return "its dead letter is not in Kafka"
            return (
                ""
                if self._stored("dead_letters", (TOPIC, *here, record.timestamp * 1000))
                else "its dead letter is not in ClickHouse"
            )
        key = event.content_id.encode()
        if key != record.key or partition_for(key, self._world.settings.partitions) != tp.partition:
            return "" if here in self._copies_seen else "it was not produced again under its key"
        if self._fences[tp].is_repeat(record.headers):
            return ""
        content = self._stored("contents", (event.content_id,))
        if not content or content["kafka_offset"] < record.offset:
            return "the content's row does not have it"
        return "" if self._stored("events", (event.content_id, event.event_id)) else "its raw row is not there"

    def _stored(self, table: str, key: tuple[object, ...]) -> dict[str, Any] | None:
        return self._world.store._tables[table].get(key)

    def _read_what_was_produced(self) -> None:
        for tp, log in self._world.broker.logs.items():
            for record in log[self._read[tp] :]:
                headers = dict(record.headers)
                if tp.topic == TOPIC and HEADER in headers:
                    partition, offset = headers[HEADER].split(b":")
                    self._copies_seen.add((int(partition), int(offset)))
                elif tp.topic != TOPIC:
                    self._letters_seen.add((int(headers["partition"]), int(headers["offset"])))
            self._read[tp] = len(log)

    def after_the_run(self) -> None:
        """The tables are those of one undisturbed pass over the log, and of the set of events that was sent."""
        world = self._world
        standing = _shown(world.store)
        states, sink = self._serial()
        for name, expected in _shown(sink).items():
            self._compare(f"{name} after one pass over the log", standing[name], expected)
        durable.check_at_the_end(world, states)
        sizes = {held.content.content_id: held.content.size for state in states for held in state.contents()}
        if wrong := alerts.differs(world, sizes):
            world.fail(f"alerts: {wrong}")
        ideal = self._ideal()
        for name in ("contents", "edges", "content_minutes", "amplifiers"):
            self._compare(f"{name} of the events sent", _without(standing[name], PLACE), _without(ideal[name], PLACE))
        self._read_what_was_produced()
        refused = {(row["kafka_partition"], row["kafka_offset"]) for row in world.store.rows("dead_letters")}
        if refused != self._letters_seen:
            world.fail(f"dead letters in ClickHouse and Kafka differ by {sorted(refused ^ self._letters_seen)[:5]}")
        sent = sum(record.event is None for record in world.sent)
        if len(refused) != sent:
            world.fail(f"{sent} broken records were sent, {len(refused)} dead letters are there")

    def _compare(self, what: str, got: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
        if got == expected:
            return
        missing = [row for row in expected if row not in got]
        extra = [row for row in got if row not in expected]
        self._world.fail(
            f"{what}: {len(missing)} rows missing, {len(extra)} not expected\n  missing {missing[:1]}\n  extra   {extra[:1]}"
        )

    def _serial(self) -> tuple[list[PartitionState], MemorySink]:
        sink = MemorySink()
        states = []
        for tp in self._world.broker.group.partitions:
            log = self._world.broker.logs[tp]
            state = self._state(tp.partition)
            state.apply(log, decode(log))
            _freeze(state, sink)
            states.append(state)
        return states, sink

    def _ideal(self) -> dict[str, list[dict[str, Any]]]:
        """As if every record had been sent once and rightly: no broker, no keys, no copies."""
        sink = MemorySink()
        states: dict[int, PartitionState] = {}
        for number, sent in enumerate(self._world.sent):
            if sent.event is not None:
                home = partition_for(sent.event.content_id.encode(), self._world.settings.partitions)
                state = states.setdefault(home, self._state(home))
                state.apply([_Placed(number, sent.event.content_id.encode())], [sent.event])
        for state in states.values():
            _freeze(state, sink)
        return _shown(sink)

    def _state(self, partition: int) -> PartitionState:
        partitions = self._world.settings.partitions
        return PartitionState(TOPIC, partition, lambda key: partition_for(key, partitions), {})


class _Placed:
    """A record in the only place it ever had."""

    headers = ()
    timestamp = 0

    def __init__(self, offset: int, key: bytes) -> None:
        self.offset, self.key = offset, key


def _freeze(state: PartitionState, sink: MemorySink) -> None:
    blocks = Blocks()
    state.freeze(blocks)
    sink.write(blocks)


def _shown(sink: MemorySink) -> dict[str, list[dict[str, Any]]]:
    """Every table as its view shows it: void rows hidden, and no versions, which depend on how many records a freeze took in."""
    shown = {}
    for name in LOG_TABLES:
        void = VOID_WHEN_ZERO.get(name)
        shown[name] = _without([row for row in sink.rows(name) if void is None or row[void]], ("version",))
    return shown


def _without(rows: list[dict[str, Any]], names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in names} for row in rows]

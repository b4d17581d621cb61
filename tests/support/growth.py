"""A topic of events in memory, the worker that folds it, and the move to more partitions."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from typing import Any

from support.stream import APPENDED_MS, FakeRecord

from pipeline.kafka import partition_for
from pipeline.sinks.memory import MemorySink
from pipeline.stream.decode import decode
from pipeline.stream.moved import CREATE_TIME
from pipeline.stream.partition import PartitionState
from pipeline.stream.relocate import Moved, Relocation, Stays
from schemas.rows import LOG_TABLES, Blocks

PLACE = ("kafka_partition", "kafka_offset", "version")
"""Where a record stands, and what follows from it: all that may differ. Dead letters keep their place."""


class Topic:
    """Logs by partition. Time goes on by a second with each record."""

    def __init__(self, name: str, partitions: int, now_ms: int = APPENDED_MS) -> None:
        self.name, self.partitions, self.now_ms = name, partitions, now_ms
        self.logs: list[list[FakeRecord]] = [[] for _ in range(partitions)]

    def place(self, key: bytes) -> int:
        return partition_for(key, self.partitions)

    def append(self, partition: int, key: bytes | None, value: bytes | None, headers: Any = ()) -> None:
        self.now_ms += 1000
        log = self.logs[partition]
        log.append(FakeRecord(len(log), key, value, self.now_ms, tuple(headers)))

    def moved_to(self, name: str, partitions: int) -> tuple[Topic, list[Stays]]:
        """The topic that `cascades repartition` makes of it, and why the records that stay do."""
        new = Topic(name, partitions, self.now_ms)
        moves = [Relocation(self.name, number, self.place, new.place) for number in range(self.partitions)]
        stay = []
        lanes = [[(one.timestamp, number, one.offset) for one in log] for number, log in enumerate(self.logs)]
        for _, number, offset in merge(*lanes):
            record = self.logs[number][offset]
            moved = moves[number].judge(record, decode([record])[0])
            if isinstance(moved, Moved):
                new.take(moved)
            else:
                stay.append(moved)
        return new, stay

    def take(self, moved: Moved) -> None:
        log = self.logs[moved.partition]
        headers = tuple(moved.headers)
        log.append(FakeRecord(len(log), moved.key, moved.value, moved.timestamp, headers, CREATE_TIME))


@dataclass
class Worker:
    """Folds a topic to its end; strays are produced again as the worker does it, and again after a crash."""

    topic: Topic
    epoch: int = 0

    def __post_init__(self) -> None:
        self.sink = MemorySink()
        self.states = [
            PartitionState(self.topic.name, number, self.topic.place, {}, self.epoch)
            for number in range(self.topic.partitions)
        ]

    def fold(self, crashes: int = 0) -> None:
        """Fold everything. The first `crashes` ranges with strays are read again after their copies were produced."""
        while any(state.next_offset < len(self.topic.logs[state.partition]) for state in self.states):
            for state in self.states:
                records = self.topic.logs[state.partition][state.next_offset :]
                applied = state.apply(records, decode(records))
                times = 1
                if applied.misplaced and crashes:
                    crashes, times = crashes - 1, 2
                for _ in range(times):
                    for stray in applied.misplaced:
                        self.topic.append(stray.partition, stray.key, stray.record.value, stray.headers)

    def tables(self) -> dict[str, list[dict[str, object]]]:
        """Standing rows, without what may differ between two topics."""
        for state in self.states:
            out = Blocks()
            state.freeze(out)
            self.sink.write(out)
        return {name: self._rows(name) for name in LOG_TABLES}

    def _rows(self, name: str) -> list[dict[str, object]]:
        rows = self.sink.rows(name)
        if name == "dead_letters":
            return rows
        return [{column: value for column, value in row.items() if column not in PLACE} for row in rows]

"""Several partitions of one topic in memory, with links between contents: what workers do with them, and what must come of it.

`Topic` is the log. `Workers` fold it with the worker's own partition states; records that they produce again are appended to it. `expected` is the
independent answer: the events as if all had named their final content from the start, through the brute force of `support.oracle`.
"""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING

import msgspec
from support.events import KEYS, PLACE_IN_KAFKA, VOID_WHEN_ZERO
from support.oracle import expected as brute_force
from support.stream import FakeRecord

from pipeline.kafka import partition_for
from pipeline.sinks.memory import MemorySink
from pipeline.stream.decode import decode
from pipeline.stream.partition import PartitionState
from schemas.rows import Blocks
from schemas.wire import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.wire import WireEvent

PARTITIONS = 3
NOW_MS = 1_800_000_000_000


class Topic:
    """The log of each partition."""

    def __init__(self) -> None:
        self.logs: list[list[FakeRecord]] = [[] for _ in range(PARTITIONS)]

    def place(self, key: bytes) -> int:
        return partition_for(key, PARTITIONS)

    def append(self, key: bytes, value: bytes, headers: Iterable[tuple[str, bytes]] = ()) -> None:
        log = self.logs[self.place(key)]
        log.append(FakeRecord(len(log), key, value, NOW_MS, tuple(headers)))

    def send(self, event: WireEvent) -> None:
        self.append(event.content_id.encode(), encode(event))


class Worker:
    """One partition: its state, what is kept of it, and what is committed."""

    def __init__(self, topic: Topic, partition: int, sink: MemorySink) -> None:
        self.topic, self.partition, self.sink = topic, partition, sink
        self.state = self._new()
        self.kept: dict[bytes, bytes] = {}

    def _new(self) -> PartitionState:
        return PartitionState("share.events", self.partition, self.topic.place, {})

    @property
    def lag(self) -> int:
        return len(self.topic.logs[self.partition]) - self.state.next_offset

    def step(self, most: int, *, dies: bool = False) -> None:
        """Take some records. `dies`: after what was produced, before anything is written; all records are read again."""
        records = self.topic.logs[self.partition][self.state.next_offset :][:most]
        decoded = decode(records)
        recalled = {content: self._chunks(content) for content in self.state.linking(decoded)}
        applied = self.state.apply(records, decoded, recalled)
        assert not applied.dead_letters
        for again in applied.misplaced:
            for value, headers in again.copies():
                self.topic.append(again.key, value, headers)
        if dies:
            self.state = self._new()
            self.kept.clear()
            return
        self.write()

    def write(self) -> None:
        out = Blocks()
        self.state.freeze(out)
        self.sink.write(out)
        if changes := self.state.changes():
            self.kept.update(changes.records)

    def _chunks(self, content: bytes) -> list[bytes]:
        keys = sorted(key for key in self.kept if key[:-5] == content)
        return [self.kept[key] for key in keys]


class Workers:
    """All of them."""

    def __init__(self, topic: Topic) -> None:
        self.topic, self.sink = topic, MemorySink()
        self.all = [Worker(topic, partition, self.sink) for partition in range(PARTITIONS)]

    def settle(self, most: int = 1000) -> None:
        """Until nothing is left to read. A ring of links must not send records round for ever."""
        for _ in range(500):
            if not any(worker.lag for worker in self.all):
                return
            for worker in self.all:
                worker.step(most)
        raise AssertionError("records are sent round without an end")

    def shown(self) -> dict[str, dict[object, dict[str, object]]]:
        """By content, what the views show: void rows are hidden, and what says where in Kafka a content is."""
        found: dict[str, dict[object, dict[str, object]]] = {}
        for table, keys in KEYS.items():
            for row in self.sink.rows(table):
                void = {**VOID_WHEN_ZERO, "contents": "size", "edges": "depth"}[table]
                if row[void]:
                    key = tuple(row[name] for name in keys)
                    figures = {name: value for name, value in row.items() if name not in PLACE_IN_KAFKA}
                    found.setdefault(str(row["content_id"]), {})[table, *key] = figures
        return found


def home(content_id: str, links: dict[str, str]) -> str:
    """The final content: along the links; of a ring its smallest id."""
    way = [content_id]
    while (following := links.get(way[-1])) is not None:
        if following in way:
            return min(way[way.index(following) :])
        way.append(following)
    return way[-1]


def as_if(event: WireEvent, links: dict[str, str]) -> WireEvent:
    """The event as it would be if it had named its final content from the start. A total stays that of the post it was told of."""
    final = home(event.content_id, links)
    if final != event.content_id and event.kind == "counter" and event.parent_event_id is None:
        event = msgspec.structs.replace(event, parent_event_id=event.content_id)
    return msgspec.structs.replace(event, content_id=final)


def expected(events: Sequence[WireEvent], links: dict[str, str]) -> dict[str, dict[object, dict[str, object]]]:
    """As `Workers.shown`, by brute force. `events` are in the order sent. A link is an event of its content, which nobody sees unless that keeps
    the events of its ring.
    """
    told = [event for event in events if event.kind != "link"]
    moved = [as_if(event, links) for event in told]
    homes = {event.content_id for event in moved}
    moved += [
        event for event in events if event.kind == "link" and home(event.content_id, links) == event.content_id in homes
    ]
    found: dict[str, dict[object, dict[str, object]]] = {}
    for content_id in sorted({event.content_id for event in moved}):
        tables = brute_force([event for event in moved if event.content_id == content_id], content_id, {})
        for table, rows in tables.items():
            for key, row in rows.items():
                parts = key if isinstance(key, tuple) else (key,)
                found.setdefault(content_id, {})[table, *parts] = {"content_id": content_id, **row}
    return found


__all__ = ["Topic", "Worker", "Workers", "as_if", "changed", "expected", "home"]


def differences(
    shown: dict[str, dict[object, dict[str, object]]], wanted: dict[str, dict[object, dict[str, object]]]
) -> list[str]:
    """What differs, a line each."""
    found = []
    for content_id in sorted(shown.keys() | wanted.keys()):
        one, other = shown.get(content_id, {}), wanted.get(content_id, {})
        for key in sorted(one.keys() | other.keys(), key=str):
            mine, theirs = one.get(key), other.get(key)
            if mine is None or theirs is None:
                found.append(f"{key}: {'not shown' if mine is None else 'not wanted'}")
            else:
                found += [
                    f"{key}: {name} is {mine[name]}, not {theirs[name]}"
                    for name in theirs
                    if mine[name] != theirs[name]
                ]
    return found

"""What becomes of each record when the events move to a topic with more partitions. Pure.

| the record                                     | moves                                                                                 |
|------------------------------------------------|---------------------------------------------------------------------------------------|
| an event in its place                          | as it is                                                                              |
| the first copy of a record from a wrong place  | without `cascades-origin`: that place is not in the new topic                         |
| another copy of the same                       | with `cascades-origin`: skipped there too, if its content knows the event             |
| under a wrong key, or in a wrong partition     | not: its copy under the right key stands in the topic, and was folded instead of it   |
| an event that came through a merged content    | not: the link, and all events of that content, are folded again in the new topic      |
| a dead letter replayed for the first time      | as it is: the new partition remembers it                                              |
| the same replayed again                        | not: it had no effect                                                                 |
| refused                                        | as it is: refused there too, under the identity that its dead letter has              |

So each content meets the same events in the same order, and its figures come out the same. That holds for records below the committed offset: of those
beyond, nobody knows whether the copies have been made.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from pipeline.stream.misplaced import HEADER, Fence
from pipeline.stream.moved import first_place
from pipeline.stream.onward import passage_of
from pipeline.stream.replayed import Replayed
from schemas.dead_letter import Identity, RefusedError
from schemas.topics import MOVED_HEADER

if TYPE_CHECKING:
    from pipeline.stream.batch import Record
    from pipeline.stream.decode import Decoded
    from pipeline.stream.partition import Place
    from schemas.wire import WireEvent

HEADERS_ROOM = 512
"""Bytes that a record may grow by: a topic's name has at most 249."""


class Stays(Enum):
    """Why a record does not move."""

    MISPLACED = "stood under a wrong key; their copies under the right one have moved"
    MERGED = "were told of contents that links merge into others; the links, which have moved, send them on again"
    REPLAY_REPEAT = "were second replays of a dead letter, without effect"


@dataclass(frozen=True, slots=True)
class Moved:
    """A record as it goes to the new topic."""

    partition: int
    timestamp: int
    """When Kafka took the original, milliseconds since 1970."""
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class Relocation:
    """Judges the records of one partition, each once, in order, as the worker does that folds them."""

    def __init__(self, topic: str, partition: int, old: Place, new: Place) -> None:
        self._topic = topic
        self._partition = partition
        self._old, self._new = old, new
        self._fence = Fence()
        self._replayed = Replayed()

    def judge(self, record: Record, event: Decoded) -> Moved | Stays:
        """The record as it moves, or why it stays."""
        if passage_of(record):
            return Stays.MERGED
        if isinstance(event, RefusedError):
            return self._moved(record, self._anywhere(record.key), list(record.headers))
        key = event.content_id.encode()
        if key != record.key or self._old(key) != self._partition:
            return Stays.MISPLACED
        return self._fold(record, event)

    def _fold(self, record: Record, event: WireEvent) -> Moved | Stays:
        moved, place = first_place(record) is not None, self._new(event.content_id.encode())
        if self._fence.is_repeat(record.headers, moved=moved):
            # It has an effect only if its content does not know the event: then its origin lies, and its replay may be the first one.
            gone = not moved and self._replayed.has(record.headers)
            return Stays.REPLAY_REPEAT if gone else self._moved(record, place, list(record.headers))
        if self._replayed.is_repeat(record.headers, moved=moved):
            return Stays.REPLAY_REPEAT
        return self._moved(record, place, [(name, value) for name, value in record.headers if name != HEADER])

    def _anywhere(self, key: bytes | None) -> int:
        """Of a refused record: any partition will do, as long as it is the same in each run."""
        return self._new(str(self._partition).encode() if key is None else key)

    def _moved(self, record: Record, partition: int, headers: list[tuple[str, bytes]]) -> Moved:
        place = first_place(record) or Identity(self._topic, self._partition, record.offset, record.timestamp)
        kept = [(name, value) for name, value in headers if name != MOVED_HEADER]
        return Moved(
            partition,
            record.timestamp,
            record.key,
            record.value,
            [*kept, (MOVED_HEADER, str(place).encode())],
        )

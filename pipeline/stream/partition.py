"""Step 2 of the cycle: the state of one partition, and what a range of records does to it. Pure and synchronous.

The state is a function of the partition's log up to `next_offset`: whoever reads the same records from the start has the same state,
and freezes the same rows under the same versions. That is why reading a range again is harmless.

Room for durable state: contents, `next_offset` and the two fences are all there is to keep, and `Held.last_offset` is the source offset that a
changelog entry of the content carries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.cascade import Content, Outcome, discard, fold, freeze
from pipeline.stream.dead_letters import DeadLetter
from pipeline.stream.misplaced import Fence, Misplaced
from pipeline.stream.raw_rows import event_row
from pipeline.stream.replayed import Replayed
from schemas.dead_letter import RefusedError
from schemas.wire import WireEvent, micros

if TYPE_CHECKING:
    from pipeline.stream.batch import Record
    from pipeline.stream.decode import Decoded
    from schemas.rows import Blocks

Place = Callable[[bytes], int]
"""The partition that a key belongs to, as Kafka's default partitioner says."""


@dataclass(slots=True, eq=False)
class Held:
    """One content with what the partition must know of it."""

    content: Content
    key: bytes
    last_offset: int = -1
    nodes: int = 0


@dataclass(slots=True)
class Applied:
    """What one range did, apart from changing the state."""

    folded: int = 0
    duplicates: int = 0
    skipped: int = 0
    """Records that had been applied already."""
    repeats: int = 0
    """Second copies of records that were produced again under their right key."""
    replay_repeats: int = 0
    """Dead letters that were sent again once more."""
    dead_letters: list[DeadLetter] = field(default_factory=list)
    misplaced: list[Misplaced] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """About how many rows wait for ClickHouse because of it: the raw row and the edge of each new act, the dead letters with their bytes."""
        payload = sum(len(letter.record.value or b"") for letter in self.dead_letters)
        return 2 * (self.folded - self.duplicates) + len(self.dead_letters) + payload // 256


class PartitionState:
    """Contents of one partition, the fences, and the rows that wait. Used on the event loop only."""

    def __init__(self, topic: str, partition: int, place: Place, population: Mapping[str, int], epoch: int = 0) -> None:
        self.topic = topic
        self.partition = partition
        self.next_offset = 0
        """Records below were applied; a record is applied once."""
        self.nodes = 0
        self._place = place
        self._population = population
        self._epoch = epoch
        self._contents: dict[str, Held] = {}
        self._fence = Fence()
        self._replayed = Replayed()
        self._touched: dict[str, Held] = {}
        self._raw: list[tuple[object, ...]] = []
        self._refused: list[tuple[object, ...]] = []

    def __len__(self) -> int:
        """Contents held."""
        return len(self._contents)

    def apply(self, records: Iterable[Record], decoded: Iterable[Decoded]) -> Applied:
        """Fold the records that are new here. `decoded` has one entry per record. O(depth) per event, see `pipeline.cascade.fold`."""
        done = Applied()
        for record, event in zip(records, decoded, strict=True):
            if record.offset < self.next_offset:
                done.skipped += 1
                continue
            self.next_offset = record.offset + 1
            if isinstance(event, RefusedError):
                self._refuse(record, event, done)
                continue
            held = self._contents.get(event.content_id) or self._admit(event, record)
            if held is None or held.key != record.key:
                done.misplaced.append(self._misplace(event, record))
            elif record.headers and self._fence.is_repeat(record.headers) and event.event_id in held.content.index:
                done.repeats += 1
            elif record.headers and self._replayed.is_repeat(record.headers):
                done.replay_repeats += 1
            else:
                self._fold(held, event, record, done)
        return done

    def freeze(self, out: Blocks) -> None:
        """Append to `out` the rows of everything that changed since the last call, then forget what changed."""
        for held in self._touched.values():
            version = self._epoch << 48 | held.last_offset
            freeze(held.content, partition=self.partition, offset=held.last_offset, version=version, out=out)
        self._extend(out, "events", self._raw)
        self._extend(out, "dead_letters", self._refused)
        self._forget()

    def discard(self) -> None:
        """Forget what changed, without rows: they are in ClickHouse, because the offsets up to here were committed."""
        for held in self._touched.values():
            discard(held.content)
        self._forget()

    def _admit(self, event: WireEvent, record: Record) -> Held | None:
        """A new content, when the record stands where it belongs."""
        key = event.content_id.encode()
        if key != record.key or self._place(key) != self.partition:
            return None
        held = self._contents[event.content_id] = Held(Content(event.content_id, self._population), key)
        return held

    def _fold(self, held: Held, event: WireEvent, record: Record, done: Applied) -> None:
        occurred_us = micros(event.occurred_at)
        outcome = fold(held.content, event, occurred_us)
        held.last_offset = record.offset
        self._touched[event.content_id] = held
        done.folded += 1
        if outcome is not Outcome.APPLIED:
            done.duplicates += 1
        if outcome is not Outcome.DUPLICATE:
            self._raw.append(event_row(event, occurred_us, record, self.partition, self._epoch))

    def _refuse(self, record: Record, error: RefusedError, done: Applied) -> None:
        letter = DeadLetter(self.topic, self.partition, record, error)
        done.dead_letters.append(letter)
        self._refused.append(letter.row)

    def _misplace(self, event: WireEvent, record: Record) -> Misplaced:
        key = event.content_id.encode()
        return Misplaced(key, self._place(key), record, self.partition)

    @staticmethod
    def _extend(out: Blocks, table: str, rows: list[tuple[object, ...]]) -> None:
        if rows:
            out[table].rows.extend(rows)

    def _forget(self) -> None:
        for held in self._touched.values():
            size = held.content.size - 1
            self.nodes += size - held.nodes
            held.nodes = size
        self._touched, self._raw, self._refused = {}, [], []

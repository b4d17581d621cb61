"""Step 2 of the cycle: the state of one partition, and what a range of records does to it. Pure and synchronous.

The state is a function of the partition's log up to `next_offset`: whoever reads the same records from the start has the same state,
and freezes the same rows under the same versions. That is why reading a range again is harmless.

All there is to keep is `next_offset`, the two fences and the facts of each content: `changes` gives what is new of them, at the same point as `freeze`
gives the rows. A content that has nothing to give may leave memory (`evict`) and comes back before the next record of its own (`missing`, `admit`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pipeline.cascade import Content, Events, Run, discard, freeze, is_behind, suspect
from pipeline.stream.chunks import Tail
from pipeline.stream.dead_letters import DeadLetter
from pipeline.stream.misplaced import Fence, Misplaced
from pipeline.stream.moved import first_place
from pipeline.stream.onward import Facts, Merges, Onward, Passage, linking, onward, passage_of
from pipeline.stream.replayed import Replayed
from pipeline.stream.schedule import release
from pipeline.stream.thaw import Held
from schemas.changelog import REPLAY_VALUE, replay_key
from schemas.dead_letter import RefusedError
from schemas.wire import WireEvent

if TYPE_CHECKING:
    from pipeline.stream.batch import Record
    from pipeline.stream.chunks import KeyValue
    from pipeline.stream.decode import Decoded
    from schemas.dead_letter import Identity
    from schemas.rows import Blocks

Place = Callable[[bytes], int]
"""The partition that a key belongs to, as Kafka's default partitioner says."""


class Cold(Protocol):
    """Where the contents are that left memory: `pipeline.stream.store.LocalStore`."""

    def __contains__(self, content: bytes) -> bool:
        """Whether a content (its id in UTF-8) is kept there."""
        ...


@dataclass(frozen=True, slots=True)
class Changes:
    """What the changelog gets of one partition, frozen between two ranges."""

    records: list[KeyValue]
    next_offset: int
    fence: dict[int, int]
    latest_ms: int
    behind: list[bytes] = field(default_factory=list)
    """Contents whose rows are not all made."""
    fence_numbers: dict[int, int] = field(default_factory=dict)


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
    misplaced: list[Misplaced | Onward | Facts] = field(default_factory=list)
    """What is to be produced again, in the order of the records that it comes from."""
    merged: int = 0
    """Events among them that go to the content that theirs was merged into."""
    hidden: int = 0
    """Rows that hide what they leave behind."""

    @property
    def rows(self) -> int:
        """About how many rows wait for ClickHouse because of it: the raw row and the edge of each new act, the dead letters with their bytes."""
        payload = sum(len(letter.record.value or b"") for letter in self.dead_letters)
        return 2 * (self.folded - self.duplicates) + len(self.dead_letters) + payload // 256 + self.hidden


class PartitionState:
    """Contents of one partition, the fences, and the rows that wait. Used on the event loop only."""

    def __init__(
        self,
        topic: str,
        partition: int,
        place: Place,
        population: Mapping[str, int],
        epoch: int = 0,
        cold: Cold | None = None,
        *,
        watched: bool = False,
        raises_alerts: bool = True,
    ) -> None:
        self.topic = topic
        self.partition = partition
        self.nodes = 0
        """Spreads held in memory."""
        self.population = population
        self._cold = cold
        self._kept_offset = 0
        self._place = place
        self._epoch = epoch
        self._run = Run(partition, epoch)
        self._contents = self._run.contents
        self._fence = Fence()
        self._replayed = Replayed()
        self._merges = Merges(epoch)
        self._recalled: dict[bytes, Sequence[bytes]] = {}
        self.raises_alerts = raises_alerts
        """Whether looks ask the rules: only then do contents wait for them in memory."""
        self._slept: list[tuple[str, int]] = []
        self._stirred: dict[Held, None] | None = {} if watched else None
        """Changed before the last rows were made, and not named by `stirred` since; None where nobody asks."""
        self._refused: list[tuple[object, ...]] = []

    def __len__(self) -> int:
        """Contents held in memory."""
        return len(self._contents)

    @property
    def next_offset(self) -> int:
        """Records below were applied; a record is applied once."""
        return self._run.next_offset

    @next_offset.setter
    def next_offset(self, offset: int) -> None:
        self._run.next_offset = offset

    @property
    def latest_ms(self) -> int:
        """When Kafka appended the latest record that was folded, milliseconds since 1970."""
        return self._run.latest_ms

    @latest_ms.setter
    def latest_ms(self, moment_ms: int) -> None:
        self._run.latest_ms = moment_ms

    @property
    def facts(self) -> int:
        """Facts of all kinds held in memory."""
        return self._run.facts

    def apply(
        self,
        records: Iterable[Record],
        decoded: Iterable[Decoded],
        recalled: Mapping[bytes, Sequence[bytes]] | None = None,
    ) -> Applied:
        """Fold the records that are new here. `decoded` has one entry per record. O(depth) per event, see `pipeline.cascade.fold`.

        `recalled`: of the contents that `linking` names, all chunks that were kept. Whoever sends nothing on may leave them out.
        """
        self._recalled = dict(recalled or {})
        records, decoded = list(records), list(decoded)
        if len(records) != len(decoded):
            raise ValueError(f"{len(records)} records and {len(decoded)} of them decoded")
        done, run = Applied(), self._run
        run.folded = run.duplicates = 0
        at = 0
        while (at := run.fold(records, decoded, at)) < len(records):
            self._apply_one(records[at], decoded[at], done)
            at += 1
        done.folded, done.duplicates = run.folded, run.duplicates
        return done

    def _apply_one(self, record: Record, event: Decoded, done: Applied) -> None:
        """A record that may be anything: refused, applied before, misplaced, the first of its content, or with headers."""
        if record.offset < self._run.next_offset:
            done.skipped += 1
            return
        self.next_offset = record.offset + 1
        if isinstance(event, RefusedError):
            self._refuse(record, event, done)
            return
        held = self._place_of(event, record, done)
        if held is not None:
            self._fold_one(held, event, record, done)

    def _fold_one(self, held: Held, event: WireEvent, record: Record, done: Applied) -> None:
        before, passage = held.content.merged_into, passage_of(record)
        # What came through other contents has its row under the first of them.
        self._run.fold_one(held, record, event, passage is None)
        if before is None and held.content.merged_into is not None:
            self._merge(held, done)
        elif passage:
            held.content.duplicates += passage.duplicates
            self._merges.note(passage, event.content_id)
        held.settle()

    def _merge(self, held: Held, done: Applied) -> None:
        facts, stored = held.tail.total, self._recalled.pop(held.key, ())
        partition = self._place((held.content.merged_into or "").encode())
        sent = self._merges.merge(held, self.population, stored, partition=partition, of=self.partition)
        done.misplaced.append(sent)
        done.merged += sent.count - len(sent.bonds)
        done.hidden += sent.count
        self._run.facts += held.tail.total - facts

    def linking(self, decoded: Iterable[Decoded]) -> list[bytes]:
        """Contents that these events link to others, and that have facts in the changelog, or on their way there: `apply` asks for them."""
        found = (self._contents.get(content_id) for content_id in linking(decoded))
        return [held.key for held in found if held is not None and held.content.merged_into is None]

    def missing(self, decoded: Iterable[Decoded]) -> list[bytes]:
        """Contents of these events that have left memory: they must be back (`admit`) before the events are applied."""
        if self._cold is None:
            return []
        named = {event.content_id for event in decoded if isinstance(event, WireEvent)}
        away = (content_id.encode() for content_id in named - self._contents.keys())
        return [content for content in away if content in self._cold]

    def admit(self, held: Held) -> None:
        """A content comes (back) to memory as it was last kept. Ignored when it is there already."""
        content_id = held.content.content_id
        if content_id not in self._contents:
            held.seen_offset = held.last_offset
            self._contents[content_id] = held
            self.nodes += held.nodes
            self._run.facts += held.tail.total
            self.latest_ms = max(self.latest_ms, held.arrived_ms)
            if is_behind(held.content):
                self._leave([held])

    def resume(
        self,
        next_offset: int,
        fence: Mapping[int, int],
        latest_ms: int,
        replayed: Iterable[Identity] = (),
        fence_numbers: Mapping[int, int] | None = None,
    ) -> None:
        """Go on from where the changelog says."""
        self._replayed = Replayed(replayed)
        self.latest_ms = latest_ms
        self.next_offset = self._kept_offset = next_offset
        self._fence.restore(fence, fence_numbers)

    def sort(self) -> None:
        """Contents came to memory in any order: from now on those idle the longest leave first."""
        ordered = sorted(self._contents.items(), key=lambda item: item[1].arrived_ms)
        self._contents.clear()
        self._contents.update(ordered)

    def changes(self) -> Changes | None:
        """What is new for the changelog since the last call; None when nothing is. From then on it is the caller's to keep."""
        if self.next_offset == self._kept_offset:
            return None
        records: list[KeyValue] = []
        for held in self._run.unkept:
            # The contents that changed last stand last: `evict` looks from the front.
            content_id = held.content.content_id
            self._contents[content_id] = self._contents.pop(content_id)
            held.unkept = False
            records += held.tail.take(held.key, held.last_offset, held.arrived_ms, held.content.duplicates)
        records += [(replay_key(identity), REPLAY_VALUE) for identity in self._replayed.take()]
        self._run.unkept = []
        self._kept_offset = self.next_offset
        behind = [held.key for held in self._run.touched if is_behind(held.content)]
        fence = self._fence
        return Changes(records, self.next_offset, fence.seen(), self.latest_ms, behind, fence.numbers())

    def evict(self, idle_ms: int, surplus: int = 0, excess: int = 0) -> int:
        """Let contents leave memory that had no record for `idle_ms` of arrival time, then those idle the longest until `surplus` facts are gone.

        Call it only when all changes are kept. Contents that changed since are left alone, pinned ones, and those that wait for a look that may
        raise an alert. Those with an open alert leave only when all others together have less than `excess` facts, and go to sleep (`slept`).
        Returns how many left.
        """
        leaving: list[Held] = []
        facts = 0
        for held in self._contents.values():
            if facts >= surplus and held.arrived_ms >= self.latest_ms - idle_ms:
                break
            if not (self._must_stay(held) or held.is_open or self.waits_for_a_look(held)):
                leaving.append(held)
                facts += held.tail.total
        leaving += self._openly(excess)
        for held in leaving:
            self._let_go(held)
        return len(leaving)

    def in_the_way(self, surplus: int) -> list[Held]:
        """Contents that wait for a look and would leave after it, if so many facts should: those idle the longest."""
        waiting: list[Held] = []
        for held in self._contents.values():
            if surplus <= 0:
                break
            if self._must_stay(held):
                continue
            waits = self.waits_for_a_look(held)
            if waits:
                waiting.append(held)
            if waits or not held.is_open:
                surplus -= held.tail.total
        return waiting

    def slept(self) -> list[tuple[str, int]]:
        """Contents with an open alert that left memory since the last call, each with the moment of its next look, of the partition's clock."""
        slept, self._slept = self._slept, []
        return slept

    def needed(self, decoded: Iterable[Decoded]) -> int:
        """Facts in memory of the contents of these events."""
        named = {event.content_id for event in decoded if isinstance(event, WireEvent)}
        return sum(held.tail.total for content_id in named if (held := self._contents.get(content_id)))

    def stirred(self) -> list[Held]:
        """Contents that had a record since the last call. Nothing is noted per record: what waits for rows is looked through."""
        found = []
        before, self._stirred = self._stirred or {}, {}
        for held in (*before, *self._run.touched):
            if held.seen_offset != held.last_offset:
                held.seen_offset = held.last_offset
                found.append(held)
        return found

    def contents(self) -> list[Held]:
        """All contents in memory, idle ones first."""
        return list(self._contents.values())

    def get(self, content_id: str) -> Held | None:
        """A content, if it is in memory."""
        return self._contents.get(content_id)

    def freeze(self, out: Blocks) -> None:
        """Append to `out` the rows of everything that changed since the last call, then forget what changed."""
        behind = []
        for held in self._run.touched:
            version = self._epoch << 48 | held.last_offset
            if freeze(held.content, partition=self.partition, offset=held.last_offset, version=version, out=out):
                behind.append(held)
        if self._run.raw:
            out.packed("events", Events).extend(self._run.raw)
        self._merges.freeze(out)
        if self._refused:
            out.loose("dead_letters").rows.extend(self._refused)
        if self._stirred is not None:
            self._stirred.update(dict.fromkeys(self._run.touched))
        self._forget()
        self._leave(behind)

    @property
    def behind(self) -> bool:
        """Whether the next `freeze` has rows to make that wait for no record (`pipeline.cascade.freeze`). Which contents these are is
        kept, which rows is not: after a restore, and after `discard`, the rows of amplifiers of large contents are all made again.
        """
        return any(is_behind(held.content) for held in self._run.touched)

    def discard(self) -> None:
        """Forget what changed, without rows: they are in ClickHouse, because the offsets up to here were committed. But see `behind`."""
        behind = []
        for held in self._run.touched:
            discard(held.content)
            held.seen_offset = held.last_offset
            if suspect(held.content):
                behind.append(held)
        self._forget()
        self._leave(behind)

    def waits_for_a_look(self, held: Held) -> bool:
        """Whether something of a content is new to those who are told of changes (`stirred`) and may raise an alert."""
        if self._stirred is None or not self.raises_alerts:
            return False
        return held.seen_offset != held.last_offset or (held.watch is not None and held.watch.is_waiting)

    @staticmethod
    def _must_stay(held: Held) -> bool:
        return held.touched or held.unkept or held.pinned

    def _openly(self, excess: int) -> Iterator[Held]:
        """Contents with an open alert that may leave, as long as the others do not make up for so many facts."""
        if excess <= 0:
            return
        excess -= sum(held.tail.total for held in self._contents.values() if not held.is_open)
        for held in self._contents.values():
            if excess <= 0:
                break
            if held.is_open and not (self._must_stay(held) or self.waits_for_a_look(held)):
                yield held
                excess -= held.tail.total

    def _let_go(self, held: Held) -> None:
        content_id = held.content.content_id
        del self._contents[content_id]
        self.nodes -= held.nodes
        self._run.facts -= held.tail.total
        if held.is_open:
            self._slept.append((content_id, held.watch.due_us if held.watch else 0))
        release(held)

    def _admit(self, event: WireEvent, record: Record) -> Held | None:
        """A new content, when the record stands where it belongs."""
        key = event.content_id.encode()
        if key != record.key or self._place(key) != self.partition:
            return None
        held = self._contents[event.content_id] = Held(Content(event.content_id, self.population), key, Tail())
        return held

    def _place_of(self, event: WireEvent, record: Record, done: Applied) -> Held | None:
        """The content that a record which is no everyday one is folded into, if it is."""
        held = self._contents.get(event.content_id) or self._admit(event, record)
        if held is None or held.key != record.key:
            done.misplaced.append(self._misplace(event, record))
        elif not record.headers:
            return held if held.takes else self._here_or_onward(held, event, record, done)
        else:
            return self._with_headers(held, event, record, done)
        return None

    def _with_headers(self, held: Held, event: WireEvent, record: Record, done: Applied) -> Held | None:
        moved, passage = first_place(record) is not None, passage_of(record)
        again = self._fence.is_repeat(record.headers, moved=moved) or (passage is not None and passage.again)
        if again and held.content.knows(event.event_id):
            done.repeats += 1
        elif self._replayed.is_repeat(record.headers, moved=moved):
            done.replay_repeats += 1
        else:
            return held if held.takes else self._here_or_onward(held, event, record, done, again=again)
        return None

    def _here_or_onward(
        self, held: Held, event: WireEvent, record: Record, done: Applied, *, again: bool = False
    ) -> Held | None:
        """Of a content that was merged: what stays all the same. The rest is sent on."""
        content, came = held.content, passage_of(record)
        if event.kind == "link" or event.target_event_id in content.bonds or (came and came.ends_at(event.content_id)):
            return held
        passage = came.beyond(event.content_id, again=again) if came else Passage([event.content_id], again=again)
        if passage.is_long:
            self._refuse(
                record, RefusedError("out_of_range", "the chain of links that it went through is too long"), done
            )
            return None
        if came is None:
            self._run.note(record, event)
        target = content.merged_into or ""
        partition, origin = self._place(target.encode()), (self.partition, record.offset)
        done.misplaced.append(onward(event, target, partition=partition, origin=origin, passage=passage))
        done.merged += 1
        return None

    def _refuse(self, record: Record, error: RefusedError, done: Applied) -> None:
        letter = DeadLetter(self.topic, self.partition, record, error)
        done.dead_letters.append(letter)
        self._refused.append(letter.row)

    def _misplace(self, event: WireEvent, record: Record) -> Misplaced:
        key = event.content_id.encode()
        return Misplaced(key, self._place(key), record, self.partition)

    def _leave(self, behind: list[Held]) -> None:
        """Let contents stay in memory, and be looked at by the next `freeze`."""
        for held in behind:
            held.touched = True
        self._run.touched += behind

    def _forget(self) -> None:
        for held in self._run.touched:
            size = held.content.size - 1
            self.nodes += size - held.nodes
            held.nodes = size
            held.touched = False
        self._run.touched, self._run.raw, self._refused = [], Events(), []

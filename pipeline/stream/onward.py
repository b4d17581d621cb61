"""What becomes of a content that a link merges into another one: its facts are produced again under that content, and whatever comes for it later.

Event ids stay as they are, so a copy changes nothing that the event itself has not changed. What a link `A → B` does, in the order of A's partition:

| record of A                             | what is done with it                                                                    |
|-----------------------------------------|-----------------------------------------------------------------------------------------|
| the first link                          | all facts of A go to B; A forgets them, and rows are written that hide its rows         |
| any event behind it                     | goes to B                                                                               |
| another link, a retraction of a link    | stays in A (`pipeline.cascade.bonds`)                                                   |
| an event that came through A before     | A lies on a ring of links. The content with the smallest id of the ring keeps it, the others send it on |

B may be merged itself: then the copies go on from there. A copy names the contents that it came through (`Passage`), and where it comes from as a
re-keyed record does (`pipeline.stream.misplaced`): sent twice, it counts once. One link makes many copies, so they are numbered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, get_args

import msgspec
from msgspec import Meta

from pipeline.cascade import emptied, hide
from pipeline.stream.misplaced import HEADER as ORIGIN
from schemas.changelog import KINDS, Fact, decode_chunk
from schemas.topics import MERGED_HEADER
from schemas.wire import MAX_NUMBER, Basis, Id, WireEvent, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pipeline.cascade import Content
    from pipeline.stream.batch import Record
    from pipeline.stream.misplaced import Copy
    from pipeline.stream.thaw import Held
    from schemas.rows import Blocks

MOST_BYTES: Final = 24 * 1024
"""Of the names of the contents that a record came through: hundreds of links in a row, as a rule. The topic has room for so much beside an event."""
_BASES: Final[tuple[Basis, ...]] = get_args(Basis)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_fact = msgspec.msgpack.Decoder(Fact).decode


class Passage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """The header of an event that came through merged contents."""

    through: Annotated[list[Id], Meta(min_length=1)]
    """The contents, in order; the first is the one that the event named."""
    duplicates: Annotated[int, Meta(ge=0, le=MAX_NUMBER)] = 0
    """Copies that the first content had counted and not kept: they go along with one of its facts."""
    again: bool = False
    """A content on the way knew the record for a second copy, and had nothing left to compare it with."""

    def beyond(self, content_id: str, *, again: bool) -> Passage:
        """The passage of a record that goes on from a content."""
        return Passage([*self.through, content_id], self.duplicates, self.again or again)

    def ends_at(self, content_id: str) -> bool:
        """Whether the record has gone round a ring of links, and this is the content of the ring that keeps it."""
        if content_id not in self.through:
            return False
        return content_id == min(self.through[self.through.index(content_id) :])

    @property
    def is_long(self) -> bool:
        """Whether the header would be too large: the chain of links ends here."""
        return sum(len(name.encode()) + 3 for name in self.through) > MOST_BYTES


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Passage).decode


def passage_of(record: Record) -> Passage | None:
    """The passage of a record that came through merged contents. A header that cannot be read is not ours."""
    for name, value in record.headers:
        if name == MERGED_HEADER:
            try:
                return _decode(value)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                return None
    return None


@dataclass(frozen=True, slots=True)
class Onward:
    """One event to be produced again under the content that its own was merged into."""

    key: bytes
    partition: int
    origin: tuple[int, int]
    """Partition and offset of the record."""
    event: WireEvent
    passage: Passage

    def copies(self) -> Iterator[Copy]:
        """What is sent: one record."""
        yield encode(self.event), [(ORIGIN, b"%d:%d" % self.origin), (MERGED_HEADER, _encode(self.passage))]


def onward(event: WireEvent, target: str, **sent: object) -> Onward:
    """The event as one of the content `target`. The total of a post stays the total of that post."""
    of = event.content_id if event.kind == "counter" and event.parent_event_id is None else event.parent_event_id
    moved = msgspec.structs.replace(event, content_id=target, parent_event_id=of)
    return Onward(key=target.encode(), event=moved, **sent)  # type: ignore[arg-type]  # named as the fields are


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a content had when it was merged, to be produced again under its target. Made into events one by one, as they are sent."""

    key: bytes
    partition: int
    origin: tuple[int, int]
    """Partition and offset of the link."""
    source: str
    chunks: Sequence[bytes]
    """What the changelog has of them."""
    fresh: Sequence[bytes]
    """What came after that."""
    bonds: frozenset[str]
    """Ids of events that stay."""
    count: int
    """All facts, those that stay among them."""
    duplicates: int

    def copies(self) -> Iterator[Copy]:
        """What is sent, in order, always the same. Raises RuntimeError when facts are missing: the worker must stop before it forgets them."""
        facts = [fact for chunk in self.chunks for fact in decode_chunk(chunk).facts] + [*map(_fact, self.fresh)]
        if len(facts) != self.count:
            raise RuntimeError(f"{len(facts)} facts of {self.source!r} were found, it has {self.count}")
        duplicates = self.duplicates
        for number, fact in enumerate(fact for fact in facts if self._goes(fact)):
            passage = _encode(Passage([self.source], duplicates))
            yield encode(self._event(fact)), [(ORIGIN, b"%d:%d:%d" % (*self.origin, number)), (MERGED_HEADER, passage)]
            duplicates = 0

    def _goes(self, fact: Fact) -> bool:
        return fact.event_id not in self.bonds and KINDS[fact.kind] != "link"

    def _event(self, fact: Fact) -> WireEvent:
        kind = KINDS[fact.kind]
        of = self.source if kind == "counter" and fact.parent_event_id is None else fact.parent_event_id
        return WireEvent(
            event_id=fact.event_id,
            kind=kind,
            platform=fact.platform,
            content_id=self.key.decode(),
            actor_id=fact.actor_id,
            occurred_at=_EPOCH + timedelta(microseconds=fact.occurred_us),
            parent_event_id=of,
            parent_actor_id=fact.parent_actor_id,
            parent_basis=_BASES[fact.basis],
            audience_size=fact.audience,
            campaign_id=fact.campaign,
            target_event_id=fact.target,
            counter_kind=fact.counter_kind,
            count=fact.count,
            attributes={"right": "moderate"} if fact.moderator else {},
        )


class Merges:
    """The rows that the merges of one partition lead to, until they are made."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch
        self._gone: list[tuple[Content, int]] = []
        self._homes: dict[tuple[str, str], int] = {}
        self._fresh: list[tuple[str, str, int, int]] = []

    def merge(
        self, held: Held, population: Mapping[str, int], stored: Sequence[bytes], *, partition: int, of: int
    ) -> Facts:
        """Empty a content whose link has just come into force, and return what is to be sent to partition `partition`. `stored`: all that the
        changelog has of it; `of`: the partition that it is in.
        """
        content, tail, target = held.content, held.tail, held.content.merged_into or ""
        facts = Facts(
            key=target.encode(),
            partition=partition,
            origin=(of, held.last_offset),
            source=content.content_id,
            chunks=stored,
            fresh=tail.fresh,
            bonds=frozenset(content.bonds),
            count=tail.total,
            duplicates=content.duplicates - (tail.total - content.known),
        )
        self._gone.append((content, self._epoch << 48 | held.last_offset))
        self.note(Passage([content.content_id]), target)
        tail.restart(list(content.bonds.values()))
        held.content = emptied(content, population)
        held.settle()
        return facts

    def note(self, passage: Passage, content_id: str) -> None:
        """Events that came this way are at home here."""
        for place, name in enumerate(passage.through):
            steps = len(passage.through) - place
            if steps > self._homes.get((name, content_id), 0):
                self._homes[name, content_id] = steps
                self._fresh.append((name, content_id, steps, self._epoch << 48 | steps))

    @property
    def rows(self) -> int:
        """About how many rows wait."""
        return sum(content.known for content, _ in self._gone)

    def freeze(self, out: Blocks) -> None:
        """Append the rows that wait, then forget them."""
        for content, version in self._gone:
            hide(content, version=version, out=out)
        if self._fresh:
            out.loose("merged_contents").rows.extend(self._fresh)
        self.forget()

    def forget(self) -> None:
        """The rows that wait are in ClickHouse already."""
        self._gone, self._fresh = [], []


def linking(decoded: Iterable[object]) -> set[str]:
    """Contents that these events link to others."""
    return {event.content_id for event in decoded if isinstance(event, WireEvent) and event.kind == "link"}

"""What is produced for some undos after a look: retractions, places on the next rung, dead letters. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pipeline.ingest.undo.case import Case, mark, read
from pipeline.ingest.undo.ruling import retractions, theirs
from schemas import wire
from schemas.dead_letter import Identity, RefusedError, headers, replayed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.ingest.undo.case import Headers
    from pipeline.ingest.undo.ladder import Ladder
    from pipeline.ingest.undo.ruling import Act

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Topics(NamedTuple):
    """Names, and how many partitions the events have."""

    events: str
    told: str
    waiting: str
    letters: str


class Out(NamedTuple):
    """A record to produce. Without a partition: the one that the key belongs to."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Headers
    partition: int | None = None


@dataclass(slots=True)
class Work:
    """All that a round produces, and what to count of it."""

    outs: list[Out] = field(default_factory=list)
    retracted: Counter[str] = field(default_factory=Counter)
    """By platform."""
    letters: Counter[str] = field(default_factory=Counter)
    """By reason."""
    _told: set[tuple[str, str]] = field(default_factory=set)

    def retract(self, topics: Topics, case: Case, acts: Iterable[Act]) -> None:
        """The retractions that are still to be told, each once in a round."""
        received_at = _EPOCH + timedelta(milliseconds=case.origin.received_at_ms)
        for event in retractions(case.undo, received_at, acts):
            if (key := (event.content_id, event.event_id)) not in self._told:
                self._told.add(key)
                self.retracted[event.platform] += 1
                self.outs.append(Out(topics.events, event.content_id.encode(), wire.encode(event), []))

    def bury(
        self,
        topics: Topics,
        origin: Identity,
        record: tuple[bytes | None, bytes],
        error: RefusedError,
        replay_of: Identity | None,
    ) -> None:
        """A dead letter: the undo's own bytes, its first place, and why."""
        self.letters[error.reason] += 1
        said = headers(
            error,
            topic=origin.topic,
            partition=origin.partition,
            offset=origin.offset,
            received_at_ms=origin.received_at_ms,
            replay_of=replay_of,
        )
        self.outs.append(Out(topics.letters, *record, said))


Taken = Case | tuple[Any, RefusedError]
"""An undo, or a record that is none with the reason."""


def taken(record: Any, topics: Topics) -> Taken:
    """What a record of one of our two topics is."""
    try:
        return read(record, topics.told)
    except RefusedError as error:
        return record, error


def names(some: Iterable[Taken]) -> set[str]:
    """What is to be looked for."""
    return {one.undo.target_event_id for one in some if isinstance(one, Case)}


def worked(some: Iterable[Taken], acts: Mapping[str, list[Act]], ladder: Ladder, topics: Topics, now_ms: int) -> Work:
    """What to produce, given the acts that are stored under the names."""
    work = Work()
    for one in some:
        if isinstance(one, Case):
            _judge(one, acts.get(one.undo.target_event_id, ()), ladder, topics, now_ms, work)
        else:
            record, error = one
            here = Identity(record.topic, record.partition, record.offset, record.timestamp)
            work.bury(topics, here, (record.key, record.value or b""), error, replayed(record.headers))
    return work


def _judge(case: Case, acts: Iterable[Act], ladder: Ladder, topics: Topics, now_ms: int, work: Work) -> None:
    acts = list(acts)
    own, before = theirs(case.undo, acts), case.told or frozenset()
    # What a link merged with the retraction of another copy never is stored as undone.
    due = [act for act in own if not act.undone and mark(act) not in before]
    work.retract(topics, case, due)
    found = case.told is not None or bool(own)
    told = before.union(map(mark, due)) if found else None
    rung = ladder.after(case.rung, case.origin.received_at_ms, now_ms)
    if rung is not None:
        work.outs.append(Out(topics.waiting, case.key, case.value, case.waiting(told), rung))
    elif not found:
        work.bury(topics, case.origin, (case.key, case.value), _unresolved(case, acts), case.replay_of)


def _unresolved(case: Case, acts: list[Act]) -> RefusedError:
    target = case.undo.target_event_id
    if acts:
        return RefusedError(
            "not_theirs", f"{target} was done by somebody else than {case.undo.actor_id} on {case.undo.platform}"
        )
    return RefusedError("no_target", f"no act {target} came")

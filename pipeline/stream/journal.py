"""The durable state of one partition: its changelog, which is the truth, and its local store, which is quick.

Order of one save, and what each kill leaves behind:

| killed                                   | changelog            | local store     | at restart                                                   |
|------------------------------------------|----------------------|-----------------|--------------------------------------------------------------|
| before the transaction is committed      | as before            | as before       | the ranges are read and folded again, the same rows written  |
| before the local store is written        | ahead of the offsets | behind it       | the store gets the changelog's tail; the ranges are skipped  |
| before the offsets are committed         | ahead of the offsets | as the changelog | the ranges are read again and skipped                       |

What is told to the world (`tell`) goes the same way, in a transaction of its own: the messages and the record that they were told are seen together
or not at all. So a message is told once, whoever is killed where.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from uuid import uuid4

from pipeline.errors import FencedError, UsageError
from pipeline.stream.store import LocalStore, Mark
from schemas.changelog import FORMAT, POSITION_KEY, Position, decode_position, encode_position

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.stream.changelog import Changelog, Message, Read
    from pipeline.stream.chunks import KeyValue
    from pipeline.stream.partition import Changes

P = ParamSpec("P")
T = TypeVar("T")
_SESSIONS = count(1)
"""Never the same twice in a process: a partition that was given up and comes back has another journal, and changes of the first may still wait."""
Progress = Callable[[int], None]
"""Records still to be read."""


@dataclass(slots=True)
class Tail:
    """What reading the changelog's tail into the store came to."""

    position: Position | None = None
    """The latest one; None when the changelog is empty."""
    fresh: bool = False
    """Whether somebody else wrote since this journal did."""


class Journal:
    """Used on the event loop. `open` before anything else; it may be opened again at any time, as at each assignment."""

    def __init__(
        self, changelog: Changelog, store: LocalStore, epoch: int, origins: Mapping[str, str] | None = None
    ) -> None:
        self.store = store
        self._origins = dict(origins or {})
        self._changelog = changelog
        self._epoch = epoch
        self._identity = ""
        self._session = 0
        self._is_open = False
        self._pending = False
        self._position: Position | None = None
        self._lock = asyncio.Lock()

    @property
    def session(self) -> int | None:
        """What `tell` needs: taken when it is decided what to tell. None while nothing can be told."""
        return self._session if self._is_open else None

    @property
    def is_whole(self) -> bool:
        """Whether all that was frozen is kept: only then does the state in memory go on from what the changelog has."""
        return not self._pending

    async def open(self, progress: Progress) -> Tail:
        """Fence off former owners, then bring the local store to the changelog's end. Raises UsageError for one of another epoch, topic or database."""
        async with self._lock:
            # Who is cancelled behind the fence has the right to write: what the session before had frozen must not use it.
            self._is_open = False
            await self._changelog.take_over()
            tail = await self._read_tail(progress)
            self._session = next(_SESSIONS)
            self._is_open, self._pending, self._position = True, False, tail.position
            return tail

    def suspend(self) -> None:
        """The partition may be somebody else's from now on: keep nothing more until it is opened again."""
        self._is_open = False

    def freeze(self) -> int:
        """Changes were taken from the state: until they are kept, the journal is not whole. Returns the session that they belong to."""
        self._pending = True
        return self._session

    async def keep(self, changes: Changes, session: int) -> int:
        """Write changes to the changelog, wait for the commit, then to the local store. Returns the bytes of keys and values.

        Does nothing, and returns 0, when the partition was taken since they were frozen: whoever has it reads the records again.
        Raises FencedError when somebody else has it and we were not told.
        """
        async with self._lock:
            if session != self._session or not self._is_open:
                return 0
            position = Position(
                FORMAT,
                self._identity,
                self._epoch,
                changes.next_offset,
                changes.latest_ms,
                changes.fence,
                self._origins,
                changes.behind,
                changes.fence_numbers,
            )
            written = await self._append(changes.records, position)
            if written:
                self._pending = False
            return written

    async def tell(self, records: Sequence[KeyValue], messages: Sequence[Message], session: int) -> int:
        """Send messages to other topics, and keep records that say so, in one transaction. Returns the bytes of keys and values.

        Does nothing, and returns 0, when the partition was taken since it was decided (`session`), and before anything was kept of a new
        changelog. Raises FencedError as `keep` does.
        """
        async with self._lock:
            if session != self._session or not self._is_open or self._position is None:
                return 0
            # With the position, so that whoever comes back to the partition sees that somebody wrote meanwhile.
            return await self._append(records, self._position, messages)

    async def _append(self, records: Sequence[KeyValue], position: Position, messages: Sequence[Message] = ()) -> int:
        pairs = [*records, (POSITION_KEY, encode_position(position))]
        try:
            offset = await (self._changelog.append(pairs, messages) if messages else self._changelog.append(pairs))
        except FencedError:
            if self._is_open:
                raise
            return 0
        await to_end(self.store.write, pairs, Mark(self._identity, self._epoch, offset))
        self._position = position
        return sum(len(key) + len(value) for key, value in pairs)

    async def close(self) -> None:
        """Let go of Kafka and of the files."""
        self.suspend()
        async with self._lock:
            await self._changelog.close()
            await to_end(self.store.close)

    async def _read_tail(self, progress: Progress) -> Tail:
        """From the store's mark on; when the store does not fit the changelog, from the start into an empty store."""
        mark = self.store.mark
        if mark and mark.epoch == self._epoch:
            reader = _TailReader(self.store, mark, progress)
            if await self._changelog.read(mark.offset, reader.take) >= 0 and reader.fits:
                return self._seen(reader, mark)
        await to_end(self.store.wipe)
        reader = _TailReader(self.store, None, progress)
        await self._changelog.read(0, reader.take)
        return self._seen(reader, None)

    def _seen(self, reader: _TailReader, mark: Mark | None) -> Tail:
        position = reader.position
        if position and (position.format, position.epoch) != (FORMAT, self._epoch):
            raise UsageError(
                f"{self._changelog.topic} is of epoch {position.epoch} and format {position.format}, but CASCADES_EPOCH is {self._epoch} "
                f"and the format {FORMAT}: stop the workers and run `cascades rebuild`"
            )
        if position:
            _require_same(position.origins, self._origins)
        self._identity = position.identity if position else uuid4().hex
        return Tail(position, fresh=mark is None or reader.offset != mark.offset)


def _require_same(then: Mapping[str, str], now: Mapping[str, str]) -> None:
    """What one of them does not know is let pass: an older program wrote it, or a newer one added a table."""
    anew = sorted(name for name in then.keys() & now.keys() if then[name] != now[name])
    if not anew:
        return
    epoch = "raise CASCADES_EPOCH by one, " if any(name.startswith("topic ") for name in anew) else ""
    raise UsageError(
        f"made anew since this group worked with it: {', '.join(anew)}. The group's offsets and state speak of what is gone, so figures would be "
        f"partial: stop the workers, {epoch}run `cascades rebuild`, start them"
    )


class _TailReader:
    """Puts what is read into the store, as long as it is of the changelog that the store is from."""

    def __init__(self, store: LocalStore, mark: Mark | None, progress: Progress) -> None:
        self.position: Position | None = None
        self.offset = -1
        self._store = store
        self._mark = mark
        self._progress = progress
        self._foreign = False

    @property
    def fits(self) -> bool:
        """Whether the store is from this changelog, and not ahead of it: its last position, or a later one, was there."""
        return self.position is not None and not self._foreign

    async def take(self, records: Sequence[Read], remaining: int) -> None:
        """Some more records. Cheap per record: a partition may have hundreds of thousands."""
        if self._foreign:
            return
        for offset, key, value in records:
            if key == POSITION_KEY:
                self.offset = offset
                self._follow(decode_position(value))
        if not self._foreign:
            # Records beyond the mark do no harm: the next reader starts at the mark and puts the same again.
            await to_end(self._store.write, [(key, value) for _, key, value in records], self._reached)
        self._progress(remaining)

    @property
    def _reached(self) -> Mark | None:
        return Mark(self.position.identity, self.position.epoch, self.offset) if self.position else None

    def _follow(self, position: Position) -> None:
        self.position = position
        self._foreign = self._foreign or (self._mark is not None and self._mark.identity != position.identity)


async def to_end(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run it in a thread; when cancelled, wait for its end first: what comes next must not meet it in the same files."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():  # whoever is cancelled may be cancelled again
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        raise

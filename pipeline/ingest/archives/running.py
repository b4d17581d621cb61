"""One archive into Kafka: read, mapped, sent, acknowledged, and only then noted as done."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from pipeline.backoff import Backoff
from pipeline.errors import UnavailableError, UsageError
from pipeline.ingest.archives.items import Cut, Found, Item, Spoiled
from pipeline.ingest.homeward import Homeward
from pipeline.ingest.http.sender import Entry
from pipeline.ingest.platforms import Mapped, UnknownShapeError
from pipeline.ingest.platforms.seam import Refusal
from schemas import undo, wire
from schemas.dead_letter import RefusedError, door_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline.config import Settings
    from pipeline.ingest.archives.formats import Reading
    from pipeline.ingest.archives.journal import Journal, Progress
    from pipeline.ingest.archives.opening import Archive, Part
    from pipeline.ingest.pace import Pace
    from pipeline.ingest.posts import Posts
    from schemas.wire import WireEvent

CHUNK_ITEMS: Final = 1000
CHUNK_BYTES: Final = 4 << 20
SKIP_ITEMS: Final = 10_000
"""Items that are passed over at a stretch, on the way to where an earlier attempt ended."""
MAX_LETTER: Final = 3_900_000
CUT_LETTER: Final = 1 << 16
"""Of what no dead letter can hold, and of a part that breaks off, the beginning is kept."""
DOUBT_ITEMS: Final = 100
"""Entries of which one at least should be of the format."""
PATIENCE_S: Final = 60.0
"""So long Kafka may be away in the middle of an import."""


class Sender(Protocol):
    """What is used of `pipeline.ingest.http.sender.KafkaSender`."""

    problem: str

    async def send(self, entries: Iterable[Entry]) -> None:
        """Returns when all in-sync replicas have them."""
        ...


@dataclass(slots=True)
class _Chunk:
    """What is sent and acknowledged together."""

    entries: list[Entry] = field(default_factory=list)
    size: int = 0
    items: int = 0


class Import:
    """One run over one archive.

    Guarantee: at least once. What `progress` says is acknowledged by all in-sync replicas; when `run` raises or the process dies, the next run
    with the same journal begins there. An entry that cannot be read or mapped is a dead letter, and its neighbours are not touched.
    """

    def __init__(
        self,
        archive: Archive,
        reading: Reading,
        settings: Settings,
        progress: Progress,
        pace: Pace | None = None,
        posts: Posts | None = None,
    ) -> None:
        """`posts`: those that are counted for another content."""
        self._archive, self._reading, self._settings = archive, reading, settings
        self.progress, self._pace, self._sent = progress, pace, 0
        self._acknowledged = progress.counts.entries > 0
        self._homeward = Homeward(posts, remembered=0 if reading.is_explicit else settings.roots_remembered)
        self._door = f"/import/{progress.format}"

    async def run(self, sender: Sender, journal: Journal, report: Callable[[], None]) -> None:
        """Send everything that is not sent yet. Raises UnavailableError when Kafka is away for longer than `PATIENCE_S`, UsageError for a bomb."""
        for number, part in enumerate(self._reading.parts):
            if number < self.progress.part:
                self._archive.leave(part)
                continue
            for chunk in self._chunks(part):
                self._doubt()
                await deliver(sender, chunk.entries)
                journal.save(self.progress)
                report()
                await self._rest(len(chunk.entries))
            self._archive.leave(part)
            self.progress.part, self.progress.item = number + 1, 0
        self.progress.done = True
        journal.save(self.progress)
        report()

    def _doubt(self) -> None:
        """A wrong format makes a dead letter of every entry: that is asked about before the first is sent."""
        counts = self.progress.counts
        told = counts.events or counts.undos or counts.ignored
        if counts.entries >= DOUBT_ITEMS and not told and not self._acknowledged:
            raise UsageError(
                f"none of the first {counts.entries:,} entries is of the format {self.progress.format}, so nothing was sent. "
                "Try another --format; --dry-run says what is wrong with each"
            )
        self._acknowledged = True

    async def _rest(self, sent: int) -> None:
        self._sent += sent
        if self._pace:
            await self._pace.wait(self._sent)
        await asyncio.sleep(0)

    def look(self, show: Callable[[WireEvent | RefusedError], None]) -> None:
        """Read everything and send nothing: `show` gets each event, and each refusal with its place. Raises UsageError as `run`."""
        for part in self._reading.parts:
            for item in self._items(part):
                mapped = self._map(item, part)
                for event in mapped.events:
                    show(event)
                for refusal in mapped.refused:
                    show(refusal.error)
            self._archive.leave(part)

    def _chunks(self, part: Part) -> Iterator[_Chunk]:
        """Chunks of a part from where the last attempt ended. The progress is moved on with each: it is true once the chunk is acknowledged."""
        chunk, begin, ordinal = _Chunk(), self.progress.item, 0
        for ordinal, item in enumerate(self._items(part), start=1):
            if ordinal <= begin:
                if not ordinal % SKIP_ITEMS:
                    yield chunk
                continue
            self._take(item, part, chunk)
            if chunk.items >= CHUNK_ITEMS or chunk.size >= CHUNK_BYTES:
                self.progress.item = ordinal
                yield chunk
                chunk = _Chunk()
        if chunk.items:
            self.progress.item = ordinal
            yield chunk

    def _items(self, part: Part) -> Iterator[Item]:
        number = 0
        try:
            for item in self._reading.read(part):
                number = item.number
                yield item
        except OSError as error:
            yield Cut(number, UnknownShapeError(f"broken after entry {number}: {error}"))

    def _take(self, item: Item, part: Part, chunk: _Chunk) -> None:
        mapped = self._map(item, part)
        topics = self._settings
        made = [
            *(Entry(topics.events_topic, one.content_id.encode(), wire.encode(one)) for one in mapped.events),
            *(Entry(topics.undo_topic, one.target_event_id.encode(), undo.encode(one)) for one in mapped.undos),
            *(self._letter(one) for one in mapped.refused),
        ]
        chunk.entries += made
        chunk.size += sum(len(one.value) for one in made)
        chunk.items += 1

    def _map(self, item: Item, part: Part) -> Mapped:
        """What comes of an item, counted, each refusal with its place."""
        try:
            mapped = self._reading.map(item.payload) if isinstance(item, Found) else self._unread(item, part)
        except RecursionError:
            mapped = Mapped(refused=(Refusal(UnknownShapeError("nested too deep"), None),))
        mapped = replace(mapped, events=tuple(self._homeward.mapped(mapped.events)))
        self._count(mapped)
        place = f"{self._archive.place(part)[-200:]}, entry {item.number}"
        refused = [
            Refusal(RefusedError(one.error.reason, f"{place}: {one.error.detail}"), one.payload)
            for one in mapped.refused
        ]
        return Mapped(mapped.events, mapped.undos, mapped.ignored, tuple(refused))

    def _unread(self, item: Spoiled | Cut, part: Part) -> Mapped:
        if isinstance(item, Spoiled):
            return Mapped(refused=(Refusal(item.error, item.raw),))
        self.progress.counts.cut += 1
        return Mapped(refused=(Refusal(item.error, self._beginning(part)),))

    def _beginning(self, part: Part) -> bytes:
        try:
            with self._archive.open(part) as stream:
                return stream.read(CUT_LETTER) or b""
        except (UsageError, OSError):
            return b""

    def _count(self, mapped: Mapped) -> None:
        counts = self.progress.counts
        counts.entries += 1
        counts.undos += len(mapped.undos)
        for table, names in (
            (counts.events, (one.kind for one in mapped.events)),
            (counts.ignored, mapped.ignored),
            (counts.refused, (one.error.reason for one in mapped.refused)),
        ):
            for name in names:
                table[name] = table.get(name, 0) + 1

    def _letter(self, refusal: Refusal) -> Entry:
        value = _bytes(refusal.payload)
        headers = door_headers(
            refusal.error, door=self._door, value=value, received_at_ms=self.progress.as_of_us // 1000
        )
        return Entry(self._settings.dead_letter_topic, None, value, headers)


async def deliver(sender: Sender, entries: list[Entry], patience_s: float = PATIENCE_S) -> None:
    """Send and wait for the acknowledgement, again while Kafka is away: a second copy changes no figure. Raises UnavailableError."""
    until, backoff = monotonic() + patience_s, Backoff(most=5.0)
    while entries:
        try:
            await sender.send(entries)
        except UnavailableError:
            if monotonic() > until:
                raise
            await asyncio.sleep(backoff.next())
        else:
            return


def _bytes(payload: object) -> bytes:
    """The payload as a dead letter holds it: as it stood there, or as JSON that the same mapping reads again."""
    if isinstance(payload, bytes):
        return payload
    try:
        value = msgspec.json.encode(payload)
    except UnicodeError:  # half of a surrogate pair, which JSON can write as an escape
        value = json.dumps(payload).encode()
    except RecursionError:
        value = b""
    return value if len(value) <= MAX_LETTER else value[:CUT_LETTER]

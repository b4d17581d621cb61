"""One source and its way into Kafka: read, map, send, wait for the acknowledgement, store the position.

| what fails | what happens |
|---|---|
| the platform, the network | told, waited for (back-off with jitter), and gone on from the last position |
| a payload | a dead letter with its bytes; its neighbours are not touched |
| Kafka | the same records again until it takes them; meanwhile the socket is not read |
| this process, before the acknowledgement | the platform is asked again from the stored position |
| this process, between acknowledgement and position | the same; what comes again has the same ids and changes no figure |
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import aiohttp

from pipeline.backoff import Backoff
from pipeline.errors import UnavailableError
from pipeline.ingest import records
from pipeline.ingest.collect import positions
from pipeline.ingest.collect.events import EVENTS
from pipeline.ingest.collect.outlet import Outlet
from pipeline.ingest.collect.seam import SourceError
from pipeline.ingest.homeward import Homeward
from pipeline.ingest.platforms import Mapped, Refusal, UnknownShapeError
from pipeline.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pipeline.clock import Clock
    from pipeline.config import Settings
    from pipeline.ingest.collect.seam import Piece, Position, Source
    from pipeline.ingest.http.doors import Sender
    from pipeline.ingest.http.sender import Entry
    from pipeline.ingest.posts import Posts
    from pipeline.metrics import Metrics
    from pipeline.status import Status

log = logging.getLogger("cascades.collect")

MOST_AT_ONCE = 500
"""Payloads that are mapped and sent together. The busier the stream, the nearer to it."""
SAVE_EVERY_S = 1.0
"""So much of a stream, about, comes again after a crash."""
DOOR = "/collect/"
"""What the dead letters of a source have before its name."""
MOST_LETTER = 3 * 1024 * 1024
"""Bytes of a dead letter. More than its topic takes would be refused for ever, and nothing behind it would get through."""
MAX_WAIT_S = 900.0
"""Whatever the platform asks for: limits are reckoned over a quarter of an hour at most."""
STEADY_S = 30.0
"""An attempt that held for so long was a good one: the next wait is a short one again. One that breaks at once is not, even if something came."""


class Surroundings(NamedTuple):
    """What all collectors of a process share."""

    settings: Settings
    sender: Sender
    clock: Clock
    metrics: Metrics
    status: Status
    posts: Posts
    """Those that are counted for another content."""


class Collector:
    """Runs one source. Guarantee: a stored position covers only what all in-sync replicas have; nothing that the source told is dropped."""

    def __init__(self, source: Source, kind: str, position: Position | None, around: Surroundings) -> None:
        self._source, self._kind, self._around = source, kind, around
        self._name, self._metrics = source.name, around.metrics
        self._outlet = Outlet(source.name, position, around.clock, around.metrics, around.status)
        # Of its own: a firehose must not push out what the next source has to remember.
        self._homeward = Homeward(around.posts, remembered=around.settings.roots_remembered)
        self._unsaved: Position | None = None
        self._saved_at = 0.0

    async def read(self) -> None:
        """Keep the source going until cancelled."""
        backoff = Backoff(first=0.5, most=60.0)
        while True:
            self._outlet.was_heard, began = False, monotonic()
            problem = await self._attempt()
            if monotonic() - began > STEADY_S:
                backoff.reset()
            wait_s = min(MAX_WAIT_S, max(problem.retry_after_s, backoff.next()))
            self._metrics.add(Metric.COLLECT_FAILURES, 1, self._name)
            self._around.status.set(self._name, ok=False, detail=f"{problem}; again in {wait_s:.0f} s")
            log.warning("%s: %s; going on in %.1f s", self._name, problem, wait_s)
            await asyncio.sleep(wait_s)

    async def _attempt(self) -> SourceError:
        """Why it ended."""
        try:
            await self._source.run(self._outlet, self._outlet.position)
        except SourceError as error:
            return error
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            return SourceError(f"{type(error).__name__}: {error}".rstrip(": "))
        return SourceError("the stream ended")

    async def deliver(self) -> None:
        """Bring what is read into Kafka, until `stop_reading` was called and all of it is there."""
        while not self._outlet.is_done:
            batch = await self._outlet.take(MOST_AT_ONCE, SAVE_EVERY_S)
            if batch.pieces:
                await self._hand_over(batch.pieces)
            self._unsaved = batch.position or self._unsaved
            if monotonic() - self._saved_at >= SAVE_EVERY_S or self._outlet.is_done:
                await self._save()

    def stop_reading(self) -> None:
        """The source was cancelled: nothing more will come."""
        self._outlet.close()

    async def _hand_over(self, pieces: Sequence[Piece]) -> None:
        audiences = await self._source.look_up(pieces)
        now_us = self._around.clock.now_us()
        received_at = positions.moment(now_us)
        found = [(piece, self._mapped(piece, received_at, audiences)) for piece in pieces]
        await self._send([entry for piece, mapped in found for entry in self._entries(piece, mapped, now_us // 1000)])
        for _, mapped in found:
            self._metrics.add(Metric.COLLECT_EVENTS, len(mapped.events) + len(mapped.undos), self._name)
            self._metrics.add(Metric.COLLECT_IGNORED, len(mapped.ignored), self._name)
        if times := [piece.at_us for piece in pieces if piece.at_us is not None]:
            self._metrics.set(Metric.COLLECT_LAG, (self._around.clock.now_us() - times[-1]) / 1e6, self._name)

    def _mapped(self, piece: Piece, received_at: datetime, audiences: Mapping[str, int]) -> Mapped:
        context = piece.context or self._source.context
        if audiences:
            context = replace(context, audiences={**context.audiences, **audiences})
        try:
            payload = piece.mapping.decode(piece.payload, piece.content_type)
        except UnknownShapeError as error:
            return Mapped(refused=(Refusal(error, None),))
        mapped = piece.mapping.events(payload, received_at, context)
        self._source.saw(mapped)
        return mapped

    def _entries(self, piece: Piece, mapped: Mapped, now_ms: int) -> list[Entry]:
        settings = self._around.settings
        # Whoever sends version-1 events chose their content.
        homeward = (
            map(self._homeward.home, mapped.events) if piece.mapping is EVENTS else self._homeward.mapped(mapped.events)
        )
        made = [records.of_event(settings, event) for event in homeward]
        made += [records.of_undo(settings, undo) for undo in mapped.undos]
        for refusal in mapped.refused:
            self._metrics.add(Metric.COLLECT_LETTERS, 1, self._name, refusal.error.reason)
            value = records.part(refusal.payload, piece.payload)[:MOST_LETTER]
            made.append(records.of_letter(settings, DOOR + self._name, refusal.error, value, now_ms))
        return made

    async def _send(self, entries: list[Entry]) -> None:
        backoff = Backoff(first=0.2, most=5.0)
        while entries:
            try:
                await self._around.sender.send(entries)
            except UnavailableError as error:
                log.debug("%s waits for Kafka: %s", self._name, error)
                await asyncio.sleep(backoff.next())
            else:
                return

    async def _save(self) -> None:
        position, self._unsaved = self._unsaved, None
        self._saved_at = monotonic()
        if position is not None:
            now_us = self._around.clock.now_us()
            await self._send([positions.entry(self._around.settings, self._name, self._kind, position, now_us)])

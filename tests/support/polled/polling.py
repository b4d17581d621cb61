"""A poller that asks a server of this machine, on a clock that the test moves."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

import aiohttp
from support.collecting import Collecting, collecting
from support.polled.server import T0

from pipeline.clock import FixedClock
from pipeline.ingest.collect.pollers import KINDS, poller
from pipeline.ingest.collect.seam import SourceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.polled.server import Server

    from pipeline.ingest.collect.options import Kind
    from pipeline.ingest.collect.seam import Source

START_S = T0 + 3 * 3600


class Polling:
    """What runs, and its clock."""

    def __init__(self, running: Collecting, clock: FixedClock, source: poller.Poller) -> None:
        self.running, self.clock, self._source = running, clock, source

    @property
    def events(self):
        return self.running.events

    def facts(self, kind):
        """Event id, content, actor, parent and basis of the events of a kind."""
        names = ("event_id", "content_id", "actor_id", "parent_event_id", "parent_actor_id", "parent_basis")
        return [tuple(one.get(name) for name in names) for one in self.events if one["kind"] == kind]

    def totals(self):
        """Every figure that was told, in order."""
        return [(one["counter_kind"], one["count"]) for one in self.events if one["kind"] == "counter"]

    @property
    def kept(self):
        """The position as it was put out last."""
        return self._source._position()

    def ids(self, kind):
        return [one["event_id"] for one in self.events if one["kind"] == kind]

    def later(self, seconds):
        self.clock.set(self.clock.now_us() + int(seconds * 1_000_000))

    async def settled(self):
        """Every feed has been asked, and nothing is due."""
        await self.running.until(lambda: self._source.fault or self._rests())
        if self._source.fault:
            raise self._source.fault

    def _rests(self):
        return self._source._schedule.first().due_s > self.clock.now_us() / 1e6

    async def look_again(self, seconds=120):
        """The clock moves, and everything is asked that is due then."""
        self.later(seconds)
        await self.settled()


@asynccontextmanager
async def polling(server: Server, kind: str, posts, position=None, clock=None, **options) -> AsyncIterator[Polling]:
    clock = clock or FixedClock(START_S * 1_000_000)
    told = {"address": server.url, "posts": posts, "per_hour": 360_000, "longest_s": 60, "kind": kind, **options}
    made: list[poller.Poller] = []
    with patch.object(poller, "AWAKE_S", 0.01):
        async with collecting(kind, told, position, clock=clock, kinds={kind: _kept(KINDS[kind], made)}) as running:
            yield Polling(running, clock, made[0])


def _kept(kind: Kind, made: list[Source]) -> Kind:
    def make(*facts):
        source = kind.make(*facts)
        source.fault, source.run = None, _watched(source, source.run)
        made.append(source)
        return source

    return kind._replace(make=make)


def _watched(source: Source, run):
    """A defect ends the source: the test is told of it instead of waiting in vain."""

    async def watched(out, position):
        try:
            await run(out, position)
        except (SourceError, aiohttp.ClientError, OSError):
            raise
        except Exception as error:
            source.fault = error
            raise

    return watched

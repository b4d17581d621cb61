"""A worker is killed, or held up, at every place where something leaves the process, one after the other: all places, not some at random.

The same then for workers with one guarantee of the durable state broken on purpose: each must be noticed.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from itertools import count
from unittest.mock import patch

import pytest
from support.lives import Changelog, Life, World, everything

from pipeline.errors import FencedError
from pipeline.stream.flusher import Flusher
from pipeline.stream.journal import Journal, Tail, to_end
from pipeline.stream.store import Mark
from schemas.changelog import FORMAT, POSITION_KEY, Position, decode_position, encode_position
from schemas.rows import Blocks


async def kills(files):
    """For each place: its name, and what went wrong when one was killed there once and another started with these local files."""
    for place in count():
        world = World()
        first = Life(world, "mine", place)
        if await first.run():
            return
        yield first.passes.names[-1], await ends_well(world, files)


async def pauses(files):
    """The same for one that is held up there while another does all the rest, and awakes; a third one goes on."""
    for place in count():
        world = World()
        former = Life(world, "former", place, hold=True)
        running, held = asyncio.create_task(former.run()), asyncio.create_task(former.passes.held.wait())
        await asyncio.wait({running, held}, return_when=asyncio.FIRST_COMPLETED)
        held.cancel()
        if running.done():
            return
        assert await Life(world, "owner").run()
        former.passes.go.set()
        await running
        yield former.passes.names[place], await ends_well(world, files)


PLACES = {
    "before dead letters",
    "after dead letters",
    "after re-keyed records",
    "before ClickHouse",
    "within ClickHouse",
    "after ClickHouse",
    "before the changelog",
    "after the changelog",
    "after the local store",
    "before the offsets",
    "after the offsets",
}


async def ends_well(world, files):
    if not await Life(world, files).run():
        return "the next worker stopped"
    if everything(world.sink) != world.one_pass():
        return "figures differ"
    world.touch()
    if not await Life(world, files).run():
        return "the worker after it stopped"
    if everything(world.sink) != world.one_pass():
        return "figures differ when every content is touched"
    return "; ".join(world.broken_promises)


@pytest.mark.parametrize("files", ["mine", "none"])
async def test_a_kill_at_any_place_leaves_every_figure_as_it_is(files):
    results = [result async for result in kills(files)]
    assert [result for result in results if result[1]] == []
    assert {place for place, _ in results} >= PLACES


@pytest.mark.parametrize("files", ["former", "owner", "none"])
async def test_a_former_owner_that_wakes_up_at_any_place_changes_nothing(files):
    results = [result async for result in pauses(files)]
    assert [result for result in results if result[1]] == []
    assert {place for place, _ in results} >= PLACES


@contextmanager
def keep_before_clickhouse():
    """The changelog is written before ClickHouse has acknowledged."""

    async def flush(self):
        await self.sent.wait()
        ranges, self._ranges = self._ranges, []
        self._work.clear()
        blocks = Blocks()
        frozen = self._freeze(blocks)
        self._make_space()
        await self._keep(frozen)
        await self._write(blocks)
        for written in ranges:
            written.acknowledge()

    with patch.object(Flusher, "_flush", flush):
        yield


@contextmanager
def acknowledge_before_the_changelog():
    """Offsets may be committed before what they cover is kept."""
    plain = Life._commit

    async def flush(self):
        ranges, self._ranges = self._ranges, []
        self._work.clear()
        blocks = Blocks()
        frozen = self._freeze(blocks)
        self._make_space()
        await self._write(blocks)
        for written in ranges:
            written.acknowledge()
        await self.commit_now()
        await self._keep(frozen)

    async def nothing(self):
        """The flush has done it."""

    async def work(self):
        self.flusher.commit_now = lambda: plain(self)
        await inner(self)

    inner = Life._work
    with (
        patch.object(Flusher, "_flush", flush),
        patch.object(Life, "_commit", nothing),
        patch.object(Life, "_work", work),
    ):
        yield


@contextmanager
def no_fence():
    """A former owner may go on writing the changelog."""
    plain = Changelog.append

    async def append(self, pairs):
        self._world.changelog_owner, owner = self, self._world.changelog_owner
        try:
            return await plain(self, pairs)
        finally:
            self._world.changelog_owner = owner

    with patch.object(Changelog, "append", append):
        yield


@contextmanager
def no_tail():
    """Local files are believed as they are: what the changelog has beyond them is not read."""
    plain = Journal._read_tail

    async def read_tail(self, progress):
        mark = self.store.mark
        if mark is None:
            return await plain(self, progress)
        (position,) = [decode_position(value) for key, value in self._positions(mark.offset) if key == POSITION_KEY]
        self._identity = position.identity
        return Tail(position, fresh=False)

    def positions(self, offset):
        return [self._changelog._world.changelog[offset]]

    with patch.object(Journal, "_read_tail", read_tail), patch.object(Journal, "_positions", positions, create=True):
        yield


@contextmanager
def store_before_the_changelog():
    """The local files get the records first."""

    async def keep(self, changes, session):
        async with self._lock:
            if session != self._session or not self._is_open:
                return 0
            position = Position(
                FORMAT, self._identity, self._epoch, changes.next_offset, changes.latest_ms, changes.fence
            )
            await to_end(self.store.write, changes.records, None)
            records = [*changes.records, (POSITION_KEY, encode_position(position))]
            offset = await self._changelog.append(records)
            await to_end(self.store.write, [], Mark(self._identity, self._epoch, offset))
            self._pending = False
            return 1

    with patch.object(Journal, "keep", keep):
        yield


@contextmanager
def write_the_position_alone():
    """The changelog gets how far it is, and not what it holds."""
    plain = Changelog.append

    async def append(self, pairs):
        return await plain(self, pairs[-1:])

    with patch.object(Changelog, "append", append):
        yield


@contextmanager
def keep_what_was_frozen_before_a_takeover():
    """Who was fenced writes its local files all the same."""
    plain = Changelog.append

    async def append(self, pairs):
        try:
            return await plain(self, pairs)
        except FencedError:
            return max(0, len(self._world.changelog) - 2)

    with patch.object(Changelog, "append", append):
        yield


MUTANTS = (
    keep_before_clickhouse,
    acknowledge_before_the_changelog,
    no_fence,
    no_tail,
    store_before_the_changelog,
    write_the_position_alone,
    keep_what_was_frozen_before_a_takeover,
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
async def test_each_guarantee_broken_on_purpose_is_noticed(mutant):
    with mutant():
        assert await is_noticed()


async def is_noticed():
    for way, files in ((kills, "mine"), (pauses, "former"), (kills, "none"), (pauses, "none")):
        async for _, wrong in way(files):
            if wrong:
                return True
    return False

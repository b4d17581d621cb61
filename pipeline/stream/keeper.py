"""The durable state of all partitions of one worker: restore at assignment, keep at each flush, eviction and return.

A restore takes what is nearest: the state still in memory if nobody else wrote since; else the local store and the changelog's tail; else the
changelog alone; else `share.events` from the start. All of them lead to the same state, because each is a function of the same log.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from aiokafka.errors import KafkaError, KafkaTimeoutError

from pipeline.backoff import Backoff
from pipeline.errors import BrokenStoreError
from pipeline.metrics import Metric, Metrics
from pipeline.stream.journal import Journal, to_end
from pipeline.stream.memory import Memory
from pipeline.stream.partition import Changes, PartitionState
from pipeline.stream.thaw import Held, thaw
from schemas.changelog import decode_head

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Mapping

    from pipeline.status import Status
    from pipeline.stream.changelog import Message
    from pipeline.stream.chunks import KeyValue
    from pipeline.stream.journal import Tail
    from pipeline.stream.store import LocalStore

log = logging.getLogger("cascades.state")

SLICE_BYTES = 1 << 20
"""Chunks that one thread call turns into contents: about ten thousand facts."""

Progress = Callable[[int, int], None]
"""(partition, records still to be read)"""
Keep = Callable[[PartitionState], "Awaitable[None]"]
Revive = Callable[[PartitionState, Sequence[bytes]], "Awaitable[int]"]
Recall = Callable[[PartitionState, Sequence[bytes]], "Awaitable[Mapping[bytes, Sequence[bytes]]]"]
CatchUp = Callable[[PartitionState, int, Progress, Keep, Revive, Callable[[], bool]], "Awaitable[None]"]


@dataclass(frozen=True, slots=True)
class Frozen:
    """Changes of one partition on their way to its changelog."""

    partition: int
    session: int
    changes: Changes


class Told(NamedTuple):
    """What is kept beside the contents of a partition."""

    alerts: Sequence[KeyValue] = ()
    """Content and `AlertRecord` of all that something was told of."""
    baselines: bytes = b""
    recent: Sequence[bytes] = ()
    """Contents that had a record of late: whoever was killed may not have looked at them."""


class Keeper:
    """Journals by partition. Used on the event loop only."""

    def __init__(
        self,
        new_journal: Callable[[int], Journal],
        new_state: Callable[[int, LocalStore], PartitionState],
        catch_up: CatchUp,
        metrics: Metrics,
        *,
        idle_ms: int,
        max_facts: int,
        status: Status | None = None,
    ) -> None:
        self._new_journal = new_journal
        self._new_state = new_state
        self._catch_up = catch_up
        self._metrics = metrics
        self._idle_ms = idle_ms
        self.memory = Memory(max_facts, self._facts, metrics, status)
        self._journals: dict[int, Journal] = {}
        self._states: dict[int, PartitionState] = {}
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def restore(
        self, partition: int, state: PartitionState | None, until: int, progress: Progress
    ) -> PartitionState:
        """The partition's state up to the committed offset `until` or beyond, and nobody else may write it any more.

        `state` is the one that was in memory before, if any. Waits while Kafka is away. May be cancelled, and called again.
        """
        async with self._locks[partition]:
            backoff = Backoff(most=5.0)
            while True:
                try:
                    return await self._restore(partition, state, until, progress)
                except BrokenStoreError as error:
                    log.warning("%s; that is done now", error)
                    await to_end(self._journals[partition].store.wipe)
                except KafkaError as error:
                    if not (error.retriable or isinstance(error, KafkaTimeoutError)):
                        raise
                    log.warning("partition %d waits for Kafka (%r)", partition, error)
                state = None  # what an attempt has left half-way is not gone on with
                await asyncio.sleep(backoff.next())

    async def _restore(
        self, partition: int, state: PartitionState | None, until: int, progress: Progress
    ) -> PartitionState:
        began = perf_counter()
        journal = self._journals.get(partition) or self._journals.setdefault(partition, self._new_journal(partition))
        was_whole = journal.is_whole
        tail = await journal.open(lambda remaining: progress(partition, remaining))
        if state is None or tail.fresh or not was_whole:
            state = await self._load(partition, journal.store, tail)
        self._states[partition] = state
        await self._catch_up(state, until, progress, self._keep_one, self.revive, lambda: self.memory.is_full)
        seconds = perf_counter() - began
        self._metrics.observe(Metric.RESTORE_SECONDS, seconds)
        log.info("partition %d: %d contents, %d spreads in %.1f s", partition, len(state), state.nodes, seconds)
        return state

    def suspend(self) -> None:
        """Partitions are being taken: keep nothing more of what was frozen."""
        for journal in self._journals.values():
            journal.suspend()

    async def forget(self, partition: int) -> None:
        """The partition is somebody else's."""
        async with self._locks[partition]:
            self._states.pop(partition, None)
            if journal := self._journals.pop(partition, None):
                await journal.close()
        self.memory.evicted()

    async def close(self) -> None:
        """Let go of everything."""
        for partition in list(self._journals):
            await self.forget(partition)

    def freeze(self, state: PartitionState) -> Frozen | None:
        """What is new of a partition; None when nothing is. Call it at the point where its rows are frozen."""
        changes = state.changes()
        if changes is None:
            return None
        return Frozen(state.partition, self._journals[state.partition].freeze(), changes)

    async def keep(self, frozen: Sequence[Frozen]) -> None:
        """Write changes to changelog and local store, one partition after the other; waits while Kafka is away.

        When it returns, everything frozen outlives this process, except of partitions that were taken meanwhile. Raises FencedError.
        """
        for one in frozen:
            if journal := self._journals.get(one.partition):
                self._metrics.add(Metric.CHANGELOG_BYTES, await journal.keep(one.changes, one.session))

    def session(self, partition: int) -> int | None:
        """What `tell` needs, taken when it is decided what to tell; None while the partition is not ours to speak for."""
        journal = self._journals.get(partition)
        return journal.session if journal else None

    async def tell(
        self, partition: int, session: int, records: Sequence[KeyValue], messages: Sequence[Message] = ()
    ) -> bool:
        """Send messages to other topics and keep records that say so, in one transaction; waits while Kafka is away.

        False, and nothing is seen of it, when the partition was taken since. Raises FencedError.
        """
        journal = self._journals.get(partition)
        written = await journal.tell(records, messages, session) if journal else 0
        self._metrics.add(Metric.CHANGELOG_BYTES, written)
        return written > 0

    async def told(self, partition: int, since_ms: int) -> Told:
        """What is kept beside the contents, and which of them had a record since. Reads all local files of the partition, in a thread."""
        journal = self._journals.get(partition)
        return await to_end(_told, journal.store, since_ms) if journal else Told()

    def alert(self, partition: int, content: bytes) -> bytes | None:
        """The `AlertRecord` of a content, None when nothing was ever told of it. A look into the local files; raises BrokenStoreError."""
        return self._journals[partition].store.alert(content)

    def evict(self) -> None:
        """Let idle contents leave memory, and more of them above the ceiling.

        A partition with changes on their way to the local store is left alone: what would leave could not come back as it was.
        """
        held = self._facts()
        surplus, excess = held - self.memory.enough, held - self.memory.most
        for partition, state in self._states.items():
            if self._journals[partition].is_whole:
                left = state.evict(self._idle_ms, _share(surplus, state, held), _share(excess, state, held))
                self._metrics.add(Metric.CONTENTS_EVICTED, left)
        self.memory.evicted()

    def in_the_way(self, partition: int) -> list[Held]:
        """Contents that should leave memory and wait for a look."""
        held, state = self._facts(), self._states.get(partition)
        return [] if state is None else state.in_the_way(_share(held - self.memory.enough, state, held))

    async def revive(self, state: PartitionState, contents: Sequence[bytes], most: float = inf) -> int:
        """Bring contents back to memory, until so many facts came back. Returns how many contents were looked for, one at least.

        The event loop goes on meanwhile.
        """
        journal = self._journals.get(state.partition)
        if journal is None:
            return len(contents)
        found = await to_end(_read, journal.store, contents, state.population, most)
        self._metrics.add(Metric.CONTENTS_REVIVED, len(found))
        for held in found:
            if held is not None:
                state.admit(held)
        return len(found)

    def _facts(self) -> int:
        """In memory, of all partitions."""
        return sum(state.facts for state in self._states.values())

    async def recall(self, state: PartitionState, contents: Sequence[bytes]) -> Mapping[bytes, Sequence[bytes]]:
        """All chunks of contents, as they are kept. Call it when nothing is on its way to the local store."""
        journal = self._journals.get(state.partition)
        return await to_end(_chunks, journal.store, contents) if journal else dict.fromkeys(contents, ())

    async def _load(self, partition: int, store: LocalStore, tail: Tail) -> PartitionState:
        """A state from the local store: as many of the contents that are not idle as memory may hold. The others come when they are needed."""
        state = self._states[partition] = self._new_state(partition, store)
        position = tail.position
        if position is None:
            return state
        state.resume(
            position.next_offset,
            position.fence,
            position.latest_ms,
            await to_end(store.replayed),
            position.fence_numbers,
        )
        slices = _slices(store)
        while self._facts() < self.memory.enough and (contents := await to_end(next, slices, None)) is not None:
            for held in await to_end(_thaw, contents, state.population, position.latest_ms - self._idle_ms):
                if self._facts() < self.memory.enough:
                    state.admit(held)
        await self.revive(state, [content for content in position.behind if not state.get(content.decode())])
        state.sort()
        self.evict()
        return state

    async def _keep_one(self, state: PartitionState) -> None:
        frozen = self.freeze(state)
        if frozen:
            await self.keep([frozen])
        self.evict()


def _told(store: LocalStore, since_ms: int) -> Told:
    recent = [content for content, values in store.contents() if decode_head(values[-1]).arrived_ms >= since_ms]
    return Told(store.alerts(), store.baselines(), recent)


def _chunks(store: LocalStore, contents: Sequence[bytes]) -> dict[bytes, list[bytes]]:
    return {content: store.chunks(content) for content in contents}


def _share(surplus: int, state: PartitionState, held: int) -> int:
    """Of a surplus over all partitions, what this one has to give: by its facts among those `held`."""
    return -(-surplus * state.facts // held) if surplus > 0 else 0


def _read(
    store: LocalStore, contents: Sequence[bytes], population: Mapping[str, int], most: float
) -> list[Held | None]:
    """None for one that the store does not have."""
    found: list[Held | None] = []
    for content in contents:
        chunks = store.chunks(content)
        held = thaw(content, chunks, population) if chunks else None
        found.append(held)
        most -= held.tail.total if held else 0
        if most <= 0:
            break
    return found


def _thaw(
    contents: Sequence[tuple[bytes, list[bytes]]], population: Mapping[str, int], not_before_ms: int
) -> list[Held]:
    return [
        thaw(content, values, population)
        for content, values in contents
        if decode_head(values[-1]).arrived_ms >= not_before_ms
    ]


def _slices(store: LocalStore) -> Iterator[list[tuple[bytes, list[bytes]]]]:
    some: list[tuple[bytes, list[bytes]]] = []
    size = 0
    for content, values in store.contents():
        some.append((content, values))
        size += sum(map(len, values))
        if size >= SLICE_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some

"""The worker with one guarantee broken on purpose: the simulation has to notice each of them.

A mutant is a context manager that changes the real code in place. Its docstring says which promise it breaks.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from simulation.clients import _request, _world
from simulation.run import run
from simulation.state import SimChangelog, SimStore

from pipeline.errors import SinkTransientError
from pipeline.stream.batch import Batch
from pipeline.stream.cycle import Cycle
from pipeline.stream.decode import decode
from pipeline.stream.flusher import Flusher
from pipeline.stream.journal import Journal, Tail, _TailReader
from pipeline.stream.keeper import Keeper
from pipeline.stream.ledger import Ledger
from pipeline.stream.misplaced import Fence
from pipeline.stream.ownership import Ownership
from pipeline.stream.partition import PartitionState
from pipeline.stream.producer import Producer
from pipeline.stream.refresh import Refresher
from pipeline.stream.transport import Consumer
from schemas.changelog import ALERT_PREFIX, POSITION_KEY
from schemas.rows import Blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from simulation.faults import Fault

    from pipeline.stream.batch import Range


@contextmanager
def commit_before_sink() -> Iterator[None]:
    """Ranges are acknowledged when they are folded, before ClickHouse has their rows."""
    plain = Flusher.add

    def add(self: Flusher, folded: Any, rows: int) -> None:
        folded.acknowledge()
        plain(self, folded, rows)

    with patch.object(Flusher, "add", add):
        yield


@contextmanager
def skip_the_offset_fence() -> Iterator[None]:
    """A record that was applied already is folded once more when it is read again."""
    plain = PartitionState.apply

    def apply(self: PartitionState, records: Any, decoded: Any, recalled: Any = None) -> Any:
        records = list(records)
        if records:
            self.next_offset = records[0].offset
        return plain(self, records, decoded, recalled)

    with patch.object(PartitionState, "apply", apply):
        yield


@contextmanager
def drop_the_ledger() -> Iterator[None]:
    """What was fetched is committed, acknowledged or not."""
    committable = property(lambda self: None if self._last is None else self._last + 1)
    with patch.object(Ledger, "committable", committable):
        yield


@contextmanager
def skip_the_re_key_fence() -> Iterator[None]:
    """Every copy of a misplaced record is folded, repeats too."""
    with patch.object(Fence, "is_repeat", lambda *_, **__: False):
        yield


@contextmanager
def forget_what_changed_after_a_failed_flush() -> Iterator[None]:
    """A block that ClickHouse refused is not tried again."""

    async def once(self: Flusher, blocks: Blocks) -> bool:
        try:
            await self._in_thread(self._sink.write, blocks)
        except SinkTransientError as error:
            await self._wait(error)
        return True

    with patch.object(Flusher, "_try", once):
        yield


@contextmanager
def keep_states_without_catching_up() -> Iterator[None]:
    """A state that comes back after a rebalance is used as it is, although another owner committed records meanwhile."""
    plain = Ownership._prepare

    def prepare(self: Ownership, partition: int, position: int, reader: Any) -> None:
        if partition in self.states:
            self._ready(partition, reader)
        else:
            plain(self, partition, position, reader)

    with patch.object(Ownership, "_prepare", prepare):
        yield


@contextmanager
def start_without_the_state() -> Iterator[None]:
    """A partition is read on from where the changelog is, with an empty state."""

    async def load(self: Keeper, partition: int, store: Any, tail: Tail) -> PartitionState:
        state = self._states[partition] = self._new_state(partition, store)
        state._cold = None
        if tail.position:
            state.resume(tail.position.next_offset, tail.position.fence, tail.position.latest_ms)
        return state

    with patch.object(Keeper, "_load", load):
        yield


@contextmanager
def fold_batches_that_a_rebalance_overtook() -> Iterator[None]:
    """Nobody asks whether a batch is still live."""
    with patch.object(Batch, "live", property(lambda _self: True)):
        yield


@contextmanager
def lose_the_mark_of_records_that_a_rebalance_overtook() -> Iterator[None]:
    """Records that were fetched and not handed out leave no mark, so nobody reads them again."""
    lost = property(lambda _self: False, lambda _self, _lost: None)
    with patch.object(Consumer, "_position_is_lost", lost, create=True):
        yield


@contextmanager
def do_not_wait_for_dead_letters() -> Iterator[None]:
    """A batch is acknowledged although Kafka refused its dead letters."""

    async def send(self: Producer, letters: Any) -> None:
        await asyncio.gather(*map(self._send, letters), return_exceptions=True)

    with patch.object(Producer, "send_dead_letters", send):
        yield


@contextmanager
def send_re_keyed_records_side_by_side() -> Iterator[None]:
    """Record batches of one target are sent at once: a later one may arrive while an earlier one fails."""

    async def send(self: Producer, misplaced: Any) -> None:
        await asyncio.gather(*(self._send_to(one.partition, [one]) for one in misplaced))

    with patch.object(Producer, "send_in_order", send):
        yield


@contextmanager
def hand_over_before_producing() -> Iterator[None]:
    """The range goes to the flusher before its dead letters and copies are in Kafka."""

    async def take(self: Cycle, batch: Batch) -> None:
        await self._flusher.room()
        if not batch.live:
            return
        applied = await self._fold(batch, decode(batch.records))
        if applied and batch.live:
            self._flusher.add(batch.range, applied.rows)
            await self._producer.send_dead_letters(applied.dead_letters)
            await self._producer.send_in_order(applied.misplaced)

    with patch.object(Cycle, "take", take):
        yield


@contextmanager
def freeze_what_was_never_sent() -> Iterator[None]:
    """A range is taken for sent although its dead letters were given up."""
    plain = Cycle._produce

    async def produce(self: Cycle, applied: Any) -> None:
        try:
            await plain(self, applied)
        finally:
            self._flusher.sent.set()

    with patch.object(Cycle, "_produce", produce):
        yield


@contextmanager
def read_on_without_bounds() -> Iterator[None]:
    """Nothing holds back the reading while ClickHouse is away."""

    async def room(_self: Flusher) -> None:
        return

    with patch.object(Flusher, "room", room):
        yield


@contextmanager
def write_the_changelog_before_the_sink() -> Iterator[None]:
    """The changelog says that records are applied whose rows ClickHouse does not have yet."""
    plain = Flusher._write

    async def flush(self: Flusher) -> None:
        await self.sent.wait()
        ranges, self._ranges = self._ranges, []
        self._work.clear()
        blocks = Blocks()
        frozen = self._freeze(blocks)
        self._make_space()
        await self._keep(frozen)
        if blocks:
            await plain(self, blocks)
        _acknowledge(self, ranges)

    with patch.object(Flusher, "_flush", flush):
        yield


@contextmanager
def commit_before_the_changelog() -> Iterator[None]:
    """Ranges are acknowledged when ClickHouse has their rows; the changelog follows."""

    async def flush(self: Flusher) -> None:
        await self.sent.wait()
        ranges, self._ranges = self._ranges, []
        self._work.clear()
        blocks = Blocks()
        frozen = self._freeze(blocks)
        self._make_space()
        if blocks:
            await self._write(blocks)
        _acknowledge(self, ranges)
        await self._keep(frozen)

    with patch.object(Flusher, "_flush", flush):
        yield


def _acknowledge(flusher: Flusher, ranges: list[Range]) -> None:
    for written in ranges:
        written.acknowledge()
    if not flusher._ranges:
        flusher._idle.set()


@contextmanager
def let_former_owners_write_the_changelog() -> Iterator[None]:
    """No transaction is refused, whoever sends it: there is no fence."""
    plain = SimChangelog._append

    def append(self: SimChangelog, _token: object, records: Any, messages: Any) -> int:
        self._log.owner = self
        return plain(self, self, records, messages)

    with patch.object(SimChangelog, "_append", append):
        yield


@contextmanager
def keep_what_was_frozen_before_the_partition_was_taken() -> Iterator[None]:
    """Changes of an earlier ownership are written after the state was restored anew."""
    plain = Journal.keep

    async def keep(self: Journal, changes: Any, _session: int) -> int:
        return await plain(self, changes, self._session)

    with patch.object(Journal, "keep", keep):
        yield


@contextmanager
def restore_without_the_tail() -> Iterator[None]:
    """What a local store has is taken for all there is."""
    plain = _TailReader.take

    async def take(self: _TailReader, records: Any, remaining: int) -> None:
        if self._mark is None:
            await plain(self, records, remaining)
        elif self.position is None:
            await plain(self, [one for one in records if one[1] == POSITION_KEY][:1], remaining)

    with patch.object(_TailReader, "take", take):
        yield


@contextmanager
def accept_a_store_of_another_changelog() -> Iterator[None]:
    """A local store stays although it is ahead of the changelog, or from an earlier one."""

    with patch.object(SimStore, "wipe", lambda _self: None):
        yield


@contextmanager
def reuse_a_state_that_another_owner_overtook() -> Iterator[None]:
    """What is in memory is taken for the latest, although somebody else wrote the changelog meanwhile."""
    plain = Journal.open

    async def open_it(self: Journal, progress: Any) -> Tail:
        tail = await plain(self, progress)
        return Tail(tail.position, fresh=False)

    with patch.object(Journal, "open", open_it):
        yield


@contextmanager
def reuse_a_state_whose_changes_were_not_kept() -> Iterator[None]:
    """Changes that were taken from a state and never written are nowhere, yet the state goes on."""
    with patch.object(Journal, "is_whole", property(lambda _self: True)):
        yield


@contextmanager
def evict_what_is_on_its_way() -> Iterator[None]:
    """Contents leave memory although their latest changes are not in the local store yet."""

    def evict(self: PartitionState, _idle_ms: int, _surplus: int = 0) -> int:
        gone = [content for content in self._contents if content not in self._run.touched]
        for content in gone:
            del self._contents[content]
        return len(gone)

    def everywhere(self: Keeper) -> None:
        for state in self._states.values():
            state.evict(0)

    with patch.object(PartitionState, "evict", evict), patch.object(Keeper, "evict", everywhere):
        yield


@contextmanager
def tell_without_noting_it() -> Iterator[None]:
    """An alert is sent, and the record that it was told is not in the transaction."""
    plain = SimChangelog._append

    def append(self: SimChangelog, token: object, records: Any, messages: Any) -> int:
        return plain(self, token, [pair for pair in records if not pair[0].startswith(ALERT_PREFIX)], messages)

    with patch.object(SimChangelog, "_append", append):
        yield


@contextmanager
def tell_before_the_transaction() -> Iterator[None]:
    """An alert is seen whether its transaction is committed or not."""
    plain = SimChangelog.append

    async def append(self: SimChangelog, records: Any, messages: Any = ()) -> int:
        await _request(lambda: _world().told.extend(messages))
        return await plain(self, records)

    with patch.object(SimChangelog, "append", append):
        yield


@contextmanager
def note_it_before_it_is_told() -> Iterator[None]:
    """A look holds before its transaction is committed."""
    plain = Refresher._hold

    async def hold(self: Refresher, pulse: Any, session: int, looks: Any, now_us: int) -> bool:
        for seen in looks:
            pulse._install(seen.held, seen.after)
        return await plain(self, pulse, session, looks, now_us)

    with patch.object(Refresher, "_hold", hold):
        yield


MUTANTS: dict[Callable[[], AbstractContextManager[None]], int] = {
    tell_without_noting_it: 0,
    tell_before_the_transaction: 131,
    note_it_before_it_is_told: 3,
    commit_before_sink: 0,
    skip_the_offset_fence: 4,
    drop_the_ledger: 0,
    skip_the_re_key_fence: 4,
    forget_what_changed_after_a_failed_flush: 2,
    keep_states_without_catching_up: 0,
    start_without_the_state: 0,
    fold_batches_that_a_rebalance_overtook: 27,
    lose_the_mark_of_records_that_a_rebalance_overtook: 11,
    do_not_wait_for_dead_letters: 39,
    send_re_keyed_records_side_by_side: 5,
    hand_over_before_producing: 3,
    read_on_without_bounds: 0,
    write_the_changelog_before_the_sink: 0,
    commit_before_the_changelog: 0,
    let_former_owners_write_the_changelog: 12,
    keep_what_was_frozen_before_the_partition_was_taken: 27,
    restore_without_the_tail: 11,
    accept_a_store_of_another_changelog: 118,
    reuse_a_state_that_another_owner_overtook: 34,
    reuse_a_state_whose_changes_were_not_kept: 5,
    evict_what_is_on_its_way: 182,
}
"""And a seed that notices it: the tests begin with that one, and go on to others when faults or records are drawn in another way."""


def first_failure(name: str, seeds: Sequence[int], faults: Sequence[Fault] | None = None) -> str:
    """What the first seed says that notices a mutant; empty when none does."""
    mutant = next(mutant for mutant in (*MUTANTS, freeze_what_was_never_sent) if mutant.__name__ == name)
    with mutant():
        return next((failures[0] for seed in seeds if (failures := run(seed, faults).failures)), "")

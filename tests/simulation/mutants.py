"""The worker with one guarantee broken on purpose: the simulation has to notice each of them.

A mutant is a context manager that changes the real code in place. Its docstring says which promise it breaks.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from pipeline.errors import SinkTransientError
from pipeline.stream.cycle import Cycle
from pipeline.stream.flusher import Flusher
from pipeline.stream.ledger import Ledger
from pipeline.stream.misplaced import Fence
from pipeline.stream.ownership import Ownership
from pipeline.stream.partition import PartitionState
from pipeline.stream.producer import Producer
from pipeline.stream.transport import Consumer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from pipeline.stream.batch import Batch
    from schemas.rows import Blocks


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

    def apply(self: PartitionState, records: Any, decoded: Any) -> Any:
        records = list(records)
        if records:
            self.next_offset = records[0].offset
        return plain(self, records, decoded)

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
    with patch.object(Fence, "is_repeat", lambda _self, _headers: False):
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
    """A partition is read from its committed offset on with an empty state."""
    with patch.object(
        Ownership, "_prepare", lambda self, partition, _position, reader: _empty(self, partition, reader)
    ):
        yield


def _empty(ownership: Ownership, partition: int, reader: Any) -> None:
    ownership.states.setdefault(partition, ownership._new_state(partition))
    ownership._ready(partition, reader)


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
        applied = self._fold(batch)
        self._flusher.add(batch.range, applied.rows)
        await self._produce(applied)

    with patch.object(Cycle, "take", take):
        yield


@contextmanager
def read_on_without_bounds() -> Iterator[None]:
    """Nothing holds back the reading while ClickHouse is away."""

    async def room(_self: Flusher) -> None:
        return

    with patch.object(Flusher, "room", room):
        yield


MUTANTS: tuple[Callable[[], AbstractContextManager[None]], ...] = (
    commit_before_sink,
    skip_the_offset_fence,
    drop_the_ledger,
    skip_the_re_key_fence,
    forget_what_changed_after_a_failed_flush,
    keep_states_without_catching_up,
    start_without_the_state,
    lose_the_mark_of_records_that_a_rebalance_overtook,
    do_not_wait_for_dead_letters,
    send_re_keyed_records_side_by_side,
    hand_over_before_producing,
    read_on_without_bounds,
)

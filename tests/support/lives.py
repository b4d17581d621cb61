"""Workers of one partition that live one after the other, or beside each other, on a log, a changelog, a group and a sink in memory.

Cycle, flusher, keeper, journal, ledger and the core are the real ones. A life can be ended, or held, at every place where something
leaves the process: so all of them can be tried.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from support.stream import TOPIC, FakeRecord, copy_of, event_json, record, state
from support.worker import tables

from pipeline.errors import FencedError
from pipeline.metrics import Metrics
from pipeline.sinks.memory import MemorySink
from pipeline.status import Status
from pipeline.stream.batch import Batch
from pipeline.stream.cycle import Cycle
from pipeline.stream.decode import decode
from pipeline.stream.flusher import Flusher
from pipeline.stream.journal import Journal
from pipeline.stream.keeper import Keeper
from pipeline.stream.ledger import Ledger
from schemas.changelog import ALERT_PREFIX, BASELINES_PREFIX, POSITION_KEY, alert_key, content_of, decode_position
from schemas.rows import Blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pipeline.stream.changelog import Message
    from pipeline.stream.store import Mark

BATCH = 5
RECORDS = 40
STAGES = ("ab", "bc", "ca", "ad")
"""Which contents have records when: each flush leaves some alone that others touch."""


def records() -> list[FakeRecord]:
    """A few cascades with copies, late parents, a retraction, a broken record, one under a wrong key and the copy of such a one."""
    made: list[FakeRecord] = []
    for number in range(RECORDS):
        content = STAGES[number * len(STAGES) // RECORDS][number % 2]
        if number % 11 == 7:
            made.append(FakeRecord(number, content.encode(), event_json(f"e{number - 2}", content)))
        elif number % 13 == 5:
            made.append(FakeRecord(number, b"wrong", event_json(f"e{number}", content)))
        elif number % 17 == 3:
            made.append(FakeRecord(number, content.encode(), b"broken"))
        elif number % 19 == 9:
            made.append(copy_of((7, number), number, f"e{number}", content))
        elif number % 23 == 20:
            made.append(
                record(number, f"r{number}", content, kind="retract", target_event_id="e2", actor_id="actor of e2")
            )
        else:
            made.append(record(number, f"e{number}", content, parent_event_id=f"e{number + 2 * (-1) ** number}"))
    return made


class Killed(BaseException):
    """The process is gone. No `except Exception` sees it."""


class World:
    """What outlives the workers."""

    def __init__(self) -> None:
        self.log = records()
        self.sink = MemorySink()
        self.files: defaultdict[str, Store] = defaultdict(Store)
        self.changelog: list[tuple[bytes, bytes] | None] = []
        self.changelog_owner: Changelog | None = None
        self.group_owner: Life | None = None
        self.committed = 0
        self.sent: list[Any] = []
        self.told: list[Message] = []
        self.broken_promises: list[str] = []

    def commit(self, life: Life, offset: int) -> None:
        """As the group's coordinator: from its member only. What is committed must be kept."""
        if life is not self.group_owner:
            raise FencedError("not a member")
        self.committed = offset
        if self.kept < offset:
            self.broken_promises.append(f"{offset} is committed, {self.kept} kept")

    @property
    def kept(self) -> int:
        """Up to where the changelog says that it has everything."""
        kept = [decode_position(pair[1]).next_offset for pair in self.changelog if pair and pair[0] == POSITION_KEY]
        return kept[-1] if kept else 0

    def one_pass(self) -> dict[str, list[dict[str, object]]]:
        """What an undisturbed worker writes."""
        sink, target, blocks = MemorySink(), state(), Blocks()
        target.apply(self.log, decode(self.log))
        target.freeze(blocks)
        sink.write(blocks)
        return everything(sink)

    def touch(self) -> None:
        """One more share of each content: whatever state its worker has shows."""
        for content in sorted({*"".join(STAGES)}):
            self.log.append(record(len(self.log), f"touch {len(self.log)}", content))


class Store:
    """As `pipeline.stream.store.LocalStore` promises: a write is atomic and outlives a kill."""

    def __init__(self) -> None:
        self.wipe()

    def wipe(self) -> None:
        self._entries: dict[bytes, bytes] = {}
        self.mark: Mark | None = None

    def write(self, pairs: Iterable[tuple[bytes, bytes]], mark: Mark | None) -> None:
        self._entries.update(pairs)
        self.mark = mark or self.mark

    def contents(self) -> Iterator[tuple[bytes, list[bytes]]]:
        found: defaultdict[bytes, list[bytes]] = defaultdict(list)
        for key in sorted(key for key in self._entries if key >= b"\1"):
            found[content_of(key)].append(self._entries[key])
        return iter(found.items())

    def replayed(self) -> list[Any]:
        return []

    def alert(self, content: bytes) -> bytes | None:
        return self._entries.get(alert_key(content))

    def alerts(self) -> list[tuple[bytes, bytes]]:
        return [(key[len(ALERT_PREFIX) :], value) for key, value in self._under(ALERT_PREFIX)]

    def baselines(self) -> bytes:
        return b"".join(value for _, value in self._under(BASELINES_PREFIX))

    def _under(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        return sorted(pair for pair in self._entries.items() if pair[0].startswith(prefix))

    def close(self) -> None:
        """Nothing to close."""


def everything(sink: MemorySink) -> dict[str, list[dict[str, object]]]:
    return tables(sink) | {"dead_letters": sink.rows("dead_letters")}


class Changelog:
    """One partition of the changelog topic, as `pipeline.stream.changelog.Changelog` promises it."""

    topic = "changelog"

    def __init__(self, world: World, passes: Passes) -> None:
        self._world, self._passes = world, passes

    async def take_over(self) -> None:
        self._world.changelog_owner = self

    async def append(self, pairs: Sequence[tuple[bytes, bytes]], messages: Sequence[Message] = ()) -> int:
        await self._passes("before the changelog")
        if self._world.changelog_owner is not self:
            raise FencedError("another worker has taken over")
        self._world.changelog += [*pairs, None]  # None: the mark of the transaction
        self._world.told += messages
        offset = len(self._world.changelog) - 2
        await self._passes("after the changelog")
        return offset

    async def read(self, start: int, take: Callable[[list[tuple[int, bytes, bytes]], int], Any]) -> int:
        end = len(self._world.changelog)
        if start > end:
            return -1
        found = [(number, *pair) for number, pair in enumerate(self._world.changelog) if pair and number >= start]
        await take(found, 0)
        return end

    async def close(self) -> None:
        """Nothing to close."""


class Passes:
    """The places where something leaves the process, in the order in which they come. At number `at` the life ends, or stops until `go` is set."""

    def __init__(self, at: int, *, hold: bool = False) -> None:
        self.names: list[str] = []
        self.held, self.go = asyncio.Event(), asyncio.Event()
        self._at, self._hold = at, hold

    async def __call__(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) - 1 != self._at:
            return
        if not self._hold:
            raise Killed(name)
        self.held.set()
        await self.go.wait()


class Reader:
    """Sends nothing anywhere, but takes note."""

    def __init__(self, world: World, passes: Passes) -> None:
        self._world, self._passes = world, passes

    async def send_dead_letters(self, letters: Sequence[Any]) -> None:
        await self._passes("before dead letters")
        self._world.sent += [letter.record.offset for letter in letters]
        await self._passes("after dead letters")

    async def send_in_order(self, misplaced: Sequence[Any]) -> None:
        self._world.sent += [one.record.offset for one in misplaced]
        await self._passes("after re-keyed records")


class Life:
    """One worker from its start to the end of the log, unless something strikes it at place number `at`."""

    def __init__(self, world: World, name: str = "mine", at: int = -1, *, hold: bool = False) -> None:
        self.world = world
        self.passes = Passes(at, hold=hold)
        journal = Journal(Changelog(world, self.passes), world.files[name], 0)  # type: ignore[arg-type]
        self._strike_store(journal)
        self.keeper = Keeper(
            lambda _: journal, lambda _, store: state(), self._catch_up, Metrics(), idle_ms=10**15, max_facts=10**9
        )
        self._ledger = Ledger()
        self.states: dict[int, Any] = {}
        metrics = Metrics()
        self.flusher = Flusher(
            world.sink,
            self._freeze,
            self.keeper.keep,
            Status(metrics),
            metrics,
            interval_s=0.0,
            max_rows=10**9,
            in_thread=self._write,
        )
        reader = Reader(world, self.passes)
        self._cycle = Cycle(self.states, self.keeper.revive, reader, self.flusher, metrics, recall=self.keeper.recall)  # type: ignore[arg-type]

    async def run(self) -> bool:
        """False when it was killed, or fenced."""
        try:
            await self._start()
            await self._work()
        except (Killed, FencedError):
            return False
        else:
            return True

    async def _start(self) -> None:
        world = self.world
        world.group_owner = self
        self.states[0] = await self.keeper.restore(0, None, world.committed, lambda *_: None)

    async def _work(self) -> None:
        first = self.world.committed
        while first < len(self.world.log):
            for start in (first, first + BATCH):  # two ranges in one flush
                if some := self.world.log[start : start + BATCH]:
                    handed_out = self._ledger.hand_out(some[0].offset, some[-1].offset)
                    await self._cycle.take(Batch(TOPIC, 0, some, handed_out))
            first += 2 * BATCH
            await self.flusher._flush()
            await self._commit()

    async def _commit(self) -> None:
        await self.passes("before the offsets")
        if self._ledger.committable is not None:
            self.world.commit(self, self._ledger.committable)
        await self.passes("after the offsets")

    def _freeze(self, out: Blocks) -> list[Any]:
        self.states[0].freeze(out)
        frozen = self.keeper.freeze(self.states[0])
        return [frozen] if frozen else []

    async def _write(self, write: Callable[[Blocks], None], blocks: Blocks) -> None:
        await self.passes("before ClickHouse")
        half = Blocks(list(blocks.items())[: len(blocks) // 2])
        write(half)
        await self.passes("within ClickHouse")
        write(blocks)
        await self.passes("after ClickHouse")

    def _strike_store(self, journal: Journal) -> None:
        inner = journal.keep

        async def keep(*args: Any) -> int:
            written = await inner(*args)
            await self.passes("after the local store")
            return written

        journal.keep = keep  # type: ignore[method-assign]

    async def _catch_up(self, target: Any, until: int, *_: Any) -> None:
        """As `pipeline.stream.rebuild.catch_up`, from the log in memory."""
        if target.next_offset < self.world.kept:
            self.world.broken_promises.append(f"restored up to {target.next_offset}, {self.world.kept} is kept")
        if target.next_offset < until:
            target.discard()
            some = self.world.log[target.next_offset : until]
            target.apply(some, decode(some))
            target.discard()

"""A refresher over one partition in memory: the log, what is kept, the clock and the rules are the test's own."""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, Any

from support.stream import TOPIC, FakeRecord, event_json

from pipeline.cascade.controls import Controls
from pipeline.clock import FixedClock
from pipeline.config import Settings
from pipeline.metrics import Metrics
from pipeline.sinks.memory import MemorySink
from pipeline.status import Status
from pipeline.stream.clock_rows import ClockRows
from pipeline.stream.decode import decode
from pipeline.stream.keeper import Told
from pipeline.stream.memory import Memory
from pipeline.stream.partition import PartitionState
from pipeline.stream.refresh import Around, Refresher
from pipeline.stream.rules_file import RulesFile
from pipeline.stream.thaw import thaw
from schemas.alert import Alert, decode_alert, moment
from schemas.changelog import ALERT_PREFIX, BASELINES_PREFIX, alert_key, content_of, decode_head
from schemas.rows import Blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.stream.changelog import Message
    from pipeline.stream.thaw import Held

NOON = 1_709_380_800_000_000
SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000


class Kept:
    """One partition's changelog: all that is kept, and all that was told. `fails` says what the next transactions come to."""

    def __init__(self) -> None:
        self.entries: dict[bytes, bytes] = {}
        self.messages: list[Message] = []
        self.transactions = 0
        self.owner: int | None = 1
        self.takes_hold = True
        self.revived: list[bytes] = []
        self.peak = 0
        """Facts in memory, at most."""
        self.state: PartitionState | None = None
        self.memory = Memory(10**9, self._facts, Metrics())

    def session(self, _partition: int) -> int | None:
        return self.owner

    async def tell(self, _partition: int, session: int, records: Any, messages: Sequence[Message] = ()) -> bool:
        await asyncio.sleep(0)
        if session != self.owner or not self.takes_hold:
            return False
        self.entries.update(records)
        self.messages += messages
        self.transactions += 1
        return True

    async def told(self, _partition: int, since_ms: int) -> Told:
        await asyncio.sleep(0)
        told = [(key[len(ALERT_PREFIX) :], value) for key, value in self._under(ALERT_PREFIX)]
        last = {content_of(key): self.entries[key] for key in sorted(self.entries) if key >= b"\1"}
        recent = [content for content, value in last.items() if decode_head(value).arrived_ms >= since_ms]
        return Told(told, b"".join(value for _, value in self._under(BASELINES_PREFIX)), recent)

    def alert(self, _partition: int, content: bytes) -> bytes | None:
        return self.entries.get(alert_key(content))

    def evict(self) -> None:
        if self.state is not None:
            self.state.evict(10**15, self._facts() - self.memory.enough, self._facts() - self.memory.most)
            self.memory.evicted()

    def in_the_way(self, _partition: int) -> list[Held]:
        return [] if self.state is None else self.state.in_the_way(self._facts() - self.memory.enough)

    async def revive(self, state: PartitionState, contents: Sequence[bytes], most: float = inf) -> int:
        before, sought = state.facts, 0
        for content in contents:
            sought += 1
            self.revived.append(content)
            if chunks := [self.entries[key] for key in sorted(self.entries) if self._is_chunk(key, content)]:
                state.admit(thaw(content, chunks, {}))
            if state.facts - before >= most:
                break
        self.peak = max(self.peak, self._facts())
        return sought

    def _facts(self) -> int:
        return self.state.facts if self.state else 0

    def alerts(self) -> list[Alert]:
        return [decode_alert(message.value) for message in self.messages]

    @staticmethod
    def _is_chunk(key: bytes, content: bytes) -> bool:
        return key >= b"\1" and content_of(key) == content

    def _under(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        return sorted(pair for pair in self.entries.items() if pair[0].startswith(prefix))


class Bench:
    """A worker with one partition; `restart` is another worker that has only what is kept."""

    def __init__(
        self, kept: Kept | None = None, sink: MemorySink | None = None, now_us: int = NOON, **settings: Any
    ) -> None:
        self.settings = Settings(events_topic=TOPIC, **settings)
        self.kept, self.sink = kept or Kept(), sink or MemorySink()
        self.kept.memory = Memory(self.settings.state_max_events, self.kept._facts, Metrics())
        self.clock = FixedClock(now_us)
        self.metrics = Metrics()
        self.status = Status(self.metrics)
        self.state = PartitionState(TOPIC, 0, lambda _key: 0, {}, watched=True)
        self.states = {0: self.state}
        self.kept.state = self.state
        self.at_end, self.in_touch, self.seconds, self.nudges = True, True, 0.0, 0
        self.controls, self.controls_read = Controls(), asyncio.Event()
        self.rules = RulesFile(self.settings.rules_file, self.status, self.metrics)
        self.rules.load()
        self.rows = ClockRows(1000, self.metrics)
        around = Around(
            self.states,
            self.kept,
            self._is_at_end,
            lambda: self.in_touch,
            self._nudged,
            self.controls,
            self.controls_read,
        )
        self.refresher = Refresher(
            self.settings, around, self.rules, self.rows, self.metrics, self.clock, lambda: self.seconds
        )

    async def tick(self, seconds: float = 0.0) -> None:
        """Let so many seconds pass, then look around, and write the rows."""
        self.clock.set(self.clock.now_us() + round(seconds * SECOND))
        self.seconds += min(seconds, 1.0)
        await self.refresher.tick()
        self.write()

    async def run(self, seconds: int, step: float = 1.0) -> None:
        for _ in range(round(seconds / step)):
            await self.tick(step)

    def write(self) -> None:
        out = Blocks()
        self.state.freeze(out)
        self.rows.take(out)
        self.sink.write(out)

    def keep(self) -> None:
        """As the journal does."""
        self.write()
        changes = self.state.changes()
        self.kept.entries.update(changes.records if changes else ())

    def share(self, count: int = 1, content: str = "c", ago_s: float = 0.0, **fields: Any) -> None:
        """So many shares that arrive now and are dated `ago_s` seconds before."""
        now = self.clock.now_us()
        at = moment(now - round(ago_s * SECOND)).isoformat()
        first = self.state.next_offset
        records = [
            FakeRecord(
                offset, content.encode(), event_json(f"e{offset}", content, occurred_at=at, **fields), now // 1000
            )
            for offset in range(first, first + count)
        ]
        self.state.apply(records, decode(records))

    def restart(self) -> Bench:
        """Another worker takes over with what is kept of contents and alerts."""
        after = Bench(
            self.kept,
            self.sink,
            self.clock.now_us(),
            **self.settings.model_dump(exclude_unset=True, exclude={"events_topic"}),
        )
        contents = sorted({content_of(key) for key in self.kept.entries if key >= b"\1"})
        for content in contents:
            chunks = [self.kept.entries[key] for key in sorted(self.kept.entries) if self.kept._is_chunk(key, content)]
            after.state.admit(thaw(content, chunks, {}))
        after.state.resume(self.state.next_offset, {}, self.state.latest_ms)
        return after

    def clock_row(self, content: str = "c") -> dict[str, Any]:
        (row,) = [row for row in self.sink.rows("content_clock") if row["content_id"] == content]
        return row

    async def _is_at_end(self, _partition: int, _next_offset: int) -> bool:
        return self.at_end

    def _nudged(self) -> None:
        self.nudges += 1

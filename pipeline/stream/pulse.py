"""What the refresher knows of one partition: its clock, its schedule, its baselines, and where the alerts of its contents are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.cascade.baselines import Baselines
from pipeline.stream.clock_rows import Minutes
from pipeline.stream.look import NOTHING_TOLD, WINDOW_US, look
from pipeline.stream.partition_clock import PartitionClock
from pipeline.stream.schedule import LAST_US, SECOND_US, Schedule, Watch, release
from schemas.changelog import alert_key, baselines_key, decode_alert_record, encode_alert_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.stream.chunks import KeyValue
    from pipeline.stream.keeper import Told
    from pipeline.stream.look import Ask, Labels, Look
    from pipeline.stream.partition import PartitionState
    from pipeline.stream.thaw import Held
    from schemas.changelog import AlertRecord

SAVE_US = 5 * SECOND_US
"""What nobody is told of is kept so much later at most: losing it costs a look more."""
SAVE_BASELINES_US = 600 * SECOND_US
"""All contents that the clock still changes are noted again after a restore, so no more than that is lost."""
RECENT_MS = 60_000
"""A content with a record so shortly before the worker began may not have been looked at since."""
PIECE_BYTES = 64 * 1024
"""Of one record of baselines: far below Kafka's limit for a record."""
_SIZE_BYTES = 8  # how long the baselines are stands before them: of longer ones, written before, pieces may be left

Recall = Callable[[bytes], bytes | None]
"""The `AlertRecord` of a content, as it is kept."""


class Pulse:
    """Used on the event loop only."""

    def __init__(self, state: PartitionState, recall: Recall, labels: Labels) -> None:
        self.state = state
        self.clock = PartitionClock()
        self.schedule = Schedule()
        self.minutes = Minutes()
        self.baselines = Baselines()
        self.looked_us = 0
        """The moment of the last look around."""
        self.session = 0
        """Of the partition, when that look around began."""
        self.open: set[str] = set()
        """Contents with an alert state that is not quiet."""
        self._recall = recall
        self._labels = labels
        self._woken: list[Held] = []
        self._unsaved: dict[Held, None] = {}
        self._unsaved_since_us = 0
        self._saved_baselines = self._baselines_on_their_way = b""
        self._written_baselines = b""
        self._baselines_due_us = 0
        self._is_planned = False

    def begin(self, told: Told) -> None:
        """Take in what is kept beside the contents. Contents of late, and open ones, are looked at at once, in memory or not."""
        since_ms = self.state.latest_ms - RECENT_MS
        for held in self.state.contents():
            is_new = held.arrived_ms >= since_ms or self.state.waits_for_a_look(held)
            release(held)
            held.told, held.pinned = NOTHING_TOLD, False
            if is_new:
                self._must_look(held)
        away = {content.decode() for content in told.recent}
        for content, value in told.alerts:
            record, found = decode_alert_record(value), self.state.get(content.decode())
            if found is not None:
                self._install(found, record)
            elif not record.is_quiet:
                away.add(content.decode())
                self.open.add(content.decode())
        for content_id in sorted(away):
            if self.state.get(content_id) is None:
                self.schedule.sleep(content_id, 0)
        if told.baselines:
            size = int.from_bytes(told.baselines[:_SIZE_BYTES], "big")
            self._saved_baselines = told.baselines[_SIZE_BYTES : _SIZE_BYTES + size]
            self.baselines = Baselines.load(self._saved_baselines)

    def woken(self, contents: Iterable[str]) -> list[Held]:
        """Those of these contents that came to memory for a look. They stay until then; call it before anything can make them leave."""
        found = []
        for content_id in contents:
            held = self.state.get(content_id)
            if held is not None and held.watch is None:
                self._told_of(held)
                held.watch = Watch(held=held, facts=-1)
                found.append(held)
        return found

    def _must_look(self, held: Held) -> None:
        held.watch = Watch(held=held, facts=-1)
        self._woken.append(held)

    def plan(self, now_us: int) -> None:
        """Who is due: contents that had a record, and the first time all of which the clock may change something, spread over ten minutes."""
        for held in (*self._woken, *self.state.stirred()):
            self.schedule.stir(held, now_us)
        self._woken = []
        for content_id, due_us in self.state.slept():
            self.schedule.sleep(content_id, due_us)
        if not self._is_planned:
            self._is_planned = True
            self._plan_all(now_us)

    def _plan_all(self, now_us: int) -> None:
        idle_from_ms = (now_us - WINDOW_US) // 1000 if self._saved_baselines else 0
        contents = [held for held in self.state.contents() if held.is_open or held.arrived_ms >= idle_from_ms]
        for place, held in enumerate(contents):
            if held.watch is None:
                self.schedule.plan(held, now_us + (0 if held.is_open else LAST_US * place // len(contents)))

    def next(self, now_us: int) -> Held | None:
        """The next content to look at now."""
        while held := self.schedule.take(now_us):
            if self.state.get(held.content.content_id) is held:
                return held
        return None

    def look(self, held: Held, ask: Ask | None, now_us: int) -> Look:
        """Look at a content; nothing but the baselines is changed before `settle`, and it stays in memory. Raises BrokenStoreError."""
        told = self._told_of(held)
        held.pinned = True
        self.schedule.leave(held)
        return look(held, told, self.baselines, self._labels, ask, now_us)

    def settle(self, looks: Sequence[Look]) -> None:
        """What the looks came to holds. Their contents are put back into the schedule."""
        for seen in looks:
            if seen.has_changed:
                if not self._unsaved:
                    self._unsaved_since_us = seen.now_us
                self._unsaved[seen.held] = None
                self._install(seen.held, seen.after)
            seen.held.pinned = seen.held in self._unsaved
            if seen.is_put_off:
                self.schedule.later(seen.held, seen.now_us, seen.before.at_us, seen.facts)
            elif seen.is_over:
                self.schedule.drop(seen.held)
            else:
                self.schedule.again(seen.held, seen.now_us, seen.facts)

    def forget(self, looks: Sequence[Look]) -> None:
        """The looks had no effect, and what `to_save` gave is not kept: their contents are due again."""
        if self._baselines_on_their_way:
            self.baselines.changed, self._baselines_on_their_way, self._baselines_due_us = True, b"", 0
        for seen in looks:
            seen.held.pinned = seen.held in self._unsaved
            self.schedule.stir(seen.held, seen.now_us)

    def to_save(self, now_us: int, looks: Sequence[Look], *, everything: bool = False) -> list[KeyValue]:
        """The records that go with the messages of these looks, or that it is time to keep; empty when there is nothing to write now.

        `everything`: what was not kept yet is due, however short it has waited.
        """
        changed = {held: held.told for held in self._unsaved} | {
            one.held: one.after for one in looks if one.has_changed
        }
        has_waited = bool(self._unsaved) and now_us - self._unsaved_since_us >= SAVE_US
        is_due = has_waited or (everything and bool(changed)) or any(one.alerts for one in looks)
        records = self._new_baselines(now_us)
        if is_due or records:
            records += [(alert_key(held.key), encode_alert_record(record)) for held, record in changed.items()]
        return records

    def saved(self) -> None:
        """What `to_save` gave last is kept, and the looks are settled."""
        self._saved_baselines, self._baselines_on_their_way = self._baselines_on_their_way or self._saved_baselines, b""
        for held in self._unsaved:
            held.pinned = False
        self._unsaved = {}

    def baseline_rows(self, now_us: int) -> list[tuple[object, ...]]:
        """Rows of table `baselines`, where they are others now than when they were written last."""
        if self._written_baselines == self._saved_baselines:
            return []
        self._written_baselines = self._saved_baselines
        return [(self.state.partition, *row, now_us) for row in self.baselines.rows()]

    def _told_of(self, held: Held) -> AlertRecord:
        if held.told is None:
            kept = self._recall(held.key)
            self._install(held, NOTHING_TOLD if kept is None else decode_alert_record(kept))
        return held.told or NOTHING_TOLD

    def _install(self, held: Held, record: AlertRecord) -> None:
        held.told = record
        (self.open.discard if record.is_quiet else self.open.add)(held.content.content_id)

    def _new_baselines(self, now_us: int) -> list[KeyValue]:
        if now_us < self._baselines_due_us or not self.baselines.changed:
            return []
        self._baselines_due_us = now_us + SAVE_BASELINES_US
        self.baselines.changed = False
        packed = self._baselines_on_their_way = self.baselines.dump()
        whole = len(packed).to_bytes(_SIZE_BYTES, "big") + packed
        pieces = range(0, len(whole), PIECE_BYTES)
        return [(baselines_key(number), whole[at : at + PIECE_BYTES]) for number, at in enumerate(pieces)]

"""Contents leave memory at any moment that allows it, come back with their next record, and no table tells."""

from __future__ import annotations

from hypothesis import event, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.strategies import POPULATION, any_logs, examples
from support.stream import APPENDED_MS, TOPIC, FakeRecord

from pipeline.sinks.memory import MemorySink
from pipeline.stream.misplaced import HEADER
from pipeline.stream.partition import PartitionState
from pipeline.stream.thaw import thaw
from schemas.changelog import REPLAY_PREFIX, chunk_key, replayed_identity
from schemas.dead_letter import REPLAY_HEADER
from schemas.rows import LOG_TABLES, Blocks

MANY = settings(max_examples=examples(150), deadline=None)
CONTENTS = ["one", "two", "three"]

picks = st.lists(st.sampled_from(CONTENTS), min_size=60, max_size=60)
gaps = st.lists(st.sampled_from([0, 1, 1000, 10**8]), min_size=60, max_size=60)
steps = st.lists(
    st.tuples(
        st.integers(1, 3),  # records of a range
        st.sampled_from(["rows", "keep", "evict", "evict", "keep and evict", "restart"]),
        st.sampled_from([1, 1500, 10**12]),  # idle time
        st.integers(0, 40),  # surplus
    ),
    min_size=60,
    max_size=60,
)


class Store(dict):
    """The changelog's latest values, as the local store has them."""

    def __contains__(self, content):
        return chunk_key(content, 0) in self.keys()

    def chunks(self, content):
        values = []
        while (value := self.get(chunk_key(content, len(values)))) is not None:
            values.append(value)
        return values

    def contents(self):
        return sorted({key[:-5] for key in self.keys() if not key.startswith(b"\0")})

    def replayed(self):
        return [replayed_identity(key) for key in self.keys() if key.startswith(REPLAY_PREFIX)]


class Partition:
    """A partition with its store. What is frozen is kept at once, or not yet."""

    def __init__(self):
        self.store, self.sink = Store(), MemorySink()
        self.kept = None
        self.left = self.came = 0
        self.state = self._new()

    def _new(self):
        return PartitionState(TOPIC, 0, lambda _key: 0, POPULATION, cold=self.store)

    def apply(self, records, events):
        while missing := self.state.missing(events):
            self.came += len(missing)
            for content in missing:
                self.state.admit(thaw(content, self.store.chunks(content), POPULATION))
        self.state.apply(records, events)

    def rows(self):
        out = Blocks()
        self.state.freeze(out)
        self.sink.write(out)

    def keep(self):
        self.rows()
        changes = self.state.changes()
        if changes:
            self.store.update(changes.records)
            self.kept = changes

    def evict(self, idle_ms, surplus):
        self.left += self.state.evict(idle_ms, surplus)

    def restart(self):
        """Everything kept is all there is: what memory held is gone."""
        self.keep()
        self.state = self._new()
        if self.kept:
            kept = self.kept
            self.state.resume(kept.next_offset, kept.fence, kept.latest_ms, self.store.replayed())

    def do(self, what, idle_ms, surplus):
        if what == "rows":
            self.rows()
        if "keep" in what:
            self.keep()
        if "evict" in what:
            self.evict(idle_ms, surplus)
        if what == "restart":
            self.restart()

    def tables(self):
        self.rows()
        return {name: self.sink.rows(name) for name in LOG_TABLES}


def records_of(log, contents, times):
    """Each event in a content of its choice; some are copies from a wrong place, some replays of a dead letter."""
    now = APPENDED_MS
    for offset, (one, content, gap) in enumerate(zip(log, contents, times, strict=False)):
        now += gap
        headers = ()
        if offset % 5 == 3:
            headers = ((HEADER, b"7:%d" % (offset // 10)),)  # every second one repeats the origin of the one before
        if offset % 7 == 5:
            headers = ((REPLAY_HEADER, b"share.events:0:%d:5" % (offset // 14)),)
        yield FakeRecord(offset, content.encode(), None, now, headers), replace(one, content_id=content)


def cut(sequence, sizes):
    start = 0
    for size in sizes:
        if start >= len(sequence):
            return
        yield sequence[start : start + size]
        start += size


@MANY
@given(log=any_logs, contents=picks, times=gaps, plan=steps)
def test_contents_that_leave_at_random_points_come_back_with_the_same_figures(log, contents, times, plan):
    sequence = list(records_of(log, contents, times))
    never, often = Partition(), Partition()
    for part, (_, what, idle_ms, surplus) in zip(cut(sequence, (size for size, *_ in plan)), plan, strict=False):
        records, events = zip(*part, strict=True)
        for partition in (never, often):
            partition.apply(records, list(events))
        if what == "rows":
            never.rows()  # versions tell how often rows were made of what; figures do not
        often.do(what, idle_ms, surplus)
    event(f"left memory: {min(often.left, 3)}")
    event(f"came back: {min(often.came, 3)}")
    assert figures(often) == figures(never)
    assert len(often.state) <= len(never.state)


def figures(partition):
    return {
        name: [{column: value for column, value in row.items() if column != "version"} for row in rows]
        for name, rows in partition.tables().items()
    }


def test_the_plan_above_makes_contents_leave_and_come_back():
    """Else it could not fail."""
    seen = []

    @settings(max_examples=60, database=None, derandomize=True, deadline=None)
    @given(log=any_logs, contents=picks, times=gaps, plan=steps)
    def run(log, contents, times, plan):
        partition = Partition()
        sequence = list(records_of(log, contents, times))
        for part, (_, what, idle_ms, surplus) in zip(cut(sequence, (size for size, *_ in plan)), plan, strict=False):
            records, events = zip(*part, strict=True)
            partition.apply(records, list(events))
            partition.do(what, idle_ms, surplus)
        seen.append((partition.left, partition.came))

    run()
    assert sum(left > 0 for left, _ in seen) > 5
    assert sum(came > 0 for _, came in seen) > 5

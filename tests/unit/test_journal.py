"""Changelog and local store as one: what is kept, what is thrown away, and who may write. Against a changelog in memory."""

import asyncio
import threading
from contextlib import suppress

import pytest
from rocksdict import DbClosedError
from support.stream import apply, record, state

from pipeline.errors import FencedError, UsageError
from pipeline.metrics import Metric, Metrics
from pipeline.stream.changelog import Message
from pipeline.stream.journal import Journal, to_end
from pipeline.stream.keeper import Keeper
from pipeline.stream.partition import Changes
from pipeline.stream.store import LocalStore
from schemas.changelog import POSITION_KEY, alert_key, chunk_key, decode_position
from schemas.rows import Blocks


class Log:
    """One partition of a changelog topic, and who may write it."""

    def __init__(self):
        self.records, self.owner, self.told = [], None, []


class Changelog:
    """As `pipeline.stream.changelog.Changelog` promises."""

    topic = "changelog"

    def __init__(self, log):
        self.log = log
        self.gate = asyncio.Event()
        self.gate.set()

    async def take_over(self):
        self.log.owner = self

    async def append(self, records, messages=()):
        await self.gate.wait()
        if self.log.owner is not self:
            raise FencedError("fenced")
        self.log.records += [*records, None]  # the mark of the transaction
        self.log.told += messages
        return len(self.log.records) - 2

    async def read(self, start, take):
        end = len(self.log.records)
        if start > end:
            return -1
        found = [(offset, *pair) for offset, pair in enumerate(self.log.records) if pair and offset >= start]
        for one in found:
            await take([one], end - one[0])
        return end

    async def close(self):
        pass


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def journal(log, tmp_path):
    made = []

    def make(name="mine", *, epoch=0, on=log, origins=None):
        made.append(Journal(Changelog(on), LocalStore(tmp_path / name), epoch, origins))
        return made[-1]

    yield make
    for one in made:
        with suppress(DbClosedError):
            one.store.close()


def changes(next_offset, **chunks):
    return Changes([(chunk_key(name.encode(), 0), value) for name, value in chunks.items()], next_offset, {}, 0)


async def opened(journal):
    return await journal.open(lambda remaining: None)


async def kept(journal, *what):
    for one in what:
        await journal.keep(one, journal.freeze())


async def test_what_was_kept_comes_back_from_local_files_and_from_the_changelog_alone(journal):
    first = journal()
    assert (await opened(first)).position is None
    await kept(first, changes(3, a=b"old", b=b"b"), changes(5, a=b"new"))
    first.store.close()
    for name in ("mine", "elsewhere"):
        again = journal(name)
        tail = await opened(again)
        assert (tail.position.next_offset, again.store.chunks(b"a"), again.store.chunks(b"b")) == (5, [b"new"], [b"b"])


async def test_only_the_tail_is_read_when_local_files_fit(journal, log):
    first = journal()
    await opened(first)
    await kept(first, changes(3, a=b"a"))
    other = journal("other")
    await opened(other)
    await kept(other, changes(4, b=b"b"))
    log.records[0] = (chunk_key(b"a", 0), b"not read again")
    tail = await opened(first)
    assert tail.fresh
    assert (first.store.chunks(b"a"), first.store.chunks(b"b")) == ([b"a"], [b"b"])
    assert not (await opened(first)).fresh


@pytest.mark.parametrize("records", [[], [(chunk_key(b"z", 0), b"z")] * 10])
async def test_files_of_another_changelog_or_ahead_of_it_are_thrown_away(journal, records):
    first = journal()
    await opened(first)
    await kept(first, changes(3, a=b"a"))
    first.store.close()
    other_log = Log()
    other_log.records += records
    again = journal(on=other_log)
    assert (await opened(again)).position is None
    assert again.store.chunks(b"a") == []


async def test_files_of_a_changelog_that_was_made_anew_are_thrown_away(journal):
    first = journal()
    await opened(first)
    await kept(first, changes(3, a=b"a"))
    first.store.close()
    other_log = Log()
    other = journal("other", on=other_log)
    await opened(other)
    await kept(other, changes(2, b=b"b"), changes(9, c=b"c"))
    again = journal(on=other_log)
    assert (await opened(again)).position.next_offset == 9
    assert [content for content, _ in again.store.contents()] == [b"b", b"c"]


async def test_another_epoch_is_refused(journal):
    first = journal()
    await opened(first)
    await kept(first, changes(3, a=b"a"))
    with pytest.raises(UsageError, match="cascades rebuild"):
        await opened(journal("other", epoch=1))


async def test_a_former_owner_is_fenced_and_writes_nothing_local(journal):
    former, owner = journal(), journal("owner")
    await opened(former)
    await kept(former, changes(3, a=b"a"))
    await opened(owner)
    with pytest.raises(FencedError):
        await kept(former, changes(4, a=b"lost"))
    assert former.store.chunks(b"a") == [b"a"]
    assert not former.is_whole


async def test_what_was_frozen_before_a_rebalance_is_not_kept_after_it(journal, log):
    mine = journal()
    await opened(mine)
    session = mine.freeze()
    mine.suspend()
    assert await mine.keep(changes(4, a=b"a"), session) == 0
    assert not mine.is_whole
    await opened(mine)
    assert await mine.keep(changes(4, a=b"a"), session) == 0
    assert log.records == []


async def test_what_was_frozen_for_a_journal_that_was_closed_is_not_kept_by_the_next_one(journal, log):
    given_up = journal()
    await opened(given_up)
    session = given_up.freeze()
    await given_up.close()
    back_again = journal("again")
    await opened(back_again)
    assert await back_again.keep(changes(4, a=b"a"), session) == 0
    assert log.records == []


async def test_a_fence_that_comes_while_partitions_are_taken_is_no_failure(journal):
    mine = journal()
    await opened(mine)
    mine._changelog.gate.clear()
    keeping = asyncio.create_task(mine.keep(changes(4, a=b"a"), mine.freeze()))
    await asyncio.sleep(0)
    mine.suspend()
    mine._changelog.log.owner = None
    mine._changelog.gate.set()
    assert await keeping == 0


async def test_the_last_record_of_a_transaction_is_the_position(journal, log):
    mine = journal()
    await opened(mine)
    await kept(mine, changes(4, a=b"a", b=b"b"), changes(5))
    assert [pair and pair[0] == POSITION_KEY for pair in log.records] == [False, False, True, None, True, None]


class Bench:
    """A keeper of partition 0 over a changelog in memory; nothing is ever to be caught up."""

    def __init__(self, journal, **options):
        self.metrics = Metrics()
        self.journal = journal
        self.keeper = Keeper(
            lambda _: journal, self.new_state, self.catch_up, self.metrics,
            **{"idle_ms": 10**12, "max_facts": 10**6} | options,
        )  # fmt: skip

    def new_state(self, partition, store):
        made = state(partition)
        made._cold = store
        return made

    async def catch_up(self, *_):
        pass

    async def restore(self, before=None):
        return await self.keeper.restore(0, before, 0, lambda *_: None)

    async def flush(self, target):
        target.freeze(Blocks())
        await self.keeper.keep([self.keeper.freeze(target)])


async def test_a_state_that_is_whole_is_used_again_and_another_is_loaded_anew(journal):
    bench = Bench(journal())
    first = await bench.restore()
    apply(first, record(0, "a"))
    await bench.flush(first)
    assert await bench.restore(first) is first
    apply(first, record(1, "b"))
    bench.keeper.freeze(first)  # never kept
    second = await bench.restore(first)
    assert second is not first
    assert (second.next_offset, second.nodes) == (1, 1)


async def test_a_state_is_loaded_anew_when_somebody_else_wrote(journal):
    bench = Bench(journal())
    mine = await bench.restore()
    apply(mine, record(0, "a"))
    await bench.flush(mine)
    other = Bench(journal("other"))
    theirs = await other.restore()
    apply(theirs, record(1, "b"))
    await other.flush(theirs)
    back = await bench.restore(mine)
    assert (back.next_offset, back.nodes) == (2, 2)


async def test_nothing_leaves_memory_while_changes_are_on_their_way(journal):
    bench = Bench(journal(), max_facts=0)
    target = await bench.restore()
    apply(target, record(0, "a"), record(1, "b", "other"))
    target.freeze(Blocks())
    frozen = bench.keeper.freeze(target)
    bench.keeper.evict()
    assert len(target) == 2
    await bench.keeper.keep([frozen])
    bench.keeper.evict()
    assert len(target) == 0
    assert bench.metrics.value(Metric.CONTENTS_EVICTED) == 2
    assert target.missing([]) == []
    await bench.keeper.revive(target, [b"c"])
    assert (len(target), target.nodes) == (1, 1)


async def test_idle_contents_are_not_loaded_at_a_start(journal):
    bench = Bench(journal())
    target = await bench.restore()
    apply(target, record(0, "a", "old"), record(1, "b", "new"))
    target._contents["new"].arrived_ms = target.latest_ms = target.latest_ms + 100
    await bench.flush(target)
    again = await Bench(bench.journal, idle_ms=99).restore()
    assert list(again._contents) == ["new"]
    assert again.next_offset == 2


async def test_a_content_whose_rows_were_not_all_made_is_loaded_at_a_start_whatever_the_ceiling(journal):
    """Else, should it never have another record, the rows that a crash has cost would never be made."""
    bench = Bench(journal(), max_facts=0)
    target = await bench.restore()
    apply(target, *[record(number, f"e{number}") for number in range(9000)], record(9000, "other", "d"))
    target.discard()
    assert target.behind
    await bench.keeper.keep([bench.keeper.freeze(target)])
    again = await Bench(bench.journal, max_facts=0).restore()
    assert list(again._contents) == ["c"]
    assert again.behind


TOPIC, TABLE = "topic share.events", "table edges"


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({TOPIC: "t", TABLE: "another"}, "table edges.*stop the workers, run `cascades rebuild`"),
        ({TOPIC: "another", TABLE: "e"}, "topic share.events.*raise CASCADES_EPOCH by one, run `cascades rebuild`"),
    ],
)
async def test_a_topic_or_table_that_was_made_anew_is_refused(journal, now, words):
    await written_with(journal, {TOPIC: "t", TABLE: "e"})
    for name in ("mine", "elsewhere"):
        with pytest.raises(UsageError, match=words):
            await opened(journal(name, origins=now))


@pytest.mark.parametrize("now", [{}, {TOPIC: "t"}, {TOPIC: "t", TABLE: "e", "table alerts": "a"}])
async def test_what_one_side_does_not_know_is_let_pass(journal, now):
    await written_with(journal, {TOPIC: "t", TABLE: "e"})
    assert (await opened(journal(origins=now))).position.next_offset == 3


async def written_with(journal, origins):
    first = journal(origins=origins)
    await opened(first)
    await kept(first, changes(3, a=b"a"))
    first.store.close()


TOLD = [(alert_key(b"a"), b"told")]
MESSAGE = Message("share.alerts", b"a", b"{}")


async def test_a_message_and_the_record_that_it_was_told_go_together_and_outlive_the_files(journal, log):
    first = journal()
    await opened(first)
    await kept(first, changes(3, a=b"a"))
    assert await first.tell(TOLD, [MESSAGE], first.session) > 0
    assert log.told == [MESSAGE]
    first.store.close()
    for name in ("mine", "elsewhere"):
        again = journal(name)
        tail = await opened(again)
        assert (tail.position.next_offset, again.store.alerts()) == (3, [(b"a", b"told")])
        again.store.close()


async def test_what_was_decided_before_the_partition_was_taken_is_not_told(journal, log):
    first = journal()
    await opened(first)
    await kept(first, changes(3, a=b"a"))
    decided = first.session
    first.suspend()
    assert first.session is None
    assert await first.tell(TOLD, [MESSAGE], decided) == 0
    await opened(first)
    assert await first.tell(TOLD, [MESSAGE], decided) == 0, "it came back, and somebody may have spoken meanwhile"
    assert log.told == []
    assert await first.tell(TOLD, [MESSAGE], first.session) > 0


async def test_a_former_owner_tells_nothing_and_learns_that_it_is_one(journal, log):
    former, owner = journal(), journal("owner")
    await opened(former)
    await kept(former, changes(3, a=b"a"))
    await opened(owner)
    with pytest.raises(FencedError):
        await former.tell(TOLD, [MESSAGE], former.session)
    assert log.told == []


async def test_who_comes_back_sees_that_another_one_has_told_something_meanwhile(journal):
    first, other = journal(), journal("other")
    await opened(first)
    await kept(first, changes(3, a=b"a"))
    first.suspend()
    await opened(other)
    await other.tell(TOLD, [MESSAGE], other.session)
    tail = await opened(first)
    assert tail.fresh, "the state in memory does not know of it"
    assert first.store.alerts() == [(b"a", b"told")]


async def test_nothing_is_told_before_a_new_changelog_says_what_it_is_of(journal, log):
    first = journal()
    await opened(first)
    assert await first.tell(TOLD, [MESSAGE], first.session) == 0
    assert log.records == log.told == []
    await kept(first, changes(1, a=b"a"))
    assert await first.tell(TOLD, [MESSAGE], first.session) > 0


async def test_telling_says_nothing_of_changes_that_wait_to_be_kept(journal, log):
    first = journal()
    await opened(first)
    await kept(first, changes(3, a=b"a"))
    waiting = first.freeze()
    await first.tell(TOLD, [MESSAGE], first.session)
    assert not first.is_whole
    assert decode_position(log.records[-2][1]).next_offset == 3
    await first.keep(changes(5, a=b"b"), waiting)
    assert first.is_whole


async def test_a_message_waits_for_the_changes_being_kept_and_the_other_way_round(journal, log):
    first = journal()
    await opened(first)
    await kept(first, changes(3, a=b"a"))
    first._changelog.gate.clear()
    keeping = asyncio.create_task(first.keep(changes(5, a=b"b"), first.freeze()))
    telling = asyncio.create_task(first.tell(TOLD, [MESSAGE], first.session))
    await asyncio.sleep(0.01)
    first._changelog.gate.set()
    await asyncio.gather(keeping, telling)
    positions = [decode_position(pair[1]).next_offset for pair in log.records if pair and pair[0] == POSITION_KEY]
    assert positions == [3, 5, 5]


async def test_who_waits_for_a_thread_and_is_cancelled_twice_waits_for_its_end_all_the_same():
    gate, ended = threading.Event(), []
    waiting = asyncio.create_task(to_end(lambda: ended.append(gate.wait(60))))
    for _ in range(2):
        await asyncio.sleep(0.01)
        waiting.cancel()
    await asyncio.sleep(0.01)
    assert not waiting.done(), "what comes next would meet the thread in the same files"
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended == [True]


async def test_what_was_frozen_before_an_opening_that_is_cancelled_behind_the_fence_is_not_kept(journal, log):
    """A worker that wakes up after minutes takes the changelog over from the present owner, and is told a moment later that the partition is not its own."""
    former, owner = journal("former"), journal("owner")
    await opened(former)
    await kept(former, changes(3, a=b"a"))
    session = former.freeze()
    await opened(owner)
    await kept(owner, changes(9, a=b"b"))
    reading = asyncio.Event()

    async def read(start, take):
        reading.set()
        await asyncio.sleep(3600)

    former._changelog.read = read
    opening = asyncio.create_task(opened(former))
    await reading.wait()
    keeping = asyncio.create_task(former.keep(changes(4, a=b"stale"), session))
    await asyncio.sleep(0)
    opening.cancel()
    before = list(log.records)
    assert await keeping == 0
    assert log.records == before
    assert (former.session, former.is_whole) == (None, False)

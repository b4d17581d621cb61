"""Three ways to the same state: local files and the changelog's tail, the changelog alone, the events alone."""

import asyncio
import shutil

import pytest
from support.durable import drop_changelog, settled
from support.extended import some
from support.messy import CONTENTS, messy
from support.stream import event_json
from support.worker import committed, produce, read_all, serial, tables, until, worker

from pipeline.errors import UsageError
from pipeline.kafka import changelog_spec, missing_topics
from pipeline.metrics import Metric
from pipeline.sinks.memory import MemorySink
from pipeline.stream.forget import forget_state
from pipeline.stream.memory import Memory
from pipeline.stream.partition import PartitionState
from pipeline.stream.state_dir import group_dir
from schemas.changelog import POSITION_KEY, decode_position


async def local(settings):
    """Everything is there."""


async def changelog_only(settings):
    shutil.rmtree(group_dir(settings))


async def events_only(settings):
    await drop_changelog(settings)


async def rebuilt(settings):
    """As `cascades rebuild` does it, with the local state of another machine left over."""
    group_dir(settings).rename(settings.state_dir / "moved")
    await forget_state(settings)
    (settings.state_dir / "moved").rename(group_dir(settings))


async def nothing_but_old_files(settings):
    """Files of an older time than the changelog."""
    shutil.rmtree(group_dir(settings))
    shutil.copytree(settings.state_dir / "older", group_dir(settings))


LOSSES = [local, changelog_only, events_only, nothing_but_old_files, rebuilt]
"""`test_three_ways_to_restore` has the others in one go."""


@pytest.mark.parametrize("loss", some(LOSSES, nothing_but_old_files, events_only))
async def test_every_way_to_restore_gives_the_tables_of_one_pass(kafka, loss):
    settings = kafka.settings(flush_interval_s=0.1, fetch_max_records=150)
    sink = MemorySink()
    await produce(settings, messy(700))
    async with worker(settings, sink) as running:
        await settled(running)
    shutil.copytree(group_dir(settings), settings.state_dir / "older")
    await produce(settings, messy(500, start=700))
    async with worker(settings, sink) as running:
        await settled(running)
    await loss(settings)
    async with worker(settings, sink) as running:
        await settled(running)
        if loss is not rebuilt:
            assert running.value(Metric.RECORDS_IN) == 0, "what was committed is not handed out again"
        assert sum(len(state) for state in running.member.ownership.states.values()) == CONTENTS
        await produce(settings, messy(500, start=1200))
        await settled(running)
    assert tables(sink) == tables(await serial(settings))


async def test_after_a_loss_of_the_changelog_it_is_written_again(kafka):
    settings = kafka.settings(partitions=1)
    await produce(settings, messy(300))
    async with worker(settings) as running:
        await settled(running)
    await drop_changelog(settings)
    async with worker(settings) as running:
        await settled(running)
    shutil.rmtree(group_dir(settings))
    async with worker(settings) as running:
        await settled(running)
        (state,) = running.member.ownership.states.values()
        assert state.next_offset == (await committed(settings))[0]
        assert len(state) == CONTENTS
        assert running.value(Metric.RECORDS_IN) == 0


async def test_idle_contents_leave_memory_and_come_back_with_the_same_figures(kafka):
    settings = kafka.settings(
        partitions=1,
        flush_interval_s=0.05,
        fetch_max_records=40,
        state_idle_hours=0.2 / 3600,
        refresh_interval_s=0.05,  # nothing that is merely idle leaves before it was looked at
    )
    sink = MemorySink()
    async with worker(settings, sink) as running:
        for start in range(0, 400, 100):
            await produce(settings, messy(100, start))
            await asyncio.sleep(0.3)
            await produce(settings, [(b"other", event_json(f"o{start}", "other"))])
            await settled(running)
        await settled(running)
        assert running.value(Metric.CONTENTS_EVICTED) > CONTENTS
        assert running.value(Metric.CONTENTS_REVIVED) > CONTENTS
    assert tables(sink) == tables(await serial(settings))


@pytest.mark.parametrize("alerts", some([False, True], True), ids=["alerts off", "alerts on"])
async def test_above_the_memory_ceiling_contents_leave_and_figures_stay(kafka, alerts):
    settings = kafka.settings(flush_interval_s=0.05, fetch_max_records=20, state_max_events=100, alerts=alerts)
    sink = MemorySink()
    await produce(settings, messy(1500))
    async with worker(settings, sink) as running:
        await settled(running)
        await until(lambda: facts(running) <= 100)
    async with worker(settings, sink) as running:
        await settled(running)
        await until(lambda: facts(running) <= 100)
        await produce(settings, messy(300, 1500))
        await settled(running)
    assert tables(sink) == tables(await serial(settings))


def facts(running):
    return sum(state.facts for state in running.member.ownership.states.values())


@pytest.mark.parametrize("alerts", some([False, True], True), ids=["alerts off", "alerts on"])
async def test_memory_stays_under_a_tiny_ceiling_all_the_time(kafka, monkeypatch, alerts):
    """What one range brings may stand above it, and one content that comes back for a look."""
    ceiling, ranged, of_each = 60, 20, 5
    settings = kafka.settings(
        partitions=2,
        flush_interval_s=0.01,
        fetch_max_records=ranged,
        flush_max_rows=1,
        state_max_events=ceiling,
        alerts=alerts,
    )
    many = [(b"%d" % (n % 400), event_json(f"e{n}", f"{n % 400}")) for n in range(400 * of_each)]
    await produce(settings, many)
    held = []
    evicted = Memory.evicted
    apply = PartitionState.apply

    def measured(self):
        held.append(self.facts())
        evicted(self)

    def applied(self, *args):
        done = apply(self, *args)
        held.append(facts(running))
        return done

    monkeypatch.setattr(Memory, "evicted", measured)
    sink = MemorySink()
    async with worker(settings, sink) as running:
        monkeypatch.setattr(PartitionState, "apply", applied)
        await settled(running)
        assert running.value(Metric.CONTENTS_EVICTED) > 1000
        assert running.value(Metric.CONTENTS_REVIVED) > 1000
    assert max(held) <= ceiling + (ranged + 1) * of_each
    monkeypatch.undo()
    assert tables(sink) == tables(await serial(settings))


async def test_the_changelog_ends_where_the_offsets_are_and_is_smaller_than_the_events(kafka):
    settings = kafka.settings(partitions=2)
    await produce(settings, messy(3000))
    async with worker(settings) as running:
        await settled(running)
        written = running.value(Metric.CHANGELOG_BYTES)
    records = await read_all(settings, changelog_spec(settings).name)
    ends = {one.partition: decode_position(one.value).next_offset for one in records if one.key == POSITION_KEY}
    assert ends == await committed(settings)
    assert sum(len(one.key) + len(one.value) for one in records) == written
    read = sum(len(one.key or b"") + len(one.value or b"") for one in await read_all(settings, settings.events_topic))
    assert written <= 0.5 * read


async def test_a_changelog_of_another_epoch_stops_the_worker_with_what_to_do(kafka):
    settings = kafka.settings()
    await produce(settings, messy(50))
    async with worker(settings) as running:
        await settled(running)
    async with worker(settings.model_copy(update={"epoch": 1})) as running:
        failure = await asyncio.wait_for(running.member.failure(), 30)
        assert "cascades rebuild" in str(failure)


async def test_rebuild_refuses_while_a_worker_runs_and_makes_the_next_one_read_all(kafka):
    settings = kafka.settings()
    await produce(settings, messy(300))
    async with worker(settings) as running:
        await settled(running)
        with pytest.raises(UsageError, match="stop them first"):
            await forget_state(settings)
    await forget_state(settings)
    assert not group_dir(settings).exists()
    assert await read_all(settings, changelog_spec(settings).name) == []
    async with worker(settings, MemorySink()) as again:
        await settled(again)
    assert tables(again.sink) == tables(await serial(settings)), "every row is written again"


async def test_rebuild_of_a_group_that_never_was_makes_its_topics(kafka):
    settings = kafka.settings()
    await forget_state(settings)
    assert await missing_topics(settings) == []

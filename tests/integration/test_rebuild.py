"""The state of a partition, read again from the events topic."""

import asyncio

import pytest
from support.stream import event_json, state
from support.worker import produce

from pipeline.errors import UsageError
from pipeline.kafka import client_options
from pipeline.stream.rebuild import catch_up
from schemas.rows import Blocks


def shares(count):
    return [(b"c", event_json(f"e{n}")) for n in range(count)]


@pytest.fixture
def settings(kafka):
    return kafka.settings(partitions=1)


async def read(settings, target, until, progress=lambda *_: None):
    target.topic = settings.events_topic
    await asyncio.wait_for(catch_up(target, until, client_options(settings), progress, keep, revive), 60)


async def keep(target):
    target.kept = target.next_offset


async def revive(target, contents):
    raise AssertionError("nothing has left memory")


async def test_exactly_the_records_below_the_committed_offset_are_folded_and_no_rows_are_made(settings):
    await produce(settings, [*shares(100), (b"c", b"broken"), (None, event_json("stray")), *shares(200)[100:]])
    target, told = state(), []
    await read(settings, target, 150, lambda *said: told.append(said))
    assert (target.next_offset, target.nodes) == (150, 148)
    blocks = Blocks()
    target.freeze(blocks)
    assert not blocks
    assert told[-1] == (0, 0)


async def test_reading_goes_on_where_it_was_stopped(settings):
    await produce(settings, shares(100))
    target = state()
    await read(settings, target, 40)
    await read(settings, target, 100)
    assert target.nodes == 100


async def test_a_state_that_is_far_enough_reads_nothing(settings):
    await produce(settings, shares(10))
    target = state()
    target.resume(10, {}, 0)
    await read(settings, target, 7)
    assert (target.next_offset, target.nodes) == (10, 0)


async def test_what_was_read_is_kept_at_the_end(settings):
    await produce(settings, shares(100))
    target = state()
    await read(settings, target, 60)
    assert target.kept == 60
    assert target.changes().next_offset == 60


async def test_a_state_beyond_the_end_of_the_topic_is_noticed(settings):
    await produce(settings, shares(5))
    target = state()
    target.resume(6, {}, 0)
    with pytest.raises(UsageError, match="CASCADES_EPOCH"):
        await read(settings, target, 2)


async def test_a_topic_that_was_made_anew_is_noticed(settings):
    await produce(settings, shares(5))
    with pytest.raises(UsageError, match="CASCADES_EPOCH"):
        await read(settings, state(), 1000)

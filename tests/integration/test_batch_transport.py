"""Faust over our transport on a real broker: batches in order, and commits up to the acknowledged prefix only."""

import asyncio
from contextlib import asynccontextmanager

from support.stream import event_json
from support.worker import PATIENCE_S, committed, produce, until

from pipeline.kafka import client_options
from pipeline.stream.app import make_app


class Collector:
    """Owner and agent in one: takes every batch, acknowledges nothing by itself."""

    def __init__(self):
        self.batches, self.failed, self.given_at = [], [], []

    async def taken(self, _deadline_s):
        pass

    def suspend(self):
        pass

    def given(self, positions, reader):
        self.given_at.append(positions)
        for partition in positions:
            reader.release(partition)

    async def take(self, batch):
        self.batches.append(batch)

    @property
    def offsets(self):
        return [record.offset for batch in self.batches for record in batch.records]


@asynccontextmanager
async def collecting(settings):
    collector = Collector()
    app = make_app(settings, client_options(settings), collector, collector.take, collector.failed.append)
    await asyncio.wait_for(app.start(), PATIENCE_S)
    try:
        yield collector, app
    finally:
        await asyncio.wait_for(app.stop(), PATIENCE_S)
    assert not collector.failed


def shares(count):
    return [(b"c", event_json(f"e{n}")) for n in range(count)]


async def test_every_record_comes_once_and_in_order_with_key_value_time_and_offset(kafka):
    settings = kafka.settings(partitions=1, fetch_max_records=100)
    await produce(settings, shares(1000))
    async with collecting(settings) as (collector, _):
        await until(lambda: len(collector.offsets) >= 1000)
    assert collector.offsets == list(range(1000))
    assert all(len(batch.records) <= 100 for batch in collector.batches)
    assert len(collector.batches) < 100
    first = collector.batches[0].records[0]
    assert (first.key, first.value, first.offset) == (b"c", event_json("e0"), 0)
    assert first.timestamp > 1_700_000_000_000
    assert first.timestamp_type == 1, "LogAppendTime"


async def test_nothing_is_committed_past_a_batch_in_the_middle_that_is_not_acknowledged(kafka):
    settings = kafka.settings(partitions=1, fetch_max_records=100)
    await produce(settings, shares(500))
    async with collecting(settings) as (collector, _):
        await until(lambda: len(collector.offsets) >= 500)
        first, middle, *later = collector.batches
        for batch in (first, *later):
            batch.range.acknowledge()
        await asyncio.sleep(2.5)
        assert await committed(settings) == {0: middle.range.first}
        middle.range.acknowledge()
        await asyncio.sleep(2.5)
        assert await committed(settings) == {0: 500}


async def test_what_was_not_acknowledged_comes_again_after_a_restart(kafka):
    settings = kafka.settings(partitions=1, fetch_max_records=100)
    await produce(settings, shares(300))
    async with collecting(settings) as (collector, _):
        await until(lambda: len(collector.offsets) >= 300)
        collector.batches[0].range.acknowledge()
    done = collector.batches[0].range.last + 1
    async with collecting(settings) as (again, _):
        await until(lambda: len(again.offsets) >= 300 - done)
    assert again.offsets == list(range(done, 300))


async def test_after_a_seek_the_same_records_come_again_and_the_old_batches_are_dead(kafka):
    settings = kafka.settings(partitions=2)
    await produce(settings, shares(50))
    async with collecting(settings) as (collector, app):
        await until(lambda: len(collector.offsets) >= 50)
        before = list(collector.batches)
        await app.consumer.perform_seek()
        await until(lambda: len(collector.offsets) >= 100)
        assert collector.offsets[50:] == collector.offsets[:50], (
            "a partition without a commit starts at the log's beginning"
        )
        for batch in before:
            assert not batch.live
            batch.range.acknowledge()
        await asyncio.sleep(1.5)
        assert set((await committed(settings)).values()) == {None}


async def test_faust_itself_acknowledges_nothing(kafka):
    settings = kafka.settings(partitions=1)
    await produce(settings, shares(10))
    async with collecting(settings) as (collector, app):
        await until(lambda: len(collector.offsets) >= 10)
        await app.consumer.commit()
    assert await committed(settings) == {0: None}


async def test_a_partition_is_not_read_before_it_is_released(kafka):
    settings = kafka.settings(partitions=2)
    await produce(settings, shares(50))
    async with collecting(settings) as (collector, app):
        await until(lambda: len(collector.offsets) >= 50)
        home = collector.batches[0].partition
        reader = app.consumer
        reader._held = {tp for tp in reader.assignment() if tp.partition == home}
        await asyncio.sleep(0.5)
        await produce(settings, shares(50))
        await asyncio.sleep(1.0)
        assert len(collector.offsets) == 50
        reader.release(home)
        await until(lambda: len(collector.offsets) >= 100)

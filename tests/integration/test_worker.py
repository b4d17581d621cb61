"""The worker on a real broker, with rows in memory: nothing lost, nothing twice, broken records apart."""

import asyncio

import pytest
from support.stream import event_json
from support.worker import committed, produce, read_all, serial, tables, until, worker

from pipeline.errors import DeadLetterSurgeError, SinkTransientError
from pipeline.kafka import partition_for
from pipeline.metrics import Metric
from pipeline.sinks.memory import MemorySink

CONTENTS = 12


def shares(count, start=0):
    """(key, value) pairs of a few cascades that are chains."""
    for n in range(start, start + count):
        content = f"content {n % CONTENTS}"
        parent = f"e{n - CONTENTS}" if n >= CONTENTS else None
        yield content.encode(), event_json(f"e{n}", content, parent_event_id=parent, audience_size=n % 7)


async def test_every_record_counts_once_and_everything_is_committed(kafka):
    settings = kafka.settings()
    await produce(settings, shares(3000))
    async with worker(settings) as running:
        await running.has_read(3000)
        assert running.value(Metric.EVENTS_FOLDED) == 3000
        assert running.value(Metric.DUPLICATES) == running.value(Metric.RECORDS_SKIPPED) == 0
    assert tables(running.sink) == tables(await serial(settings))
    assert sum(row["size"] - 1 for row in running.sink.rows("contents")) == 3000
    assert sum((await committed(settings)).values()) == 3000


async def test_records_of_a_partition_come_in_order_in_batches(kafka):
    settings = kafka.settings(partitions=2)
    await produce(settings, shares(2000))
    async with worker(settings) as running:
        await running.has_read(2000)
        assert running.metrics.registry.get_sample_value("cascades_batch_seconds_count") < 100
        # A chain is as deep as it is long only when each share came after its parent; late ones would show as moved edges.
        depths = {row["content_id"]: row["depth"] for row in running.sink.rows("contents")}
    assert all(depth in {2000 // CONTENTS, 2000 // CONTENTS + 1} for depth in depths.values())


BROKEN = {
    "not_json": b"{",
    "not_utf8": b'{"event_id": "\xff"}',
    "not_an_object": b"[1]",
    "missing_field": b"{}",
    "unknown_field": event_json("x", colour="blue"),
    "wrong_type": event_json("x", audience_size="many"),
    "out_of_range": event_json("x", audience_size=-1),
    "unknown_value": event_json("x", kind="applause"),
    "too_old": event_json("x") .replace(b"2024-03-01", b"1999-03-01"),
    "in_future": event_json("x").replace(b"2024-03-01", b"2124-03-01"),
    "bad_time": event_json("x").replace(b"2024-03-01", b"2024-02-31"),
    "too_large": event_json("x", attributes={"url": "u"}).replace(b'"u"', b'"' + b"u" * 1_000_000 + b'"'),
    "no_value": None,
}  # fmt: skip


async def test_every_kind_of_broken_record_is_a_dead_letter_and_its_neighbours_count(kafka):
    settings = kafka.settings(partitions=1)
    mixed = [
        pair
        for number, value in enumerate(BROKEN.values())
        for pair in ((b"c", event_json(f"good {number}")), (b"c", value))
    ]
    await produce(settings, mixed)
    async with worker(settings) as running:
        await running.has_read(len(mixed))
        for reason in BROKEN:
            assert running.value(Metric.DEAD_LETTERS, reason) == 1, reason
    rows = running.sink.rows("dead_letters")
    assert [(row["kafka_offset"], row["reason"], row["payload"]) for row in rows] == [
        (2 * number + 1, reason, value or b"") for number, (reason, value) in enumerate(BROKEN.items())
    ]
    assert running.sink.rows("contents")[0]["size"] == 1 + len(BROKEN)

    letters = {
        dict(letter.headers)["offset"]: letter for letter in await read_all(settings, settings.dead_letter_topic)
    }
    assert len(letters) == len(BROKEN)
    for number, (reason, value) in enumerate(BROKEN.items()):
        letter = letters[b"%d" % (2 * number + 1)]
        headers = dict(letter.headers)
        assert (letter.key, letter.value, headers["reason"]) == (b"c", value, reason.encode())
        assert (headers["topic"], headers["partition"]) == (settings.events_topic.encode(), b"0")


async def test_a_tombstone_without_a_key_is_a_dead_letter_too(kafka):
    settings = kafka.settings(partitions=1)
    await produce(settings, [(b"c", event_json("a"))])
    await produce(settings, [(None, b"")])
    async with worker(settings) as running:
        await running.has_read(2)
    assert len(await read_all(settings, settings.dead_letter_topic)) == 1


async def test_records_under_wrong_or_missing_keys_are_counted_once_in_the_right_place(kafka):
    settings = kafka.settings()
    values = [event_json(f"e{n}", f"content {n % CONTENTS}") for n in range(300)]
    await produce(settings, [(None, value) for value in values[:100]])
    await produce(settings, [(b"the campaign", value) for value in values[100:200]])
    await produce(settings, [(f"content {n % CONTENTS}".encode(), values[n]) for n in range(200, 300)], partition=3)
    in_place = sum(partition_for(f"content {n % CONTENTS}".encode(), 4) == 3 for n in range(200, 300))
    misplaced = 300 - in_place
    async with worker(settings) as running:
        await running.has_read(300 + misplaced)
        assert running.value(Metric.MISPLACED) == misplaced
        assert running.value(Metric.EVENTS_FOLDED) == 300
    rows = running.sink.rows("contents")
    assert sum(row["shares"] for row in rows) == 300
    assert sum(row["duplicates"] for row in rows) == 0
    assert all(row["kafka_partition"] == partition_for(row["content_id"].encode(), 4) for row in rows)


async def test_a_restart_gives_the_same_numbers_and_writes_nothing_again(kafka):
    settings = kafka.settings()
    await produce(settings, [*shares(2000), (b"c", b"broken"), (None, event_json("stray", "content 1"))])
    async with worker(settings) as running:
        await running.has_read(2003)
    before = tables(running.sink)
    async with worker(settings) as again:
        await again.is_assigned(4)
        assert sum(len(state) for state in again.member.ownership.states.values()) == CONTENTS
        assert again.value(Metric.RECORDS_IN) == 0
        assert all(again.sink.rows(table) == [] for table in before)
        await produce(settings, shares(500, start=2000))
        await again.has_read(500)
    assert again.value(Metric.DUPLICATES) == 0
    complete = (await serial(settings)).rows("contents")
    assert again.sink.rows("contents") == complete
    assert sum(row["size"] - 1 for row in complete) == 2501


class AwaySink(MemorySink):
    """Takes nothing while `away`."""

    away = False

    def write(self, blocks):
        if self.away:
            raise SinkTransientError("connection refused")
        super().write(blocks)


async def test_while_clickhouse_is_away_readiness_says_why_and_nothing_is_lost(kafka):
    settings = kafka.settings(flush_interval_s=0.1, flush_max_rows=500, fetch_max_records=100)
    sink = AwaySink()
    sink.away = True
    await produce(settings, shares(4000))
    async with worker(settings, sink) as running:
        await until(lambda: "connection refused" in running.status.parts()["clickhouse"].detail)
        await asyncio.sleep(1.5)
        assert running.value(Metric.RECORDS_IN) < 2000, "reading pauses while rows wait"
        assert all(offset in {0, None} for offset in (await committed(settings)).values())
        sink.away = False
        await running.has_read(4000)
        assert running.status.parts()["clickhouse"].ok
    assert tables(sink) == tables(await serial(settings))


async def test_an_unknown_error_stops_the_worker_and_commits_nothing(kafka):
    settings = kafka.settings()

    class BrokenSink(MemorySink):
        def write(self, blocks):
            raise ZeroDivisionError("a bug")

    await produce(settings, shares(100))
    async with worker(settings, BrokenSink()) as running:
        failure = await asyncio.wait_for(running.member.failure(), 30)
        assert isinstance(failure, ZeroDivisionError)
        assert "a bug" in running.status.parts()["worker"].detail
        await asyncio.sleep(2.5)  # two commit intervals
    assert all(offset is None for offset in (await committed(settings)).values())


async def test_a_sudden_rise_of_dead_letters_stops_the_worker_where_that_is_set(kafka):
    settings = kafka.settings(
        partitions=1,
        flush_interval_s=0.1,
        fetch_max_records=50,
        dead_letter_stop_share=0.2,
        dead_letter_stop_records=100,
    )
    await produce(settings, [*shares(500), *[(b"c", b"broken")] * 100, *shares(10, start=500)])
    async with worker(settings) as running:
        failure = await asyncio.wait_for(running.member.failure(), 60)
        assert isinstance(failure, DeadLetterSurgeError)
    stored = (await committed(settings))[0] or 0
    assert stored < 600, "nothing is committed from the batch on that is too much"
    lenient = settings.model_copy(update={"dead_letter_stop_share": 0.0})
    async with worker(lenient) as again:
        await again.has_read(610 - stored)
    assert (await committed(settings))[0] == 610


async def test_an_unknown_error_while_folding_is_not_skipped_by_a_new_agent(kafka, monkeypatch):
    settings = kafka.settings(partitions=1)
    from pipeline.stream.partition import PartitionState

    calls = []

    def explode(*_):
        calls.append(1)
        raise ZeroDivisionError("a bug in the core")

    monkeypatch.setattr(PartitionState, "apply", explode)
    async with worker(settings) as running:
        await produce(settings, shares(10))
        assert isinstance(await asyncio.wait_for(running.member.failure(), 30), ZeroDivisionError)
        await produce(settings, shares(10))
        await asyncio.sleep(2)
        assert len(calls) == 1
    assert await committed(settings) == {0: None}


@pytest.mark.parametrize("leaves", ["first", "second"])
async def test_two_workers_share_the_partitions_and_one_leaves(kafka, leaves):
    settings = kafka.settings(flush_interval_s=0.1)
    sink = MemorySink()
    await produce(settings, shares(1000))
    async with worker(settings, sink) as first:
        await first.has_read(500)
        second_context = worker(settings, sink)
        second = await second_context.__aenter__()
        try:
            await asyncio.gather(first.is_assigned(2), second.is_assigned(2))
            await produce(settings, shares(1000, start=1000))
            both = (first, second)
            await until(
                lambda: (
                    sum(one.lag() for one in both) == 0 and sum(one.value(Metric.RECORDS_IN) for one in both) >= 2000
                )
            )
        finally:
            if leaves == "second":
                await second_context.__aexit__(None, None, None)
        if leaves == "second":
            await first.is_assigned(4)
            await produce(settings, shares(1000, start=2000))
            await first.has_read(2000)
    if leaves == "first":
        await second.is_assigned(4)
        await produce(settings, shares(1000, start=2000))
        await until(lambda: second.lag() == 0 and len(sink.rows("events")) == 3000)
        await second_context.__aexit__(None, None, None)
    assert tables(sink) == tables(await serial(settings))
    assert sum((await committed(settings)).values()) == 3000

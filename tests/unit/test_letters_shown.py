"""Dead letters that no worker wrote become rows of ClickHouse: which, in which order, and what of those that it refuses."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaConnectionError, KafkaError
from support.stream import FakeRecord

from pipeline.config import Settings
from pipeline.errors import SinkRowError, SinkSchemaError, SinkTransientError, UsageError
from pipeline.ingest.shown import process
from pipeline.ingest.shown.rows import NO_LETTER, REFUSED, WORKER
from pipeline.ingest.shown.shelf import Shelf
from pipeline.metrics import Metric, Metrics
from pipeline.sinks.letter_rows import WITHOUT_BYTES
from pipeline.sinks.memory import MemorySink
from pipeline.status import Status
from pipeline.stream.dead_letters import DeadLetter
from schemas.dead_letter import RefusedError, door_headers, headers

EVENTS = "share.events"
PART = TopicPartition("share.events.dlq", 0)
OTHER = TopicPartition("share.events.dlq", 1)
WHEN_MS = 1_780_000_000_000


def of_door(value=b"{", door="/webhooks/facebook"):
    return door_headers(RefusedError("unknown_shape", "what is it"), door=door, value=value, received_at_ms=WHEN_MS)


def of_topic(topic, offset=7, partition=0, at_ms=WHEN_MS):
    error = RefusedError("not_an_undo", "no")
    return headers(error, topic=topic, partition=partition, offset=offset, received_at_ms=at_ms)


class Topic:
    """The topic and what is committed of it: both outlive who reads."""

    def __init__(self, steps):
        self.steps, self.log, self.committed = steps, {PART: [], OTHER: []}, {}
        self.fails = None

    def put(self, said, value=b"{", key=None, part=PART):
        offset = len(self.log[part])
        self.log[part].append(SimpleNamespace(offset=offset, headers=said, key=key, value=value))


class Reader:
    """One member of the group."""

    def __init__(self, topic):
        self.topic, self.position, self.lost = topic, dict.fromkeys(topic.log, 0) | topic.committed, set()

    async def getmany(self, *, timeout_ms, max_records):
        found = {part: log[self.position[part] :][:max_records] for part, log in self.topic.log.items()}
        for part, records in found.items():
            self.position[part] += len(records)
        return {part: records for part, records in found.items() if records}

    def seek(self, partition, offset):
        if partition in self.lost:
            raise IllegalStateError(partition)
        self.position[partition] = offset

    async def commit(self, offsets):
        if self.topic.fails:
            raise self.topic.fails
        self.topic.steps.append(("commit", offsets))
        self.topic.committed |= offsets


class Sink(MemorySink):
    """Notes each write that it takes; refuses rows that hold one of `refused`; `away` as long as it is set."""

    def __init__(self, steps):
        super().__init__()
        self.steps, self.refused, self.away = steps, (), None

    def write(self, blocks):
        if self.away:
            raise self.away
        rows = [row for block in blocks.values() for row in block.rows]
        if any(value in self.refused for row in rows for value in row):
            raise SinkRowError("dead_letters: ClickHouse: no", 469, "dead_letters")
        if rows:
            self.steps.append(("write", len(rows)))
        super().write(blocks)


class Bench:
    def __init__(self):
        self.steps, self.metrics = [], Metrics()
        self.topic, self.sink = Topic(self.steps), Sink(self.steps)
        self.start()

    def start(self):
        self.reader = Reader(self.topic)
        self.shelf = Shelf(self.reader, self.sink, EVENTS, self.metrics)

    @property
    def rows(self):
        return self.sink.rows("dead_letters")

    def passed(self, why):
        return self.metrics.value(Metric.LETTERS_PASSED, why)


@pytest.fixture
def bench():
    return Bench()


async def test_rows_are_in_clickhouse_before_the_offsets_are_committed(bench):
    bench.topic.put(of_door())
    bench.topic.put(of_topic("share.undo"), b"undo", b"key", OTHER)
    await bench.shelf.turn()
    assert bench.steps == [("write", 2), ("commit", {PART: 1, OTHER: 1})]
    door, undo = bench.rows
    assert (door["topic"], door["reason"], door["payload"], door["key"]) == (
        "door.webhooks.facebook",
        "unknown_shape",
        b"{",
        b"",
    )
    assert (undo["topic"], undo["kafka_offset"], undo["payload"], undo["key"]) == ("share.undo", 7, b"undo", b"key")
    assert undo["received_at"] == WHEN_MS * 1000
    assert bench.metrics.value(Metric.LETTERS_SHOWN) == bench.shelf.shown == 2


async def test_a_row_is_the_one_that_the_worker_would_write_of_the_same_letter(bench):
    letter = DeadLetter("share.undo", 3, FakeRecord(9, None, b"\xff"), RefusedError("not_utf8", "byte 0"))
    bench.topic.put(letter.headers, letter.record.value)
    await bench.shelf.turn()
    assert [tuple(row.values()) for row in bench.rows] == [letter.row]


STRANGE = {
    "no header": [],
    "a header without a value": [(name, None) for name, _ in of_door()],
    "a number that is none": [*of_door(), ("offset", b"seven")],
    "a partition that no column holds": of_topic("x", partition=1 << 32),
    "an offset that no column holds": of_topic("x", offset=1 << 64),
    "before its time": of_topic("x", at_ms=-3_000_000_000_000),
    "after its time": of_topic("x", at_ms=20_000_000_000_000),
    "beyond all time": of_topic("x", at_ms=10**30),
}


@pytest.mark.parametrize("said", STRANGE.values(), ids=STRANGE)
async def test_a_record_that_is_no_letter_is_passed_over_and_holds_up_nobody(bench, said):
    bench.topic.put(said)
    bench.topic.put(of_door())
    await bench.shelf.turn()
    assert [row["topic"] for row in bench.rows] == ["door.webhooks.facebook"]
    assert (bench.passed(NO_LETTER), bench.topic.committed) == (1, {PART: 2})


async def test_the_worker_s_own_letters_are_left_to_it_and_committed(bench):
    bench.topic.put(of_topic(EVENTS))
    await bench.shelf.turn()
    assert (bench.rows, bench.passed(WORKER), bench.topic.committed) == ([], 1, {PART: 1})


async def test_bytes_that_clickhouse_refuses_are_left_out_and_the_letter_is_shown(bench):
    bench.sink.refused = (b"bad",)
    for value in (b"good", b"bad", b"fine"):
        bench.topic.put(of_door(value), value, b"key")
    await bench.shelf.turn()
    by_bytes = {row["payload"]: row for row in bench.rows}
    assert by_bytes.keys() == {b"good", b"fine", b""}
    assert (by_bytes[b""]["key"], by_bytes[b"good"]["key"]) == (b"", b"key")
    assert by_bytes[b""]["detail"] == f"what is it {WITHOUT_BYTES}"
    assert (bench.shelf.shown, bench.passed(REFUSED), bench.topic.committed) == (3, 0, {PART: 3})


async def test_a_letter_that_clickhouse_refuses_without_its_bytes_too_is_named_and_holds_up_nobody(bench, caplog):
    bench.sink.refused = ("share.undo",)
    bench.topic.put(of_topic("share.undo"))
    bench.topic.put(of_door())
    await bench.shelf.turn()
    assert [row["topic"] for row in bench.rows] == ["door.webhooks.facebook"]
    assert (bench.shelf.shown, bench.passed(REFUSED), bench.topic.committed) == (1, 1, {PART: 2})
    assert "share.undo:0:7" in caplog.text


async def test_a_table_that_takes_no_row_at_all_loses_no_letter(bench):
    bench.sink.refused = ("unknown_shape",)
    for number in range(20):
        bench.topic.put(of_door(b"%d" % number))
    with pytest.raises(SinkSchemaError, match="cascades migrate"):
        await bench.shelf.turn()
    bench.sink.refused = ()
    await bench.shelf.turn()
    assert (len(bench.rows), bench.topic.committed) == (20, {PART: 20})


async def test_what_clickhouse_did_not_take_is_read_again_and_not_committed(bench):
    bench.topic.put(of_door())
    bench.sink.away = SinkTransientError("it is away")
    for _ in range(2):
        with pytest.raises(SinkTransientError):
            await bench.shelf.turn()
    assert bench.steps == []
    bench.sink.away = None
    await bench.shelf.turn()
    assert bench.steps == [("write", 1), ("commit", {PART: 1})]


async def test_a_partition_that_went_to_another_meanwhile_is_not_read_again_here(bench):
    bench.topic.put(of_door())
    bench.topic.put(of_topic("share.undo"), part=OTHER)
    bench.sink.away, bench.reader.lost = SinkTransientError("it is away"), {PART}
    with pytest.raises(SinkTransientError):
        await bench.shelf.turn()
    bench.sink.away = None
    await bench.shelf.turn()
    assert bench.topic.committed == {OTHER: 1}


LATER = {"the group has moved on": CommitFailedError(), "Kafka is busy": KafkaConnectionError()}


@pytest.mark.parametrize("error", LATER.values(), ids=LATER)
async def test_a_letter_whose_offset_was_not_stored_is_written_again_over_its_equal(bench, error):
    bench.topic.put(of_door())
    bench.topic.fails = error
    await bench.shelf.turn()
    assert bench.topic.committed == {}
    bench.topic.fails = None
    bench.start()
    await bench.shelf.turn()
    assert bench.steps == [("write", 1), ("write", 1), ("commit", {PART: 1})]
    assert len(bench.rows) == 1


async def test_a_kafka_that_is_broken_for_good_is_told(bench):
    bench.topic.put(of_door())
    bench.topic.fails = KafkaError()
    with pytest.raises(KafkaError):
        await bench.shelf.turn()


async def test_without_a_letter_it_is_found_out_whether_clickhouse_is_there(bench):
    bench.sink.away = SinkTransientError("it is away")
    with pytest.raises(SinkTransientError):
        await bench.shelf.turn()


class Life:
    """The task with a topic and a sink in memory; `sinks` has how each new sink is, the last one from then on."""

    def __init__(self, monkeypatch, *sinks):
        self.bench, self.sinks, self.made = Bench(), list(sinks), 0
        self.status = Status(self.bench.metrics, [process.PART])
        self.stop = asyncio.Event()
        for name in ("ensure_topics", "started", "stopped"):
            monkeypatch.setattr(process, name, self.nothing)
        monkeypatch.setattr(process, "ClickHouseSink", self.sink)
        monkeypatch.setattr(process.ShownLetters, "_consumer", lambda _: self.consumer())
        self.task = process.ShownLetters(Settings(), self.status, self.bench.metrics)

    async def nothing(self, *_):
        await asyncio.sleep(0)

    def sink(self, _settings):
        self.made += 1
        self.bench.sink.away = self.sinks.pop(0) if self.sinks else None
        return self.bench.sink

    def consumer(self):
        reader = Reader(self.bench.topic)
        reader.subscribe = lambda _: None
        return reader

    @property
    def part(self):
        return self.status.parts()[process.PART]

    async def until(self, text):
        async with asyncio.timeout(30):
            while text not in self.part.detail:  # noqa: ASYNC110 - a status has no event for it
                await asyncio.sleep(0.01)


async def test_readiness_says_why_letters_wait_and_the_tables_are_looked_at_anew_once_they_are_migrated(monkeypatch):
    life = Life(monkeypatch, SinkSchemaError("run `cascades migrate`"), SinkTransientError("it is away"))
    life.bench.topic.put(of_door())
    working = asyncio.create_task(life.task.work(life.stop))
    await life.until("cascades migrate")
    assert not life.part.ok
    await life.until("it is away")
    assert (life.part.ok, life.made, life.bench.rows) == (False, 2, [])
    life.bench.sink.away = None
    await life.until("1 dead letter(s)")
    assert (life.part.ok, life.made, len(life.bench.rows)) == (True, 2, 1)
    life.stop.set()
    await asyncio.wait_for(working, 30)


async def test_a_refused_login_ends_the_task(monkeypatch):
    life = Life(monkeypatch, UsageError("set CASCADES_CLICKHOUSE_USER"))
    with pytest.raises(UsageError, match="CASCADES_CLICKHOUSE_USER"):
        await life.task.work(life.stop)

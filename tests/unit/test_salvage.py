"""What becomes of a row that ClickHouse refuses: by table, and in which order."""

from __future__ import annotations

import msgspec
import pytest
from support.sink_rows import blocks
from support.stream import APPENDED_MS, FakeRecord, apply, event_json

from pipeline.errors import SinkRowError
from pipeline.metrics import Metric, Metrics
from pipeline.sinks.letter_rows import WITHOUT_BYTES
from pipeline.sinks.memory import MemorySink
from pipeline.stream.lookup import recovered
from pipeline.stream.partition import PartitionState
from pipeline.stream.salvage import Salvage
from schemas.check import check
from schemas.rows import TABLES, Blocks, EventRow
from schemas.wire import decode


class Picky(MemorySink):
    """Refuses rows that hold one of these values anywhere."""

    def __init__(self, *refused):
        super().__init__()
        self.refused = refused

    def write(self, blocks):
        for table, block in blocks.items():
            for one in block.rows:
                if any(value in self.refused for value in one if isinstance(value, str | bytes)):
                    raise SinkRowError(f"{table}: ClickHouse: no", 469, table)
        super().write(blocks)


class Bench:
    def __init__(self, *refused):
        self.sink, self.sent, self.metrics = Picky(*refused), [], Metrics()
        self.salvage = Salvage(self.sink, "share.events", self.look_up, self.send, self.metrics)

    async def look_up(self, row):
        return FakeRecord(row.kafka_offset, b"c", b"the bytes of %d" % row.kafka_offset)

    async def send(self, letters):
        self.sent += letters

    async def write(self, written):
        """As the flusher does: rescue and write again until it is taken."""
        for _ in range(5):
            try:
                self.sink.write(written)
            except SinkRowError as error:
                await self.salvage.rescue(written, error)
            else:
                return
        raise AssertionError("it never ends")


def events(*actors):
    return [
        {"content_id": "c", "event_id": f"e{offset}", "actor_id": actor, "kafka_partition": 2, "kafka_offset": offset}
        for offset, actor in enumerate(actors)
    ]


async def test_a_refused_raw_row_is_a_dead_letter_with_its_identity_and_bytes_and_the_rest_is_stored():
    bench = Bench("bad")
    await bench.write(blocks(events=events("a", "bad", "b"), contents=[{"content_id": "c", "size": 4}]))
    assert [one["event_id"] for one in bench.sink.rows("events")] == ["e0", "e2"]
    assert bench.sink.rows("contents")[0]["size"] == 4
    (letter,) = bench.sent
    headers = dict(letter.headers)
    assert (headers["topic"], headers["partition"], headers["offset"]) == (b"share.events", b"2", b"1")
    assert (headers["reason"], letter.record.value) == (b"not_storable", b"the bytes of 1")
    (shown,) = bench.sink.rows("dead_letters")
    assert (shown["kafka_partition"], shown["kafka_offset"], shown["payload"]) == (2, 1, b"the bytes of 1")
    assert bench.metrics.value(Metric.DEAD_LETTERS, "not_storable") == 1


async def test_the_dead_letter_is_in_kafka_before_anything_is_acknowledged():
    bench = Bench("bad")

    async def kafka_is_gone(letters):
        raise ConnectionError

    bench.salvage._send = kafka_is_gone
    written = blocks(events=events("bad"))
    with pytest.raises(ConnectionError):
        await bench.salvage.rescue(written, SinkRowError("no", 469, "events"))
    assert len(written["events"].rows) == 1, "the row is still to be written"
    assert bench.sink.rows("dead_letters") == []


@pytest.mark.parametrize("table", sorted(TABLES.keys() - {"events", "dead_letters", "baselines"}))
async def test_a_refused_row_of_derived_figures_stops_with_what_it_is(table):
    bench = Bench("bad")
    with pytest.raises(SinkRowError, match="fault of this program") as caught:
        await bench.write(blocks(**{table: [{"content_id": "bad"}]}))
    assert (caught.value.code, caught.value.table, bench.sent) == (469, table, [])


async def test_a_dead_letter_whose_bytes_clickhouse_refuses_is_shown_without_them():
    bench = Bench(b"bad")
    letters = [
        {"kafka_offset": offset, "detail": "x" * 600, "payload": payload}
        for offset, payload in enumerate([b"bad", b"good"])
    ]
    await bench.write(blocks(dead_letters=letters))
    first, second = bench.sink.rows("dead_letters")
    assert first["payload"] == first["key"] == b""
    assert first["detail"].startswith("xxx")
    assert first["detail"].endswith(WITHOUT_BYTES)
    assert (second["payload"], second["detail"]) == (b"good", "x" * 600)


async def test_a_dead_letter_that_is_refused_without_its_bytes_too_stops_the_worker():
    bench = Bench("t")
    with pytest.raises(SinkRowError, match="fault of this program"):
        await bench.write(blocks(dead_letters=[{"topic": "t", "payload": b"x"}]))


def raw(*values):
    """The packed rows of events at offset 7 and beyond."""
    state, out = PartitionState("t", 2, lambda _key: 2, {}), Blocks()
    apply(state, *[FakeRecord(offset, b"c", value) for offset, value in enumerate(values, 7)])
    state.freeze(out)
    return out["events"]


async def test_packed_rows_are_looked_at_one_by_one():
    bench = Bench("e1")
    out = raw(*[event_json(name, "c") for name in ("e0", "e1", "e2")])
    await bench.write(Blocks(events=out))
    assert [one["event_id"] for one in bench.sink.rows("events")] == ["e0", "e2"]
    assert len(bench.sink.rows("dead_letters")) == 1


def test_the_event_made_from_a_row_is_the_one_that_made_the_row():
    value = event_json("e", "c", parent_event_id="p", parent_basis="exact", audience_size=0, attributes={"url": "é"})
    event = decode(value)
    (stood,) = raw(value).rows
    made = recovered(EventRow.model_construct(**dict(zip(EventRow.model_fields, stood, strict=True))))
    assert check(made.value, APPENDED_MS) == event
    assert (made.offset, made.key, made.timestamp) == (7, b"c", APPENDED_MS)


def test_a_counter_is_made_from_its_row_too():
    value = event_json("e", "c", "counter", counter_kind="like", count=0)
    event = decode(value)
    (stood,) = raw(value).rows
    made = recovered(EventRow.model_construct(**dict(zip(EventRow.model_fields, stood, strict=True))))
    assert msgspec.json.decode(made.value)["count"] == 0
    assert check(made.value, APPENDED_MS) == event

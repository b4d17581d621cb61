"""What every sink promises, shown by the one in memory, by the embedded ClickHouse and by a ClickHouse server."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from support.database import fresh_database
from support.docker import no_docker_engine
from support.sink_rows import MINUTE, NOON, SECOND, blocks, standing

from pipeline.config import Settings
from pipeline.errors import SinkRowError
from pipeline.sinks.bisect import store_the_rest
from pipeline.sinks.clickhouse import ClickHouseSink
from pipeline.sinks.memory import MemorySink
from schemas.rows import TABLES, Blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.sinks.base import Sink

SERVER_IMAGE = "clickhouse/clickhouse-server:26.3"


class Bench(Protocol):
    """A sink and a way to read what stands in it."""

    sink: Sink

    def rows(self, table: str) -> list[dict[str, Any]]: ...


class MemoryBench:
    def __init__(self):
        self.sink = MemorySink()

    def rows(self, table):
        return self.sink.rows(table)


class ClickHouseBench:
    def __init__(self, settings, client):
        self.sink = ClickHouseSink(settings)
        self.rows = partial(standing, client, settings.clickhouse_database)


@pytest.fixture(scope="module")
def server() -> Iterator[Settings]:
    """A ClickHouse server in a container; skips where there is no Docker engine."""
    if lacking := no_docker_engine():
        pytest.skip(lacking)
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import HttpWaitStrategy

    container = DockerContainer(SERVER_IMAGE).with_env("CLICKHOUSE_PASSWORD", "secret").with_exposed_ports(8123)
    with container.waiting_for(HttpWaitStrategy(8123, "/ping")) as running:
        url = f"http://{running.get_container_host_ip()}:{running.get_exposed_port(8123)}"
        yield Settings(clickhouse_url=url, clickhouse_password="secret")


@pytest.fixture(params=["memory", "embedded", pytest.param("server", marks=pytest.mark.docker)])
def bench(request) -> Iterator[Bench]:
    if request.param == "memory":
        yield MemoryBench()
        return
    embedded = request.param == "embedded"
    base = (
        Settings(clickhouse_url=request.getfixturevalue("clickhouse").url)
        if embedded
        else request.getfixturevalue("server")
    )
    with fresh_database(base) as (settings, client):
        made = ClickHouseBench(settings, client)
        yield made
        made.sink.close()


FULL = {
    "events": {
        "content_id": "twitter:1",
        "event_id": "twitter:é✓\t'\\",
        "kind": "share",
        "platform": "twitter",
        "campaign_id": "spring",
        "actor_id": "ann",
        "occurred_at": NOON + 123_456,
        "parent_event_id": "twitter:0",
        "parent_actor_id": "bob",
        "parent_basis": "exact",
        "audience_size": 10**12,
        "target_event_id": "t",
        "target_content_id": "u",
        "counter_kind": "like",
        "count": -1,
        "attributes": {"url": "https://example.org/?a=1&b='2'", "language": "fr", "": "🎈"},
        "kafka_partition": 4095,
        "kafka_offset": 2**48 - 1,
        "received_at": NOON + 124_000,
        "version": (32767 << 48) | (2**48 - 1),
    },
    "edges": {"content_id": "c", "event_id": "e", "depth": 2**32 - 1, "audience_size": -1, "retracted": True},
    "contents": {
        "content_id": "c",
        "platforms": ["bluesky", "twitter"],
        "first_seen": 1_041_379_200_000_000,
        "size": 4,
        "breadth": [1, 2, 1],
        "shares_by_depth": [0, 2, 1],
        "reach_by_depth": [0, 2**63, 7],
        "structural_virality": 1.8333333333333333,
        "r": 1 / 3,
        "secondary_reach": 10**18,
        "counted_views": 2**40,
        "version": 9,
    },
    "content_minutes": {"content_id": "c", "platform": "x", "minute": NOON, "acts": 3, "secondary_reach": 10**15},
    "amplifiers": {"content_id": "c", "platform": "x", "actor_id": "a", "spreads": 1, "audience_size": -1},
    "merged_contents": {"content_id": "c", "merged_into": "d", "steps": 2**32 - 1, "version": 2},
    "dead_letters": {
        "topic": "share.events",
        "kafka_offset": 7,
        "reason": "not_utf8",
        "detail": "byte 0xff",
        "received_at": NOON + 5_000,
        "key": b"\xff\x00",
        "payload": bytes(range(256)) * 4096,
    },
    "content_clock": {
        "content_id": "c",
        "evaluated_at": NOON + 7,
        "acceleration": -0.25,
        "doubling_s": -1.0,
        "version": NOON + 7,
    },
    "content_history": {
        "content_id": "c",
        "known_at": NOON,
        "evaluated_at": NOON + 59 * SECOND,
        "size": 7,
        "breadth": [1, 4, 2**32 - 1],
        "sharers": 6,
        "predicted_low": 7.5,
        "predicted_high": -1.0,
        "version": 2**52 - 1,
    },
    "alerts": {
        "alert_id": "a",
        "platforms": ["twitter"],
        "closed_at": 0,
        "evidence": {"z": "14.1", "was": "é✓'"},
        "top_spreaders": '[{"actor_id": "ann"}]',
        "muted": True,
        "version": NOON,
    },
    "baselines": {"platform": "twitter", "age_s": 3600, "expected": -1.0, "version": NOON},
}


def test_every_value_of_every_table_is_read_back_as_it_was_written(bench):
    written = blocks(**{table: [values] for table, values in FULL.items()})
    bench.sink.write(written)
    for table in TABLES:
        names = written[table].names
        assert bench.rows(table) == [dict(zip(names, row, strict=True)) for row in written[table].rows]


def test_the_same_blocks_written_twice_change_nothing(bench):
    written = blocks(**{table: [values] for table, values in FULL.items()})
    bench.sink.write(written)
    before = {table: bench.rows(table) for table in TABLES}
    bench.sink.write(written)
    assert {table: bench.rows(table) for table in TABLES} == before


def test_a_greater_version_replaces_the_row(bench):
    bench.sink.write(blocks(contents=[{"content_id": "c", "size": 1, "version": 5}]))
    bench.sink.write(blocks(contents=[{"content_id": "c", "size": 2, "version": 6}]))
    assert [row["size"] for row in bench.rows("contents")] == [2]


def test_an_older_version_written_late_changes_nothing(bench):
    bench.sink.write(blocks(contents=[{"content_id": "c", "size": 2, "version": 1 << 48}]))
    bench.sink.write(blocks(contents=[{"content_id": "c", "size": 99, "version": (1 << 48) - 1}]))
    assert [row["size"] for row in bench.rows("contents")] == [2]


def test_two_versions_in_one_block_leave_the_greater(bench):
    versions = [{"content_id": "c", "size": size, "version": size} for size in (3, 5, 4)]
    bench.sink.write(blocks(contents=versions))
    assert [row["size"] for row in bench.rows("contents")] == [5]


@pytest.mark.parametrize("table", ["events", "edges"])
def test_a_better_copy_dated_in_another_year_takes_the_place_of_the_first(bench, table):
    key = {"content_id": "c", "event_id": "e"}
    bench.sink.write(blocks(**{table: [key | {"occurred_at": NOON, "version": 1}]}))
    bench.sink.write(blocks(**{table: [key | {"occurred_at": NOON - 400 * 1440 * MINUTE, "version": 2}]}))
    assert [row["occurred_at"] for row in bench.rows(table)] == [NOON - 400 * 1440 * MINUTE]


def test_an_archive_of_twenty_years_is_written_at_once(bench):
    minutes = [{"content_id": "c", "minute": NOON - day * 1440 * MINUTE, "acts": day} for day in range(0, 7300, 10)]
    bench.sink.write(blocks(content_minutes=minutes))
    assert [row["acts"] for row in bench.rows("content_minutes")] == [one["acts"] for one in reversed(minutes)]


def test_nothing_to_write_is_no_error(bench):
    bench.sink.write(Blocks())
    bench.sink.write(blocks(edges=[]))
    assert [bench.rows(table) for table in TABLES] == [[]] * len(TABLES)


@pytest.mark.parametrize("seed", [1, 2])
def test_blocks_in_any_order_leave_the_tables_that_memory_has(bench, seed):
    chance = random.Random(seed)
    memory = MemorySink()
    for written in _any_blocks(chance, 40):
        memory.write(written)
        bench.sink.write(written)
    for table in ("edges", "content_minutes", "contents"):
        assert bench.rows(table) == memory.rows(table)


def _any_blocks(chance, count) -> Iterator[Blocks]:
    for _ in range(count):
        version = chance.randrange(30)
        content = chance.choice("ab")
        # a row is a function of its key and version, as it is in the worker
        yield blocks(
            edges=[
                {"content_id": content, "event_id": f"e{number}", "depth": version + number, "version": version}
                for number in range(chance.randrange(4))
            ],
            content_minutes=[
                {
                    "content_id": content,
                    "platform": platform,
                    "minute": NOON + (version % 3) * MINUTE,
                    "acts": version,
                    "version": version,
                }
                for platform in chance.sample(["x", "y", "z"], 2)
            ],
            contents=[{"content_id": content, "size": version, "version": version}],
        )


@pytest.fixture(params=["embedded", pytest.param("server", marks=pytest.mark.docker)])
def narrow(request) -> Iterator[ClickHouseBench]:
    """A database whose operator has made the column of audiences too narrow for some of them."""
    embedded = request.param == "embedded"
    base = (
        Settings(clickhouse_url=request.getfixturevalue("clickhouse").url)
        if embedded
        else request.getfixturevalue("server")
    )
    with fresh_database(base) as (settings, client):
        client.command(f"ALTER TABLE {settings.clickhouse_database}.events MODIFY COLUMN audience_size Int16")
        made = ClickHouseBench(settings, client)
        yield made
        made.sink.close()


def test_a_row_that_is_refused_is_a_row_error_that_names_its_table(narrow):
    with pytest.raises(SinkRowError) as caught:
        narrow.sink.write(blocks(events=[{"event_id": "a"}, {"event_id": "b", "audience_size": 10**6}]))
    assert caught.value.table == "events"
    assert narrow.rows("events") == []


def test_of_a_block_with_refused_rows_all_others_are_stored_and_the_guilty_named(narrow):
    rows = [
        {"content_id": "c", "event_id": f"e{number:03}", "audience_size": 10**6 if number in {3, 77} else 1}
        for number in range(100)
    ]
    refused = store_the_rest(narrow.sink, blocks(events=rows)["events"])
    assert [refusal.row[1] for refusal in refused] == ["e003", "e077"]
    assert len(narrow.rows("events")) == 98


@pytest.mark.docker
def test_a_row_that_breaks_a_constraint_of_the_servers_is_a_row_error_too(server):
    with fresh_database(server) as (settings, client):
        name = settings.clickhouse_database
        client.command(f"ALTER TABLE {name}.events ADD CONSTRAINT no_mallory CHECK actor_id != 'mallory'")
        bench = ClickHouseBench(settings, client)
        rows = blocks(events=[{"event_id": "a"}, {"event_id": "b", "actor_id": "mallory"}])
        assert [refusal.error.code for refusal in store_the_rest(bench.sink, rows["events"])] == [469]
        assert len(bench.rows("events")) == 1
        bench.sink.close()

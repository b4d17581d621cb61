"""Amplifiers, advocates, campaigns, conversation: each view shows what brute force over all events says, at any moment of merging."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isclose

import msgspec
import pytest
from support.database import fresh_database
from support.folding import SmallWorker, folded, now_ms
from support.oracle_tree import microseconds
from support.oracle_views import World
from support.random_contents import Author
from support.sink_rows import view

from pipeline.sinks.clickhouse import ClickHouseSink

KEYS = {
    "v_sharers": ("content_id", "platform", "actor_id", "sharer_platform", "sharer_id"),
    "v_first_movers": ("content_id",),
    "v_amplifiers": ("content_id", "platform", "actor_id"),
    "v_campaign_amplifiers": ("campaign_id", "platform", "actor_id"),
    "v_platform_amplifiers": ("platform", "actor_id"),
    "v_advocates": ("platform", "actor_id"),
    "v_authors": ("content_id", "platform", "actor_id"),
    "v_conversation": ("content_id", "event_id"),
    "v_accounts": ("platform", "actor_id"),
    "v_campaign": ("campaign_id",),
    "v_conversion": ("content_id",),
}
"""What one row is of."""
CONTENTS = 300
FLUSHES = 12
OWNED = {"spring": ["x:person 1", "y:person 2", "x:nobody's"], "a'\\b": ["x:person 1"]}


class WritesTwice:
    """A sink that writes each block twice, as a worker does that was killed before it committed."""

    def __init__(self, sink):
        self._sink = sink

    def write(self, blocks):
        self._sink.write(blocks)
        self._sink.write(blocks)


def arrivals(logs):
    """All events, the contents' logs interleaved, each log in its order."""
    waiting = [list(log) for log in logs.values()]
    while waiting:
        yield from (log.pop(0) for log in waiting)
        waiting = [log for log in waiting if log]


def accounts_of(setting):
    return {name: {tuple(one.split(":", 1)) for one in accounts} for name, accounts in setting.items()}


@pytest.fixture(scope="module", params=[11, 12])
def world(request, clickhouse):
    """A database that hundreds of contents were folded into, flush by flush, and the brute force over the same events."""
    logs = Author(request.param).logs(CONTENTS)
    values = [msgspec.json.encode(event) for event in arrivals(logs)]
    with fresh_database(clickhouse.settings(owned_accounts=OWNED)) as (settings, client):
        sink = ClickHouseSink(settings)
        worker = SmallWorker(WritesTwice(sink))
        size = len(values) // FLUSHES + 1
        for start in range(0, len(values), size):
            worker.take(values[start : start + size], now_ms())
        sink.close()
        assert view(client, f"SELECT count() AS refused FROM {settings.clickhouse_database}.v_dead_letters") == [
            {"refused": 0}
        ]
        yield client, settings.clickhouse_database, World(logs, accounts_of(OWNED))


def rows(client, database, name, tail=""):
    """The view's rows by key, without the key; times in microseconds, people as a set."""
    found = {}
    for row in view(client, f"SELECT * FROM {database}.{name} {tail}"):
        key = tuple(row.pop(column) for column in KEYS[name])
        assert key not in found, f"{name} has two rows of {key}"
        found[key] = {column: plain(column, value) for column, value in row.items()}
    return found


def plain(column, value):
    if isinstance(value, datetime):
        return microseconds(value.replace(tzinfo=UTC))
    return {(one["platform"], one["actor_id"]) for one in value} if column == "addressed" else value


def same(got, wanted):
    if isinstance(wanted, float):
        return isinstance(got, float) and isclose(got, wanted, rel_tol=1e-12)
    return type(got) is type(wanted) and got == wanted


def differences(got, wanted):
    assert got.keys() == wanted.keys()
    return [
        f"{key}: {column} is {row[column]!r}, not {value!r}"
        for key, row in got.items()
        for column, value in (wanted[key] | dict.fromkeys(row.keys() - wanted[key].keys(), "not expected")).items()
        if not same(row[column], value)
    ]


@pytest.mark.parametrize("name", KEYS)
def test_a_view_shows_what_brute_force_says(world, name):
    client, database, oracle = world
    wanted = getattr(oracle, name)()
    assert wanted
    assert differences(rows(client, database, name), wanted) == []


@pytest.mark.parametrize("name", KEYS)
def test_a_client_that_joins_with_nulls_sees_the_same(world, name):
    client, database, _ = world
    assert rows(client, database, name, "SETTINGS join_use_nulls = 1") == rows(client, database, name)


def test_the_random_contents_hold_what_is_hard(world):
    """Else the comparisons above would prove little."""
    client, database, oracle = world
    accounts = rows(client, database, "v_accounts")
    assert sum(0 < row["reciprocated"] < row["sharers"] for row in accounts.values()) > 10
    assert sum(row["two_way_posts"] > 0 and row["one_way_posts"] > 0 for row in accounts.values()) > 5
    assert accounts["x", "nobody's"]["owned_by"] == ["spring"]
    assert len(accounts["x", "person 1"]["owned_by"]) == 2
    campaigns = rows(client, database, "v_campaign")
    assert all(row["primary_reach"] and row["secondary_reach"] for row in campaigns.values())
    assert sum(row["duplicates"] for row in oracle.rows.values()) > 100
    assert sum(row["retracted"] for row in oracle.rows.values()) > 100


def test_nothing_changes_when_everything_is_merged(clickhouse):
    values = [msgspec.json.encode(event) for event in arrivals(Author(13).logs(60))]
    with folded(clickhouse.settings(owned_accounts=OWNED)) as (settings, worker):
        for start in range(0, len(values), 50):
            worker.take(values[start : start + 50], now_ms())
        with clickhouse.client(settings.clickhouse_database) as client:
            before = {name: rows(client, settings.clickhouse_database, name) for name in KEYS}
            for table in ("events", "edges", "amplifiers", "contents", "owned_accounts"):
                client.command(f"OPTIMIZE TABLE {table} FINAL")
            assert {name: rows(client, settings.clickhouse_database, name) for name in KEYS} == before

"""The acts that a name stands for, asked from the real engine."""

from __future__ import annotations

import pytest
from support.database import fresh_database
from support.sink_rows import blocks

from pipeline.config import Settings
from pipeline.errors import SinkSchemaError, SinkTransientError
from pipeline.ingest.undo.ruling import Act
from pipeline.ingest.undo.stored import MOST_ASKED, StoredActs
from pipeline.sinks.clickhouse import ClickHouseSink
from pipeline.sinks.migrations import migrate
from schemas.undo import retraction_id

ODD = 'at://did/post/it\'s \\ "x" {a:b} %s ünï\n\t☃'


def stored(settings, *events):
    sink = ClickHouseSink(settings)
    sink.write(blocks(events=[{"platform": "bluesky", "version": 1} | event for event in events]))
    sink.close()


def event(event_id, content_id="film", kind="share", actor_id="ann", **more):
    return {"event_id": event_id, "content_id": content_id, "kind": kind, "actor_id": actor_id, **more}


@pytest.fixture(scope="module")
def made(clickhouse):
    with fresh_database(Settings(clickhouse_url=clickhouse.url)) as (settings, client):
        yield settings, client


@pytest.fixture
def acts(made):
    found = StoredActs(made[0])
    yield found
    found.close()


def test_an_act_is_found_by_its_id_in_each_content_and_by_its_alias_whatever_the_letters(made, acts):
    stored(
        made[0],
        event(ODD, "film", "quote"),
        event(ODD, ODD, "comment"),
        event("boost", "talk", actor_id="bo", attributes={"local_id": "-:7"}),
        event("other", "talk"),
    )
    assert acts.named([ODD, "-:7", "unknown"]) == {
        ODD: [Act(ODD, ODD, "bluesky", "ann", undone=False), Act("film", ODD, "bluesky", "ann", undone=False)],
        "-:7": [Act("talk", "boost", "bluesky", "bo", undone=False)],
    }
    assert acts.named([]) == {}


def test_what_is_undone_already_is_told_for_each_content(made, acts):
    long = "a" * 512
    stored(made[0], event(long, "one"), event(long, "two"), event(retraction_id(long), "two", "retract"))
    assert acts.named([long]) == {
        long: [Act("one", long, "bluesky", "ann", undone=False), Act("two", long, "bluesky", "ann", undone=True)]
    }


def test_what_is_no_act_is_not_found_and_of_two_copies_the_one_that_stands(made, acts):
    stored(made[0], *(event(kind, "kinds", kind) for kind in ("retract", "counter", "link", "click", "view")))
    assert acts.named(["retract", "counter", "link", "click", "view"]) == {}
    stored(made[0], event("copied", "kinds", actor_id="guessed"))
    stored(made[0], event("copied", "kinds", actor_id="exact", version=2))
    assert acts.named(["copied"]) == {"copied": [Act("kinds", "copied", "bluesky", "exact", undone=False)]}


def test_many_long_names_are_asked_in_pieces(made, acts):
    names = [f"{number}:".ljust(512, "x") for number in range(MOST_ASKED + 5)]
    stored(made[0], *(event(name, "many") for name in names))
    assert acts.named(names).keys() == set(names)


def test_a_look_reads_by_key_and_not_the_whole_table(made):
    settings, client = made
    stored(settings, *(event(f"row {number:06}", "rows") for number in range(40_000)))
    client.command(f"OPTIMIZE TABLE {settings.clickhouse_database}.act_names FINAL")
    client.command(f"OPTIMIZE TABLE {settings.clickhouse_database}.events FINAL")
    for table, where in (
        ("act_names", "name IN ['row 000007']"),
        ("events", "(content_id, event_id) IN [('rows', 'row 000007')]"),
    ):
        asked = f"EXPLAIN ESTIMATE SELECT * FROM {settings.clickhouse_database}.{table} WHERE {where}"
        ((*_, rows, _marks),) = client.query(asked).result_rows
        assert 0 < rows <= 3 * 8192, table


def test_names_of_what_was_there_before_are_known_after_migrating_and_a_table_made_anew_fills_again(clickhouse):
    with fresh_database(Settings(clickhouse_url=clickhouse.url)) as (settings, client):
        for name in ("act_names_of_events", "act_names"):
            client.command(f"DROP TABLE {settings.clickhouse_database}.{name} SYNC")
        stored(settings, event("before"))
        acts = StoredActs(settings)
        with pytest.raises(SinkSchemaError, match="cascades migrate"):
            acts.check()
        migrate(client, settings)
        acts.check()
        assert acts.named(["before"]).keys() == {"before"}
        client.command(f"DROP TABLE {settings.clickhouse_database}.events SYNC")
        migrate(client, settings)
        stored(settings, event("after"))
        assert acts.named(["after"]).keys() == {"after"}
        acts.close()


def test_a_clickhouse_that_is_away_is_asked_again_later():
    with pytest.raises(SinkTransientError, match="does not answer"):
        StoredActs(Settings(clickhouse_url="http://127.0.0.1:1")).named(["a"])

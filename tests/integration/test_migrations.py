"""Every migration runs on the embedded engine and leaves what the row models and the contract say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from support.database import fresh_database
from support.sink_rows import view

from pipeline.config import Settings
from pipeline.errors import SinkError, SinkSchemaError
from pipeline.sinks.migrations import Migration, check, load, migrate, status, table_identities
from pipeline.sinks.partitions import MONTH_OF
from schemas.rows import KEYS, LOG_TABLES, TABLES

CONTRACT = {
    "v_content": "content_id campaign_id platforms first_seen last_seen size shares likes comments clicks views duplicates depth depth_exact "
    "max_breadth breadth structural_virality r primary_reach secondary_reach potential_reach estimated_reach audience_coverage velocity_5m "
    "velocity_1h shares_5m shares_1h shares_24h secondary_reach_5m secondary_reach_1h secondary_reach_24h depth_5m depth_1h depth_24h "
    "viral_score predicted_size state",
    "v_sharers": "content_id platform actor_id sharer_platform sharer_id audience_size",
    "v_first_movers": "content_id platform actor_id event_id",
    "v_authors": "content_id platform actor_id posts audience_size",
    "v_owned_accounts": "campaign_id platform actor_id",
    "v_conversation": "content_id event_id kind platform actor_id occurred_at addressed to_others",
    "v_accounts": "platform actor_id posts shares_of_others own_shares replies mentions share_ratio one_way_posts two_way_posts two_way_ratio "
    "sharers reciprocated reciprocity sharers_known sharers_audience_p10 sharers_audience_p50 sharers_audience_p90 sharers_audience_max",
    "v_campaign": "campaign_id contents platforms first_seen last_seen posts shares likes comments mentions clicks views depth depth_exact "
    "primary_reach secondary_reach potential_reach sharers sharers_known audience_coverage viral_contents shares_per_view shares_per_click",
    "v_campaign_amplifiers": "campaign_id platform actor_id contents shares audience_size downstream_shares downstream_reach amplification first_moves depth",
    "v_platform_amplifiers": "platform place actor_id contents shares audience_size downstream_shares downstream_reach amplification first_moves depth",
    "v_advocates": "platform actor_id contents shares audience_size downstream_shares downstream_reach amplification first_moves",
    "v_conversion": "content_id campaign_id shares views clicks shares_per_view shares_per_click",
    "v_content_minute": "content_id platform minute shares likes comments clicks depth secondary_reach",
    "v_merged_contents": "content_id merged_into steps",
    "v_edges": "content_id event_id parent_event_id parent_basis actor_id depth audience_size occurred_at platform retracted",
    "v_generation": "content_id depth shares reach nodes r",
    "v_amplifiers": "content_id actor_id platform shares audience_size downstream_shares downstream_reach",
    "v_platform_minute": "platform campaign_id minute posts shares likes comments mentions clicks views follows depth secondary_reach",
    "v_dead_letters": "topic partition offset reason received_at payload",
    "v_content_history": "content_id known_at size shares depth secondary_reach structural_virality r velocity_5m viral_score predicted_size state",
    "v_alerts": "alert_id content_id campaign_id rule state severity opened_at closed_at evidence",
    "v_baselines": "platform campaign_id age_s expected contents",
}
CLICKHOUSE_TYPES: dict[Any, set[str]] = {
    str: {"String", "LowCardinality(String)"},
    bytes: {"String"},
    int: {"UInt32", "UInt64", "Int64"},
    float: {"Float64"},
    bool: {"Bool"},
    datetime: {"DateTime('UTC')", "DateTime64(3, 'UTC')", "DateTime64(6, 'UTC')"},
    list[int]: {"Array(UInt32)", "Array(UInt64)"},
    list[str]: {"Array(LowCardinality(String))"},
    dict[str, str]: {"Map(LowCardinality(String), String)"},
}


@pytest.fixture
def empty(clickhouse):
    """Settings and client of a database that no migration has touched."""
    with fresh_database(Settings(clickhouse_url=clickhouse.url), migrated=False) as made:
        yield made


@pytest.fixture(scope="module")
def migrated(clickhouse):
    """Settings and client of an up-to-date database that tests only look at."""
    with fresh_database(Settings(clickhouse_url=clickhouse.url)) as made:
        yield made


def columns(made, table):
    settings, client = made
    sql = "SELECT name, type, comment FROM system.columns WHERE database = {d:String} AND table = {t:String} ORDER BY position"
    return client.query(sql, {"d": settings.clickhouse_database, "t": table}).result_rows


def tables(made, fields):
    settings, client = made
    sql = f"SELECT name, {fields} FROM system.tables WHERE database = {{d:String}} ORDER BY name"
    return {row.pop("name"): row for row in view(client, sql, d=settings.clickhouse_database)}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_the_columns_of_its_row_model_and_the_arrival(migrated, table):
    found = columns(migrated, table)
    assert [name for name, _, _ in found] == [*TABLES[table].model_fields, "inserted_at"]
    for (name, type_, _), field in zip(found, TABLES[table].model_fields.values(), strict=False):
        assert type_ in CLICKHOUSE_TYPES[field.annotation], name


def test_the_database_holds_these_tables_and_views_and_no_others(migrated):
    assert set(tables(migrated, "engine")) == {
        *TABLES,
        *CONTRACT,
        "act_names",
        "act_names_of_events",
        "owned_accounts",
        "schema_migrations",
    }


@pytest.mark.parametrize("name", CONTRACT)
def test_a_view_has_the_columns_of_the_contract_in_front(migrated, name):
    wanted = CONTRACT[name].split()
    assert {column for column, _, _ in columns(migrated, name)[: len(wanted)]} == set(wanted)


def test_every_table_view_and_column_tells_what_it_means(migrated):
    for name, row in tables(migrated, "comment").items():
        assert row["comment"], name
        assert [column for column, _, comment in columns(migrated, name) if not comment] == []


def test_a_view_selects_its_columns_with_the_types_it_declares(migrated):
    _, client = migrated
    for name in CONTRACT:
        declared = {column: type_ for column, type_, _ in columns(migrated, name)}
        definition = tables(migrated, "as_select")[name]["as_select"]
        selected = client.query(f"DESCRIBE ({definition}) SETTINGS print_pretty_type_names = 0").result_rows
        assert {row[0]: row[1] for row in selected} == declared, name


def test_rows_replace_each_other_by_the_key_of_the_row_model(migrated):
    found = tables(migrated, "engine_full, sorting_key, partition_key")
    for table, key in KEYS.items():
        assert found[table]["sorting_key"] == ", ".join(key)
        version = "(version)" if "version" in TABLES[table].model_fields else ""
        assert found[table]["engine_full"].startswith(f"ReplacingMergeTree{version} ")


def test_a_partition_is_a_function_of_what_never_changes_in_a_row(migrated):
    found = {
        table: row["partition_key"] for table, row in tables(migrated, "partition_key").items() if row["partition_key"]
    }
    assert found == {table: f"toYYYYMM({column})" for table, column in MONTH_OF.items()}


def test_no_table_has_a_nullable_column(migrated):
    assert [
        (table, name) for table in TABLES for name, type_, _ in columns(migrated, table) if "Nullable" in type_
    ] == []


def test_migrating_again_does_nothing(migrated):
    settings, client = migrated
    assert migrate(client, settings) == []
    check(client, settings)


def test_a_dry_run_tells_the_statements_and_runs_none(empty):
    settings, client = empty
    told = migrate(client, settings, dry_run=True)
    assert [one.name for one in told] == [migration.name for migration in load()]
    assert all(settings.clickhouse_database in "".join(one.statements) for one in told)
    assert tables(empty, "engine") == {}
    assert [one.statements for one in migrate(client, settings)] == [one.statements for one in told]


def test_a_schema_that_is_behind_stops_the_worker_with_what_to_do(empty):
    settings, client = empty
    with pytest.raises(SinkSchemaError, match=r"0001_events is pending.*run `cascades migrate`"):
        check(client, settings)
    migrate(client, settings, migrations=load()[:-1])
    with pytest.raises(SinkSchemaError, match=rf"behind \({load()[-1].name} is pending\)"):
        check(client, settings)


def test_only_what_is_due_is_run(empty):
    settings, client = empty
    migrate(client, settings, migrations=load()[:4])
    assert [one.state for one in status(client, settings)] == ["applied"] * 4 + ["pending"] * (len(load()) - 4)
    assert [one.number for one in migrate(client, settings)] == [migration.number for migration in load()[4:]]


def test_a_changed_file_is_refused_and_nothing_is_run(empty):
    settings, client = empty
    migrate(client, settings, migrations=load()[:1])
    changed = [Migration(1, "0001_events", load()[0].template + "\n-- a word more"), *load()[1:]]
    with pytest.raises(SinkSchemaError, match="0001_events was changed after it had been applied"):
        migrate(client, settings, migrations=changed)
    assert set(tables(empty, "engine")) == {"events", "schema_migrations"}


def test_a_missing_file_is_refused(empty):
    settings, client = empty
    migrate(client, settings, migrations=[*load()[:1], Migration(2, "0002_later", "SELECT 1")])
    with pytest.raises(SinkSchemaError, match="0002_later was applied but its file is missing"):
        migrate(client, settings, migrations=load()[:1])


def test_a_migration_that_fails_is_run_again_from_its_start(empty):
    settings, client = empty
    broken = Migration(
        1, "0001_x", "CREATE TABLE IF NOT EXISTS {database}.x (a UInt8) ENGINE = Memory; SELECT no_such_column"
    )
    with pytest.raises(SinkError, match="no_such_column"):
        migrate(client, settings, migrations=[broken])
    repaired = Migration(1, "0001_x", broken.template.replace("no_such_column", "1"))
    assert [one.state for one in status(client, settings, [repaired])] == ["pending"]
    migrate(client, settings, migrations=[repaired])
    assert [one.state for one in status(client, settings, [repaired])] == ["applied"]


def test_new_tables_are_made_with_their_retention(empty):
    settings, client = empty
    kept = settings.model_copy(update={"retention_days": 30})
    assert [one.name for one in migrate(client, kept)] == [migration.name for migration in load()]
    assert migrate(client, kept, dry_run=True) == []


def test_another_retention_reaches_the_tables_that_exist(empty):
    settings, client = empty

    def kept(days):
        migrate(client, settings.model_copy(update={"retention_days": days}))
        return {
            row["engine_full"].partition(" TTL ")[2].partition(" SETTINGS ")[0]
            for t, row in tables(empty, "engine_full").items()
            if t in {*TABLES, "act_names"}
        }

    assert kept(30) == {"inserted_at + toIntervalDay(30)"}
    assert kept(7) == {"inserted_at + toIntervalDay(7)"}
    assert kept(0) == {""}


def test_retention_counts_from_arrival_so_that_an_old_archive_stays(empty):
    settings, client = empty
    migrate(client, settings.model_copy(update={"retention_days": 1}))
    table = f"{settings.clickhouse_database}.content_minutes"
    client.command(f"INSERT INTO {table} (content_id, minute, acts) VALUES ('archive', '2010-01-01 00:00:00', 1)")
    client.command(
        f"INSERT INTO {table} (content_id, minute, acts, inserted_at) VALUES ('gone', '2010-02-01 00:00:00', 1, now() - INTERVAL 2 DAY)"
    )
    client.command(f"OPTIMIZE TABLE {table} FINAL")
    assert view(client, f"SELECT content_id FROM {table}") == [{"content_id": "archive"}]


def test_a_table_or_view_that_was_dropped_by_hand_is_named_and_made_anew(empty):
    settings, client = empty
    migrate(client, settings)
    for kind, name in (("TABLE", "edges"), ("VIEW", "v_edges")):
        client.command(f"DROP {kind} {settings.clickhouse_database}.{name}")
    told = [str(one) for one in status(client, settings) if one.state != "applied"]
    assert told == [
        "0002_edges is damaged (edges is gone)",
        "0046_v_edges_v_conversion_without_merged is damaged (v_edges is gone)",
    ]
    with pytest.raises(SinkSchemaError, match=r"edges is gone.*run `cascades migrate`"):
        check(client, settings)
    done = migrate(client, settings)
    assert [one.number for one in done] == [one.number for one in load() if one.number >= 2]
    assert [name for one in done for name in one.gone] == ["edges", "v_edges"]
    check(client, settings)
    assert migrate(client, settings) == []


def test_what_a_later_migration_dropped_is_not_missed(empty):
    settings, client = empty
    made = Migration(1, "0001_t", "CREATE TABLE IF NOT EXISTS {database}.t (a UInt8) ENGINE = Memory;")
    dropped = Migration(2, "0002_no_t", "DROP TABLE IF EXISTS {database}.t;")
    migrate(client, settings, migrations=[made])
    client.command(f"DROP TABLE {settings.clickhouse_database}.t")
    assert [one.state for one in status(client, settings, [made, dropped])] == ["damaged", "pending"]
    migrate(client, settings, migrations=[made, dropped])
    assert [one.state for one in status(client, settings, [made, dropped])] == ["applied", "applied"]


def test_a_table_that_was_made_anew_has_another_identity(empty):
    settings, client = empty
    migrate(client, settings)
    before = table_identities(client, settings)
    assert before.keys() == {f"table {name}" for name in LOG_TABLES}
    assert table_identities(client, settings) == before
    client.command(f"DROP TABLE {settings.clickhouse_database}.edges SYNC")
    migrate(client, settings)
    after = table_identities(client, settings)
    assert {name for name in before if before[name] != after[name]} == {"table edges"}
    on_cluster = settings.model_copy(update={"clickhouse_cluster": "three"})
    assert table_identities(client, on_cluster) == {}

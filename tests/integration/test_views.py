"""Each view shows the right figures without FINAL: older versions, void rows and repeated writes do not count."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from support.database import fresh_database
from support.sink_rows import MINUTE, NOON, SECOND, blocks, view

from pipeline.config import Settings
from pipeline.sinks.clickhouse import ClickHouseSink
from schemas.clock_rows import history_version

VIEWS = (
    "v_content",
    "v_content_minute",
    "v_edges",
    "v_generation",
    "v_amplifiers",
    "v_platform_minute",
    "v_dead_letters",
    "v_content_history",
    "v_alerts",
    "v_baselines",
)

NOT_COMPUTED = (
    *(
        "viral_score",
        "predicted_size",
        "state",
        "evaluated_at",
        "live_r",
        "burst_z",
        "expected_shares",
    ),
    *("predicted_low", "predicted_high", "accelerating", "half_s", "ninety_s", "label", "severity"),
)


class Database:
    """A migrated database with a sink that writes into it."""

    def __init__(self, settings, client):
        self.name = settings.clickhouse_database
        self.client = client
        self.sink = ClickHouseSink(settings)

    def write(self, **rows):
        self.sink.write(blocks(**rows))

    def see(self, sql):
        return view(self.client, sql.replace("v_", f"{self.name}.v_", 1))

    def now(self):
        """The database's clock, so that a test's windows do not depend on this machine's."""
        return int(self.client.query("SELECT toUnixTimestamp64Micro(now64(6))").first_row[0])


def wait_out_the_end_of_a_minute(database):
    """So that writing and reading see the same running minute."""
    left = MINUTE - database.now() % MINUTE
    if left < 10 * SECOND:
        time.sleep(left / SECOND)


@pytest.fixture
def database(clickhouse):
    with fresh_database(Settings(clickhouse_url=clickhouse.url)) as (settings, client):
        made = Database(settings, client)
        yield made
        made.sink.close()


def test_a_content_shows_its_greatest_version_with_nothing_left_that_is_not_known(database):
    old = {"content_id": "c", "size": 2, "shares": 1, "version": 1}
    new = old | {
        "size": 4,
        "shares": 3,
        "campaign_id": "spring",
        "platforms": ["twitter"],
        "breadth": [1, 2, 1],
        "primary_reach": 100,
        "secondary_reach": 40,
        "sharers": 4,
        "sharers_known": 3,
        "version": 2,
    }
    database.write(contents=[new])
    database.write(contents=[old])
    (row,) = database.see("SELECT * FROM v_content")
    assert row | {"size": 4, "shares": 3, "campaign_id": "spring", "breadth": [1, 2, 1]} == row
    assert (row["potential_reach"], row["audience_coverage"]) == (140, 0.75)
    assert [row[name] for name in NOT_COMPUTED] == [None] * len(NOT_COMPUTED)
    assert (row["velocity_5m"], row["velocity_1h"]) == (0, 0)


def test_a_content_without_campaign_or_sharers_shows_null_not_zero(database):
    database.write(contents=[{"content_id": "c", "size": 1, "version": 1}])
    assert database.see("SELECT campaign_id, audience_coverage FROM v_content") == [
        {"campaign_id": None, "audience_coverage": None}
    ]


WINDOWS = "shares_5m, shares_1h, shares_24h, secondary_reach_5m, secondary_reach_1h, secondary_reach_24h, depth_5m, depth_1h, depth_24h"


def test_windows_are_whole_minutes_that_end_with_the_running_one(database):
    wait_out_the_end_of_a_minute(database)
    this_minute = database.now() // MINUTE * MINUTE
    ages = {0: 1, 4: 10, 5: 100, 59: 1_000, 60: 10_000, 1439: 100_000, 1440: 1_000_000, -1: 10_000_000}
    database.write(
        contents=[{"content_id": "c", "size": 1, "version": 1}],
        content_minutes=[
            {"content_id": "c", "platform": "x", "minute": this_minute - age * MINUTE}
            | {"acts": 1, "shares": shares, "secondary_reach": 2 * shares, "depth": len(str(shares)), "version": 1}
            for age, shares in ages.items()
        ],
    )
    (row,) = database.see(f"SELECT {WINDOWS} FROM v_content")
    assert list(row.values()) == [11, 1_111, 111_111, 22, 2_222, 222_222, 2, 4, 6]
    assert database.see("SELECT velocity_5m, velocity_1h FROM v_content") == [
        {"velocity_5m": 11 / 5, "velocity_1h": 1_111 / 60}
    ]


LOOK = {
    "content_id": "c",
    "evaluated_at": NOON,
    "live_r": 0.5,
    "z": -0.5,
    "expected_shares": 4.0,
    "viral_score": 6.4,
    "predicted_size": 120.0,
    "predicted_low": 80.0,
    "predicted_high": 200.0,
    "half_s": 600.0,
    "ninety_s": 7200.0,
    "label": "chain",
    "state": "viral",
    "severity": 7,
    "version": NOON,
}


def test_acceleration_and_doubling_time_are_of_now_whatever_the_last_look_said(database):
    wait_out_the_end_of_a_minute(database)
    this_minute = database.now() // MINUTE * MINUTE
    ages = {0: 1_000, 1: 70, 5: 30, 6: 5, 10: 10, 11: 10_000, -1: 100_000}
    key = {"platform": "x", "acts": 1, "version": 1}
    content = {"first_seen": this_minute - 4 * 3600 * SECOND, "version": 1}
    database.write(
        contents=[content | {"content_id": name, "shares": 1} for name in ("alone", "behind", "c")],
        content_clock=[
            LOOK | {"content_id": name, "acceleration": -52.0, "doubling_s": 90.0} for name in ("alone", "c")
        ],
        content_minutes=[
            *[
                key | {"content_id": "c", "minute": this_minute - age * MINUTE, "shares": shares}
                for age, shares in ages.items()
            ],
            key | {"content_id": "behind", "minute": this_minute - 30 * MINUTE, "shares": 9},
        ],
    )
    for nulls in (0, 1):
        alone, behind, moving = database.see(
            f"SELECT acceleration, doubling_s FROM v_content ORDER BY content_id SETTINGS join_use_nulls = {nulls}"
        )
        assert alone == {"acceleration": 0, "doubling_s": None}
        assert moving["acceleration"] == (70 + 30 - 5 - 10) / 5
        assert behind["acceleration"] == 0
        # its row is older than its minutes: no more shares came in the hour than there are, so one became two in an hour
        assert 59 * 60 <= behind["doubling_s"] <= 60 * 60


def test_what_a_look_found_stands_beside_its_moment_whichever_was_written_last(database):
    database.write(contents=[{"content_id": "c", "size": 9, "version": 1}], content_clock=[LOOK])
    database.write(content_clock=[LOOK | {"state": "rising", "version": NOON - 1, "evaluated_at": NOON - 1}])
    (row,) = database.see(f"SELECT {', '.join(NOT_COMPUTED)} FROM v_content")
    known = {name: value for name, value in LOOK.items() if name not in {"content_id", "version", "evaluated_at", "z"}}
    assert row == known | {
        "burst_z": -0.5,
        "accelerating": False,
        "evaluated_at": datetime.fromtimestamp(NOON / 1e6, UTC).replace(tzinfo=None),
    }


@pytest.mark.parametrize("nulls", [0, 1])
def test_what_a_look_could_not_tell_is_null_whatever_a_client_sets_for_joins(database, nulls):
    unknown = dict.fromkeys(("expected_shares", "viral_score", "predicted_high", "half_s", "ninety_s"), -1.0)
    seen = LOOK | unknown | {"state": "", "severity": 0, "accelerating": True}
    contents = [{"content_id": name, "size": 2, "version": 1} for name in ("c", "not seen")]
    database.write(contents=contents, content_clock=[seen])
    columns = ", ".join(NOT_COMPUTED)
    first, second = database.see(
        f"SELECT {columns} FROM v_content ORDER BY content_id SETTINGS join_use_nulls = {nulls}"
    )
    assert {name for name, value in first.items() if value is None} == {*unknown, "state"}
    assert (first["accelerating"], first["severity"]) == (True, 0)
    assert {name for name, value in second.items() if value is not None} == set()


def test_the_history_of_a_minute_is_its_last_row_in_time_and_is_not_rewritten_later(database):
    def look(second, wall, size):
        now = NOON + second * SECOND
        return {"content_id": "c", "known_at": NOON, "evaluated_at": now, "size": size, "viral_score": -1.0} | {
            "version": history_version(now, NOON + wall * SECOND)
        }

    a_month_later = 30 * 86_400
    for second, wall, size in (
        (5, 5, 2),
        (50, 61, 4),
        (30, 31, 3),
        (59, a_month_later, 99),
        (58, 2 * a_month_later, 98),
    ):
        database.write(content_history=[look(second, wall, size)])
    assert database.see("SELECT size, viral_score, state FROM v_content_history") == [
        {"size": 4, "viral_score": None, "state": None}
    ]


def test_the_history_tells_speed_and_form_and_null_where_they_were_not_kept_or_are_not_there(database):
    key = {"known_at": NOON, "version": 1}
    kept = {
        "acceleration": -1.5,
        "doubling_s": 60.0,
        "live_r": 0.5,
        "max_breadth": 3,
        "mean_depth": 1.25,
        "label": "mixed",
    }
    still = {"doubling_s": -1.0, "max_breadth": 1, "mean_depth": -1.0, "label": "broadcast", "size": 1}
    database.write(
        content_history=[
            key | {"content_id": "a", "size": 5} | kept,
            key | {"content_id": "b", "size": 5, "label": ""},
            key | {"content_id": "c"} | still,
        ]
    )
    rows = database.see(f"SELECT {', '.join(kept)} FROM v_content_history ORDER BY content_id")
    nothing = dict.fromkeys(kept)
    assert rows == [kept, nothing, nothing | {"acceleration": 0.0, "live_r": 0.0, "max_breadth": 1}]


def test_the_history_tells_generations_range_and_coverage_and_null_where_they_were_not_kept(database):
    kept = {"depth_exact": 1, "sharers": 4, "sharers_known": 3, "predicted_low": 12.5, "predicted_high": 40.0}
    alone = {"breadth": [1], "predicted_low": 1.0, "predicted_high": -1.0}
    database.write(
        content_history=[
            {"known_at": NOON, "label": "mixed", "version": 1, "content_id": name} | row
            for name, row in {"a": kept | {"breadth": [1, 2, 6, 3]}, "b": alone, "c": {}}.items()
        ]
    )
    names = ["breadth", "r_by_generation", "audience_coverage", *kept]
    rows = database.see(f"SELECT {', '.join(names)} FROM v_content_history ORDER BY content_id")
    bare = {"r_by_generation": [], "audience_coverage": None}
    assert rows == [
        kept | {"breadth": [1, 2, 6, 3], "r_by_generation": [3.0, 0.5], "audience_coverage": 0.75},
        bare | dict.fromkeys(kept, 0) | alone | {"predicted_high": None},
        bare | dict.fromkeys(kept) | {"breadth": []},
    ]


def test_an_alert_is_as_it_was_told_last_and_open_until_it_is_closed(database):
    told = {
        "alert_id": "a",
        "content_id": "c",
        "rule": "velocity",
        "evidence": {"z": "14.1"},
        "opened_at": NOON,
        "closed_at": 0,
    }
    database.write(alerts=[told | {"sequence": 1, "version": 2}])
    database.write(alerts=[told | {"version": 1}])
    columns = "alert_id, campaign_id, sequence, evidence, closed_at, page"
    (row,) = database.see(f"SELECT {columns} FROM v_alerts")
    nothing = {"campaign_id": None, "closed_at": None, "page": None}
    assert row == nothing | {"alert_id": "a", "sequence": 1, "evidence": {"z": "14.1"}}
    database.write(alerts=[told | {"sequence": 2, "closed_at": NOON, "campaign_id": "spring", "version": 3}])
    (row,) = database.see(f"SELECT {columns} FROM v_alerts")
    assert (row["sequence"], row["campaign_id"]) == (2, "spring")
    assert row["closed_at"] == datetime.fromtimestamp(NOON / 1e6, UTC).replace(tzinfo=None)


def test_a_baseline_of_too_few_contents_is_null(database):
    base = {"kafka_partition": 3, "platform": "x", "age_s": 60}
    database.write(
        baselines=[base | {"contents": 9, "expected": -1.0, "version": 1}, base | {"age_s": 90, "expected": 2.5}]
    )
    assert database.see("SELECT campaign_id, age_s, contents, expected FROM v_baselines ORDER BY age_s") == [
        {"campaign_id": None, "age_s": 60, "contents": 9, "expected": None},
        {"campaign_id": None, "age_s": 90, "contents": 0, "expected": 2.5},
    ]


def test_windows_leave_out_void_minutes_and_older_versions_and_sum_platforms(database):
    minute = database.now() // MINUTE * MINUTE - MINUTE
    key = {"content_id": "c", "minute": minute}
    database.write(
        contents=[{"content_id": "c", "version": 1}, {"content_id": "quiet", "version": 1}],
        content_minutes=[
            key | {"platform": "x", "acts": 9, "shares": 9, "version": 1},
            key | {"platform": "x", "acts": 2, "shares": 2, "version": 2},
            key | {"platform": "y", "acts": 1, "shares": 1, "depth": 3, "version": 1},
            key | {"platform": "z", "acts": 0, "shares": 0, "depth": 7, "version": 1},
        ],
    )
    assert database.see("SELECT content_id, shares_5m, depth_5m FROM v_content ORDER BY content_id") == [
        {"content_id": "c", "shares_5m": 3, "depth_5m": 3},
        {"content_id": "quiet", "shares_5m": 0, "depth_5m": 0},
    ]


def test_windows_are_zero_also_for_a_client_that_joins_with_nulls(database):
    database.write(contents=[{"content_id": "c", "version": 1}])
    assert database.see("SELECT shares_5m, depth_24h FROM v_content SETTINGS join_use_nulls = 1") == [
        {"shares_5m": 0, "depth_24h": 0}
    ]


def test_a_minute_without_acts_is_gone(database):
    key = {"content_id": "c", "platform": "x", "minute": NOON}
    database.write(content_minutes=[key | {"acts": 1, "shares": 1, "version": 1}])
    assert len(database.see("SELECT * FROM v_content_minute")) == 1
    database.write(content_minutes=[key | {"acts": 0, "version": 2}])
    assert database.see("SELECT * FROM v_content_minute") == []


def test_an_edge_shows_its_present_place_and_null_for_what_is_not_known(database):
    edge = {
        "content_id": "c",
        "event_id": "e",
        "kind": "share",
        "platform": "x",
        "actor_id": "ann",
        "occurred_at": NOON,
    }
    waiting = edge | {"named_parent_event_id": "p", "depth": 1, "audience_size": -1, "version": 1}
    database.write(edges=[waiting])
    assert database.see(
        "SELECT parent_event_id, named_parent_event_id, audience_size, campaign_id, depth FROM v_edges"
    ) == [
        {"parent_event_id": None, "named_parent_event_id": "p", "audience_size": None, "campaign_id": None, "depth": 1}
    ]
    database.write(
        edges=[waiting | {"parent_event_id": "p", "depth": 2, "audience_size": 0, "retracted": True, "version": 2}]
    )
    assert database.see("SELECT parent_event_id, audience_size, depth, retracted, occurred_at FROM v_edges") == [
        {
            "parent_event_id": "p",
            "audience_size": 0,
            "depth": 2,
            "retracted": True,
            "occurred_at": datetime.fromtimestamp(NOON / 1e6, UTC).replace(tzinfo=None),
        }
    ]


def test_generations_are_the_slots_of_the_latest_row_without_the_root(database):
    database.write(
        contents=[
            {"content_id": "c", "breadth": [1, 9], "shares_by_depth": [0, 9], "reach_by_depth": [0, 9], "version": 1}
        ]
    )
    database.write(
        contents=[
            {
                "content_id": "c",
                "breadth": [1, 3, 1],
                "shares_by_depth": [0, 2, 1],
                "reach_by_depth": [0, 50, 7],
                "version": 2,
            }
        ]
    )
    assert database.see("SELECT * FROM v_generation ORDER BY depth") == [
        {"content_id": "c", "depth": 1, "shares": 2, "reach": 50, "nodes": 3, "r": 1 / 3},
        {"content_id": "c", "depth": 2, "shares": 1, "reach": 7, "nodes": 1, "r": None},
    ]


@pytest.mark.parametrize(
    ("breadth", "mean_depth", "r_by_generation"),
    [([1], None, []), ([1, 4], 1.0, []), ([1, 2, 6, 3], (2 + 12 + 9) / 11, [3.0, 0.5])],
)
def test_mean_depth_and_r_of_each_generation_follow_from_the_breadth(database, breadth, mean_depth, r_by_generation):
    none = [0] * len(breadth)
    database.write(
        contents=[
            {
                "content_id": "c",
                "size": sum(breadth),
                "breadth": breadth,
                "shares_by_depth": none,
                "reach_by_depth": none,
                "version": 1,
            }
        ]
    )
    (row,) = database.see("SELECT mean_depth, r_by_generation FROM v_content")
    assert row == {"mean_depth": mean_depth, "r_by_generation": r_by_generation}


def test_a_content_without_spreads_has_no_generation(database):
    database.write(
        contents=[{"content_id": "c", "breadth": [1], "shares_by_depth": [0], "reach_by_depth": [0], "version": 1}]
    )
    assert database.see("SELECT * FROM v_generation") == []


def test_an_amplifier_without_spreads_is_gone_and_an_unknown_audience_is_null(database):
    key = {"content_id": "c", "platform": "x"}
    database.write(
        amplifiers=[
            key | {"actor_id": "gone", "spreads": 1, "version": 1},
            key | {"actor_id": "gone", "spreads": 0, "version": 2},
            key
            | {"actor_id": "ann", "spreads": 2, "shares": 2, "audience_size": -1, "downstream_shares": 5, "version": 1},
            key
            | {"actor_id": "bob", "spreads": 1, "shares": 0, "audience_size": -1, "downstream_shares": 5, "version": 1},
        ]
    )
    assert database.see("SELECT actor_id, audience_size, amplification FROM v_amplifiers ORDER BY actor_id") == [
        {"actor_id": "ann", "audience_size": None, "amplification": 2.5},
        {"actor_id": "bob", "audience_size": None, "amplification": None},
    ]


def test_a_platform_minute_sums_contents_by_the_campaign_of_the_content(database):
    def minute(content_id, platform="x", **values):
        return {"content_id": content_id, "platform": platform, "minute": NOON, "acts": 1, "version": 1} | values

    database.write(
        contents=[
            {"content_id": "a", "campaign_id": "old name", "version": 1},
            {"content_id": "a", "campaign_id": "spring", "version": 2},
            {"content_id": "b", "campaign_id": "spring", "version": 1},
            {"content_id": "c", "version": 1},
        ],
        content_minutes=[
            minute("a", shares=9),
            minute("a", shares=2, depth=1, secondary_reach=10, version=2),
            minute("a", platform="y", likes=4),
            minute("b", shares=3, depth=5, secondary_reach=20),
            minute("c", shares=7),
            minute("void", shares=7, acts=0),
        ],
    )
    wanted = "platform, campaign_id, shares, likes, depth, secondary_reach, contents"
    assert [
        tuple(row.values()) for row in database.see(f"SELECT {wanted} FROM v_platform_minute ORDER BY platform, shares")
    ] == [
        ("x", "spring", 5, 0, 5, 30, 2),
        ("x", None, 7, 0, 0, 0, 1),
        ("y", "spring", 0, 4, 0, 0, 1),
    ]


def test_a_dead_letter_keeps_its_bytes_and_offers_them_as_text(database):
    letter = {
        "topic": "share.events",
        "kafka_partition": 3,
        "kafka_offset": 8,
        "reason": "not_utf8",
        "received_at": NOON,
    }
    database.write(dead_letters=[letter | {"payload": b"\xff{"}])
    database.write(dead_letters=[letter | {"payload": b"\xff{"}])
    assert database.see(
        "SELECT topic, partition, offset, reason, hex(payload) AS payload, payload_text FROM v_dead_letters"
    ) == [
        {
            "topic": "share.events",
            "partition": 3,
            "offset": 8,
            "reason": "not_utf8",
            "payload": "FF7B",
            "payload_text": "\ufffd{",
        }
    ]


def test_writing_everything_twice_changes_no_view(database):
    minute = database.now() // MINUTE * MINUTE - 2 * MINUTE
    rows = {
        "contents": [
            {"content_id": "c", "breadth": [1, 1], "shares_by_depth": [0, 1], "reach_by_depth": [0, 1], "version": 1}
        ],
        "content_minutes": [
            {"content_id": "c", "platform": "x", "minute": minute, "acts": 1, "shares": 1, "version": 1}
        ],
        "edges": [{"content_id": "c", "event_id": "e", "version": 1}],
        "amplifiers": [{"content_id": "c", "actor_id": "a", "spreads": 1, "version": 1}],
        "dead_letters": [{"topic": "t", "received_at": NOON}],
        "content_clock": [LOOK],
        "content_history": [{"content_id": "c", "known_at": NOON, "version": 1}],
        "alerts": [{"alert_id": "a", "version": 1}],
        "baselines": [{"platform": "x", "version": 1}],
    }

    def seen():
        return {
            name: database.see(f"SELECT * {'EXCEPT (updated_at)' if name == 'v_content' else ''} FROM {name}")
            for name in VIEWS
        }

    database.write(**rows)
    once = seen()
    assert {name: len(found) for name, found in once.items()} == dict.fromkeys(VIEWS, 1)
    database.write(**rows)
    assert seen() == once

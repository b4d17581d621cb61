"""Every query of the checked-in dashboards runs on the real engine, with Grafana's macros expanded, and says what it claims."""

from __future__ import annotations

import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from support.alert_rows import tell
from support.clock_rows import figured
from support.database import fresh_database
from support.folding import SmallWorker
from support.grafana import ALL, View, dashboard, panels, queries
from support.receivers import alert

from pipeline.ingest.generator import events
from pipeline.sinks.clickhouse import ClickHouseSink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clickhouse_connect.driver.client import Client

DASHBOARDS = Path(__file__).parents[2] / "grafana" / "dashboards"
LIVE, CONTENT, CAMPAIGN = (dashboard(DASHBOARDS / f"{name}.json") for name in ("live", "content", "campaign"))
EVERYTHING = [
    pytest.param(title, sql, id=f"{board['title']}: {title}")
    for board in (LIVE, CONTENT, CAMPAIGN)
    for title, sql in queries(board)
]
SECONDS_OF_STREAM = 40
ODD = 'it\'s \\ "odd" %27 (né) {a,b} ${content} -- /*'
ODD_CAMPAIGN = "spring's \\new (50%)\\"
LONELY = "no campaign, no audience"
FAST = "still accelerating"


def _event(**fields: Any) -> bytes:
    now = datetime.now(UTC).isoformat()
    return json.dumps({"occurred_at": now, "platform": "bluesky", "schema_version": 1, **fields}).encode()


def _odd_events() -> Iterator[bytes]:
    for content_id, campaign in ((ODD, ODD_CAMPAIGN), (LONELY, None), (FAST, None)):
        known = {"content_id": content_id, "campaign_id": campaign}
        yield _event(event_id="post", kind="post", actor_id="author", **known)
        yield _event(
            event_id="share", kind="share", actor_id="o'sharer\\", parent_basis="exact", parent_event_id="post", **known
        )


@pytest.fixture(scope="module")
def database(clickhouse) -> Iterator[Client]:
    """A database with the demo's sample data up to now, and two contents with names and gaps that are hard on SQL."""
    with fresh_database(clickhouse.settings(owned_accounts={ODD_CAMPAIGN: ["bluesky:author"]})) as (settings, _):
        sink = ClickHouseSink(settings)
        worker = SmallWorker(sink)
        now_s = time.time()
        sample = events(seed=5, start_us=round((now_s - SECONDS_OF_STREAM) * 1e6))
        past = itertools.takewhile(lambda arrival: arrival.at_s < SECONDS_OF_STREAM, sample)
        worker.take(itertools.chain((arrival.value for arrival in past), _odd_events()), round(now_s * 1000))
        sink.close()
        with clickhouse.client(settings.clickhouse_database) as reader:
            found = reader.query("SELECT content_id FROM v_content").result_columns[0]
            began, over = (datetime.now(UTC) - timedelta(minutes=5)).isoformat(), datetime.now(UTC).isoformat()
            closed = alert(1, content_id=ODD, summary="<img src=x>", opened_at=began, closed_at=over)
            others = (alert(2 + number, content_id=name) for number, name in enumerate(found) if name != ODD)
            figured(reader, ODD, live_r=2.32)
            figured(reader, FAST, accelerating=True, predicted_high=-1)
            tell(reader, alert(0, kind="test"), closed, *others)
            yield reader


@pytest.fixture(scope="module")
def ask(database) -> Callable[..., list[dict[str, Any]]]:
    """Rows of a dashboard's query as a reader with these variables sees it; unnamed ones stand as when the dashboard opens."""
    top = database.query("SELECT content_id FROM v_content ORDER BY shares_5m DESC, shares_1h DESC LIMIT 1").first_row[
        0
    ]

    def rows(sql: str, **variables: Any) -> list[dict[str, Any]]:
        opened = {"campaign": [ALL], "platform": [ALL], "search": "", "content_id": "", "content": top}
        view = View.last(timedelta(hours=48), interval_s=120, **(opened | variables))
        return list(database.query(view.expand(sql)).named_results())

    return rows


def sql_of(board: dict[str, Any], title: str) -> str:
    return dict(queries(board))[title]


@pytest.mark.parametrize(("title", "sql"), EVERYTHING)
def test_every_query_gives_rows(ask, title, sql):
    assert ask(sql)


@pytest.mark.parametrize(("title", "sql"), [case for case in EVERYTHING if "${campaign" in case.values[1]])
def test_every_filtered_query_takes_the_hardest_names(ask, title, sql):
    """A statement that a name could break, or break out of, fails here."""
    ask(sql, campaign=[quote(ODD_CAMPAIGN, safe=""), "(none)"], platform=["bluesky", "x"], search=ODD)


@pytest.mark.parametrize(
    "panel", [*panels(LIVE), *panels(CONTENT), *panels(CAMPAIGN)], ids=lambda panel: panel["title"]
)
def test_every_field_that_a_panel_dresses_is_one_that_its_query_gives(ask, panel):
    dressed = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
    given = {name for target in panel["targets"] if "rawSql" in target for name in ask(target["rawSql"])[0]}
    assert dressed <= given
    if panel["type"] in {"table", "stat"} and dressed:
        assert given <= dressed, "each field of a table has a name for people"


def test_series_are_named_by_a_column_that_their_query_gives(ask):
    for panel in (*panels(LIVE), *panels(CONTENT), *panels(CAMPAIGN)):
        if name := panel["fieldConfig"]["defaults"].get("displayName"):
            (target,) = panel["targets"]
            assert name in {f"${{__field.labels.{column}}}" for column in ask(target["rawSql"])[0]}


@pytest.mark.parametrize(
    "sql", [case.values[1] for case in EVERYTHING if "$__timeInterval" in case.values[1]], ids=lambda sql: sql[:60]
)
def test_series_come_in_order_of_time_with_numbers_last(ask, sql):
    rows = ask(sql)
    times = [row["time"] for row in rows]
    assert times == sorted(times)
    assert all(isinstance(list(row.values())[-1], int | float) for row in rows)


@pytest.mark.parametrize(
    ("title", "column"),
    [
        ("Shares in 5 minutes", "sum(shares_5m)"),
        ("Shares in 1 hour", "sum(shares_1h)"),
        ("Secondary reach in 5 minutes", "sum(secondary_reach_5m)"),
        ("Contents moving", "countIf(shares_5m > 0)"),
        ("Deepest now", "max(depth_5m)"),
    ],
)
def test_a_figure_over_all_is_what_the_contents_add_up_to(ask, title, column):
    """Both sides in one statement: the minute may turn between two."""
    (row,) = ask(f"SELECT ({sql_of(LIVE, title)}) AS shown, (SELECT {column} FROM v_content) AS added_up")
    assert row["shown"] == row["added_up"] > 0


def test_a_rate_per_minute_adds_up_to_the_shares_whatever_the_bucket(ask, database):
    added_up = sum(row["per_minute"] for row in ask(sql_of(LIVE, "Shares per minute by platform"))) * 2
    shares = database.query(
        "SELECT sum(shares) FROM v_content_minute WHERE minute > now() - INTERVAL 47 HOUR"
    ).first_row[0]
    assert added_up == pytest.approx(shares)


def test_the_platform_filter_leaves_the_chosen_platforms(ask):
    rows = ask(sql_of(LIVE, "Shares per minute by platform"), platform=["bluesky", "twitter"])
    assert {row["platform"] for row in rows} == {"bluesky", "twitter"}
    chosen = {"bluesky", "twitter"}
    movers = ask(sql_of(LIVE, "Top movers"), platform=sorted(chosen))
    on = [chosen & set(row["on_platforms"].split(", ")) for row in movers]
    assert all(on)
    assert {"bluesky"} in on or {"twitter"} in on, "a content need not be on all chosen platforms"


def test_the_campaign_filter_works_for_every_value_that_the_list_offers(ask, database):
    campaigns = ask(sql_of(LIVE, "$campaign"))
    assert {ODD_CAMPAIGN, "(no campaign)"} < {row["label"] for row in campaigns}
    for row in campaigns:
        found = {mover["campaign"] for mover in ask(sql_of(LIVE, "Top movers"), campaign=[row["value"]])}
        assert found == {None if row["value"] == "(none)" else row["label"]}


def test_two_campaigns_together_have_the_shares_of_both(ask):
    values = [row["value"] for row in ask(sql_of(LIVE, "$campaign"))]
    shares = {one: ask(sql_of(LIVE, "Shares in 1 hour"), campaign=[one])[0]["value"] for one in values}
    both = sorted(shares, key=shares.__getitem__)[-2:]
    together = ask(sql_of(LIVE, "Shares in 1 hour"), campaign=both)[0]["value"]
    assert together == shares[both[0]] + shares[both[1]] > 0


def test_the_campaign_filter_leaves_the_chosen_campaigns(ask):
    chosen = quote(ODD_CAMPAIGN, safe="")
    (row,) = ask(sql_of(CAMPAIGN, "Campaigns"), campaign=[chosen])
    assert (row["campaign_id"], row["contents"], row["shares"]) == (ODD_CAMPAIGN, 1, 1)
    for title in ("Shares per minute by campaign", "Shares per view and click", "Who carries the campaigns"):
        assert {row["campaign"] for row in ask(sql_of(CAMPAIGN, title), campaign=[chosen])} == {ODD_CAMPAIGN}


def test_the_accounts_that_campaigns_own_come_first(ask):
    owned, other, *_ = ask(sql_of(CAMPAIGN, "Conversation"))
    assert (owned["actor_id"], owned["owned_for"], owned["posts"]) == ("author", ODD_CAMPAIGN, 3)
    assert other["owned_for"] == ""


def test_of_each_platform_the_first_five_are_shown(ask):
    rows = ask(sql_of(CAMPAIGN, "First five of each platform"))
    for platform in {row["platform"] for row in rows}:
        places = [row["place"] for row in rows if row["platform"] == platform]
        assert places == list(range(1, len(places) + 1))
        assert len(places) <= 5


def test_the_search_finds_part_of_an_id_and_nothing_else(ask):
    movers = ask(sql_of(LIVE, "Top movers"), search="IT'S \\")
    assert [row["content_id"] for row in movers] == [ODD]
    assert ask(sql_of(LIVE, "Shares in 5 minutes"), search="IT'S \\") == [{"value": 1}]


@pytest.mark.parametrize("content_id", [ODD, LONELY])
def test_any_id_finds_its_content(ask, content_id):
    assert ask(sql_of(CONTENT, "$content"), content_id=content_id) == [{"content_id": content_id}]
    (identity,) = ask(sql_of(CONTENT, "Content"), content=content_id)
    assert identity["content_id"] == content_id
    (spread,) = ask(sql_of(CONTENT, "Spreads"), content=content_id)
    assert (spread["actor_id"], spread["depth"], spread["parent_event_id"]) == ("o'sharer\\", 1, None)


def test_an_unknown_id_shows_nothing_instead_of_another_content(ask):
    assert ask(sql_of(CONTENT, "$content"), content_id="nobody made this") == []
    assert ask(sql_of(CONTENT, "Structure"), content="") == []


def test_without_an_id_the_content_dashboard_shows_the_top_mover(ask):
    before, (shown,), after = (
        ask(sql) for sql in (sql_of(LIVE, "Top movers"), sql_of(CONTENT, "$content"), sql_of(LIVE, "Top movers"))
    )
    # The minute may turn between the queries, and the ranks with it.
    assert shown["content_id"] in {before[0]["content_id"], after[0]["content_id"]}


def test_what_is_not_known_is_null_and_not_zero(ask):
    (reach,) = ask(sql_of(CONTENT, "Reach"), content=LONELY)
    assert reach == {
        "first_hand": None,
        "second_hand": None,
        "potential": None,
        "estimated": None,
        "audience_coverage": 0,
    }
    (outlook,) = ask(sql_of(CONTENT, "Outlook"), content=LONELY)
    assert outlook.keys() == {"velocity_5m", "velocity_1h", "viral_score"}
    assert outlook["viral_score"] is None
    (ahead,) = ask(sql_of(CONTENT, "Forecast"), content=LONELY)
    assert set(ahead.values()) == {None}
    (structure,) = ask(sql_of(CONTENT, "Structure"), content=LONELY)
    assert structure["children_per_spread"] == structure["children_so_far"] == 0


def test_r_gives_young_shares_their_time_and_a_forecast_has_its_range(ask):
    (structure,) = ask(sql_of(CONTENT, "Structure"), content=ODD)
    assert (structure["children_per_spread"], structure["children_so_far"]) == (2.32, 0)
    (ahead,) = ask(sql_of(CONTENT, "Forecast"), content=ODD)
    assert ahead == {
        "course": "within the range 8 times of 10",
        "final_size": 2104,
        "at_least": 1300,
        "at_most": 3400,
        "half_age": 720,
        "ninety_age": 178_200,
    }


def test_while_a_content_accelerates_only_the_least_is_told(ask):
    (ahead,) = ask(sql_of(CONTENT, "Forecast"), content=FAST)
    assert ahead.pop("course").startswith("still accelerating")
    assert ahead.pop("at_least") == 1300
    assert set(ahead.values()) == {None}


def test_generations_platforms_and_minutes_of_a_content_are_its_shares(ask):
    (acts,) = ask(sql_of(CONTENT, "Acts"))
    (structure,) = ask(sql_of(CONTENT, "Structure"))
    generations = ask(sql_of(CONTENT, "Shares by generation"))
    assert sum(row["shares"] for row in generations) == acts["shares"] > 0
    assert [row["generation"] for row in generations] == [str(depth) for depth in range(1, structure["depth"] + 1)]
    assert sum(row["shares"] for row in ask(sql_of(CONTENT, "Shares and reach per minute"))) * 2 == acts["shares"]
    assert sum(row["per_minute"] for row in ask(sql_of(CONTENT, "Shares per minute by platform"))) * 2 == acts["shares"]
    assert sum(row["spreads"] for row in ask(sql_of(CONTENT, "How parents are known"))) == structure["size"] - 1


@pytest.mark.parametrize("board", [LIVE, CONTENT], ids=lambda board: board["title"])
def test_alerts_are_marked_over_the_charts_of_what_they_are_about(ask, board):
    marks = ask(sql_of(board, "Alerts"), content=ODD)
    assert len(marks) > 1 if board is LIVE else len(marks) == 1
    assert not any("content-0" in mark["title"] for mark in marks), "a test alert is nobody's news"
    odd = next(mark for mark in marks if mark["text"] == "&lt;img src=x&gt;")
    assert odd["timeEnd"] >= odd["time"]
    assert "<" not in odd["title"]
    assert odd["tags"] == ["alert", "velocity", "viral"]
    assert all(mark["timeEnd"] is None for mark in marks if mark is not odd)

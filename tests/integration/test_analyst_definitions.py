"""The definitions of the analyst views, one small story each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from json import loads

import pytest
from support.database import fresh_database
from support.folding import cascade, folded, now_ms, record
from support.sink_rows import view

from pipeline.sinks.migrations import migrate

HOUR = 60
DAY = 24 * HOUR


class Stack:
    """A database, and a worker that writes into it."""

    def __init__(self, settings, worker, client):
        self.settings, self.worker, self.client = settings, worker, client

    def take(self, *values):
        self.worker.take(values, now_ms())

    def see(self, sql):
        return view(self.client, sql.replace("v_", f"{self.settings.clickhouse_database}.v_", 1))

    def one(self, sql):
        (row,) = self.see(sql)
        return row


@pytest.fixture
def stack(clickhouse):
    with folded(clickhouse.settings()) as (settings, worker), clickhouse.client(settings.clickhouse_database) as client:
        yield Stack(settings, worker, client)


def post(event_id, by, content="c", **fields):
    return record(event_id, content, "post", actor_id=by, **fields)


def share(event_id, by, content="c", of=None, **fields):
    return record(event_id, content, actor_id=by, parent_event_id=of, **fields)


# Amplifiers


def test_credit_audience_and_generation_of_an_amplifier(stack):
    stack.take(
        post("p", "brand"),
        share("1", "ann", audience_size=10, minutes_ago=9),
        share("2", "bob", of="1", audience_size=100, minutes_ago=8),
        share("3", "cy", of="1", audience_size=None, minutes_ago=7),
        share("4", "dan", of="2", audience_size=7, minutes_ago=6),
    )
    ann = stack.one("SELECT * FROM v_amplifiers WHERE actor_id = 'ann'")
    assert ann | {"shares": 1, "downstream_shares": 3, "downstream_reach": 107, "amplification": 3, "depth": 1} == ann
    assert (ann["sharers"], ann["sharers_known"], ann["sharers_audience_p50"], ann["first_mover"]) == (2, 1, 100, True)
    dan = stack.one("SELECT * FROM v_amplifiers WHERE actor_id = 'dan'")
    assert (dan["depth"], dan["sharers"], dan["sharers_audience_p50"], dan["first_mover"]) == (3, 0, None, False)


def test_who_shared_first_changes_when_an_earlier_share_comes_or_the_first_is_taken_back(stack):
    stack.take(share("b", "bob", minutes_ago=5), share("a", "ann", minutes_ago=5))
    assert stack.one("SELECT actor_id FROM v_first_movers") == {"actor_id": "ann"}, (
        "of one moment: the smaller event id"
    )
    stack.take(share("z", "zoe", minutes_ago=6))
    assert stack.one("SELECT actor_id FROM v_first_movers") == {"actor_id": "zoe"}
    stack.take(record("r", "c", "retract", actor_id="zoe", target_event_id="z"))
    assert stack.see("SELECT actor_id FROM v_amplifiers WHERE first_mover") == [{"actor_id": "ann"}]


def test_a_late_parent_moves_a_sharer_to_the_one_who_brought_it(stack):
    stack.take(share("2", "bob", of="1", audience_size=5))
    assert stack.see("SELECT * FROM v_sharers") == []
    stack.take(share("1", "ann"))
    assert stack.see("SELECT actor_id, sharer_id, audience_size FROM v_sharers") == [
        {"actor_id": "ann", "sharer_id": "bob", "audience_size": 5}
    ]


def test_percentiles_are_values_that_occur(stack):
    stack.take(share("top", "ann"), *(share(f"s{n}", f"fan {n}", of="top", audience_size=n) for n in range(1, 11)))
    ann = stack.one("SELECT * FROM v_amplifiers WHERE actor_id = 'ann'")
    assert [ann[f"sharers_audience_{mark}"] for mark in ("p10", "p50", "p90", "max")] == [2, 6, 10, 10]


def test_advocates_and_platforms_add_up_an_actors_contents(stack):
    for content in ("a", "b"):
        stack.take(
            share("1", "ann", content, audience_size=len(content), minutes_ago=9),
            share("2", "bob", content, of="1", audience_size=10, minutes_ago=8),
        )
    stack.take(share("3", "ann", "b", platform="bluesky", minutes_ago=20))
    ann = stack.one("SELECT * FROM v_advocates WHERE actor_id = 'ann' AND platform = 'twitter'")
    assert ann | {"contents": 2, "shares": 2, "downstream_shares": 2, "downstream_reach": 20, "first_moves": 1} == ann
    assert stack.see(
        "SELECT platform, place, actor_id, sharers FROM v_platform_amplifiers ORDER BY platform, place"
    ) == [
        {"platform": "bluesky", "place": 1, "actor_id": "ann", "sharers": 0},
        {"platform": "twitter", "place": 1, "actor_id": "ann", "sharers": 1},
        {"platform": "twitter", "place": 2, "actor_id": "bob", "sharers": 0},
    ]


# Campaigns


def test_a_campaign_counts_each_person_once_with_the_largest_audience(stack):
    spring = {"campaign_id": "spring"}
    stack.take(
        post("p", "brand", "a", audience_size=1000, **spring),
        post("p", "brand", "b", audience_size=900, **spring),
        share("1", "ann", "a", audience_size=10),
        share("1", "ann", "b", audience_size=30),
        share("2", "bob", "b", audience_size=None),
        share("3", "brand", "b", audience_size=5000),
        share("1", "cy", "elsewhere", audience_size=77, campaign_id="autumn"),
    )
    row = stack.one("SELECT * FROM v_campaign WHERE campaign_id = 'spring'")
    assert row | {"contents": 2, "shares": 4, "depth": 1, "primary_reach": 1000, "secondary_reach": 30} == row
    assert (row["potential_reach"], row["sharers"], row["sharers_known"], row["audience_coverage"]) == (1030, 2, 1, 0.5)
    assert stack.see("SELECT campaign_id FROM v_campaign ORDER BY campaign_id") == [
        {"campaign_id": "autumn"},
        {"campaign_id": "spring"},
    ]


def test_an_author_of_one_content_is_no_sharer_of_the_campaigns_other_contents(stack):
    stack.take(
        post("p", "ann", "a", audience_size=10, campaign_id="spring"),
        post("p", "bob", "b", audience_size=20, campaign_id="spring"),
        share("1", "ann", "b", audience_size=15),
    )
    row = stack.one("SELECT primary_reach, secondary_reach, sharers FROM v_campaign")
    assert row == {"primary_reach": 30, "secondary_reach": 0, "sharers": 0}


def test_shares_per_view_take_acts_or_the_platforms_total_whichever_is_more(stack):
    stack.take(*cascade("acts", campaign_id="spring"), *(record(f"v{n}", "acts", "view") for n in range(8)))
    stack.take(
        *cascade("total", campaign_id="spring"),
        record("v", "total", "view"),
        record("t", "total", "counter", counter_kind="view", count=40),
    )
    assert stack.see("SELECT content_id, views, shares_per_view, shares_per_click FROM v_conversion ORDER BY 1") == [
        {"content_id": "acts", "views": 8, "shares_per_view": 0.5, "shares_per_click": None},
        {"content_id": "total", "views": 40, "shares_per_view": 0.1, "shares_per_click": None},
    ]
    row = stack.one("SELECT views, shares_per_view, shares_per_click FROM v_campaign")
    assert row == {"views": 48, "shares_per_view": 8 / 48, "shares_per_click": None}


@pytest.mark.parametrize(
    ("states", "viral"), [({}, None), ({"a": "quiet"}, 0), ({"a": "viral", "b": "sustained", "c": "cooling"}, 2)]
)
def test_viral_contents_are_those_in_a_viral_state_and_unknown_while_none_has_a_state(stack, states, viral):
    stack.take(*(post("p", "brand", content, campaign_id="spring") for content in ("a", "b", "c")))
    database = stack.settings.clickhouse_database
    state = " ".join(f"WHEN '{content}' THEN '{name}'" for content, name in states.items())
    stack.client.command(f"RENAME TABLE {database}.v_content TO {database}.without_states")
    stack.client.command(
        f"CREATE VIEW {database}.v_content AS SELECT * REPLACE "
        f"(CAST({f'CASE content_id {state} END' if state else 'NULL'}, 'Nullable(String)') AS state) FROM {database}.without_states"
    )
    assert stack.one("SELECT viral_contents FROM v_campaign") == {"viral_contents": viral}


# Conversation


def account(stack, actor, platform="twitter"):
    return stack.one(f"SELECT * FROM v_accounts WHERE actor_id = '{actor}' AND platform = '{platform}'")


def test_created_to_shared_leaves_out_what_was_taken_back_and_shares_of_its_own_posts(stack):
    stack.take(
        post("p", "brand", "a"),
        post("p", "brand", "b"),
        post("p", "brand", "gone"),
        record("r", "gone", "retract", actor_id="brand", target_event_id="p"),
        post("p", "ann", "hers"),
        share("1", "brand", "hers"),
        share("2", "brand", "hers"),
        share("1", "brand", "a"),
        share("1", "brand", "of nobody known"),
        share("x", "brand", "hers"),
        record("r", "hers", "retract", actor_id="brand", target_event_id="x"),
    )
    row = account(stack, "brand")
    assert row | {"posts": 2, "shares_of_others": 3, "own_shares": 1, "share_ratio": 2 / 3} == row
    assert (row["two_way_posts"], row["two_way_ratio"], row["reciprocity"]) == (0, None, None)


def test_a_post_is_two_way_when_the_account_replies_to_or_mentions_somebody_else_beside_it(stack):
    stack.take(
        *(post("p", "brand", content) for content in ("alone", "to itself", "reply", "mention", "taken back")),
        record("c", "to itself", "comment", actor_id="brand"),
        record("x", "reply", "comment", actor_id="ann"),
        record("y", "reply", "comment", actor_id="brand", parent_event_id="x"),
        record("m", "mention", "mention", actor_id="brand", parent_actor_id="ann"),
        record("m", "taken back", "mention", actor_id="brand", parent_actor_id="ann"),
        record("r", "taken back", "retract", actor_id="brand", target_event_id="m"),
    )
    row = account(stack, "brand")
    assert (row["one_way_posts"], row["two_way_posts"], row["two_way_ratio"]) == (3, 2, 1.5)
    assert (row["replies"], row["mentions"]) == (1, 1)
    assert account(stack, "ann")["replies"] == 1


def test_a_comment_addresses_the_person_it_names_else_the_act_else_the_authors(stack):
    stack.take(
        post("p", "brand"),
        share("s", "ann"),
        record("1", "c", "comment", actor_id="bob", parent_actor_id="cy", parent_event_id="s"),
        record("2", "c", "comment", actor_id="bob", parent_event_id="s"),
        record("3", "c", "comment", actor_id="bob", parent_event_id="c"),
        record("4", "c", "comment", actor_id="bob", parent_event_id="not seen"),
        record("5", "c", "mention", actor_id="bob"),
        record("6", "c", "comment", actor_id="brand"),
    )
    seen = stack.see("SELECT event_id, addressed, to_others FROM v_conversation ORDER BY event_id")
    assert {row["event_id"]: ([one["actor_id"] for one in row["addressed"]], row["to_others"]) for row in seen} == {
        "1": (["cy"], True),
        "2": (["ann"], True),
        "3": (["brand"], True),
        "4": (["brand"], True),
        "5": ([], True),
        "6": (["brand"], False),
    }


@pytest.mark.parametrize("me", ["aa", "brand"], ids=["before the other in order", "after"])
@pytest.mark.parametrize(
    ("shared", "turned", "answered"), [(DAY, 0, 1), (DAY + 1, 0, 0), (5, 5, 1), (5, 6, 0), (DAY + 9, DAY + 8, 1)]
)
def test_reciprocity_counts_a_turn_within_24_hours_after_the_share(stack, shared, turned, answered, me):
    """Both in minutes before one moment, so that a day is a day."""
    stack.take(post("p", me, minutes_ago=2 * DAY), post("q", "ann", "hers", minutes_ago=2 * DAY))
    now = datetime.now(UTC)
    first, second = ((now - timedelta(minutes=minutes)).isoformat() for minutes in (shared, turned))
    stack.take(
        share("s", "ann", occurred_at=first),
        record("m", "hers", "mention", actor_id=me, parent_actor_id="ann", occurred_at=second),
    )
    row = account(stack, me)
    assert (row["sharers"], row["reciprocated"], row["reciprocity"]) == (1, answered, float(answered))


@pytest.mark.parametrize("how", ["share", "share of a share", "comment", "mention"])
def test_sharing_answering_and_mentioning_are_each_a_turn_to_the_other(stack, how):
    stack.take(
        post("p", "brand", minutes_ago=30),
        share("s", "ann", minutes_ago=20, audience_size=40),
        post("q", "ann", "hers", minutes_ago=30),
        share("t", "ann", "news", minutes_ago=30),
    )
    assert account(stack, "brand")["reciprocity"] == 0.0
    turns = {
        "share": share("1", "brand", "hers"),
        "share of a share": share("1", "brand", "news", of="t"),
        "comment": record("1", "hers", "comment", actor_id="brand"),
        "mention": record("1", "c", "mention", actor_id="brand", parent_actor_id="ann"),
    }
    stack.take(turns[how])
    row = account(stack, "brand")
    assert (row["sharers"], row["reciprocity"], row["sharers_audience_p50"]) == (1, 1.0, 40)


def test_sharers_of_an_account_are_those_of_its_posts_and_those_right_below_its_shares(stack):
    stack.take(
        post("p", "brand"),
        share("1", "ann"),
        share("2", "bob", of="1"),
        share("3", "cy", of="2"),
        share("4", "brand"),
    )
    assert {name: account(stack, name)["sharers"] for name in ("brand", "ann", "bob", "cy")} == {
        "brand": 3,
        "ann": 1,
        "bob": 1,
        "cy": 0,
    }


# The accounts that campaigns own


def owners(client, database):
    seen = view(client, f"SELECT platform, actor_id, owned_by FROM {database}.v_accounts WHERE owned_by != []")
    return {f"{row['platform']}:{row['actor_id']}": row["owned_by"] for row in seen}


def test_owned_accounts_follow_the_setting_whatever_their_names(clickhouse):
    hard = "it's \\' \"; -- {x:String} %s"
    with fresh_database(clickhouse.settings(owned_accounts={"spring": [f"x:{hard}", "x:a:b"], hard: ["x:a:b"]})) as (
        settings,
        client,
    ):
        database = settings.clickhouse_database
        assert owners(client, database) == {f"x:{hard}": ["spring"], "x:a:b": sorted(["spring", hard])}
        assert migrate(client, settings) == []
        fewer = settings.model_copy(update={"owned_accounts": {"spring": ["x:a:b"]}})
        told = migrate(client, fewer, dry_run=True)
        assert [one.name for one in told] == ["owned accounts"]
        assert len(owners(client, database)) == 2
        assert migrate(client, fewer) == told
        assert owners(client, database) == {"x:a:b": ["spring"]}
        assert [one.name for one in migrate(client, settings)] == ["owned accounts"]
        assert len(owners(client, database)) == 2


def test_a_dry_run_on_nothing_tells_the_owned_accounts_too(clickhouse):
    asked = clickhouse.settings(owned_accounts={"spring": ["x:brand"]})
    with fresh_database(asked, migrated=False) as (settings, client):
        assert migrate(client, settings, dry_run=True)[-1].name == "owned accounts"


# What a question costs


@pytest.fixture(scope="module")
def crowded(clickhouse):
    """A database with 200,000 contents: two edges and amplifiers, a post and a comment in each; one is merged into 77."""
    number = "FROM numbers(200000)"
    fill = [
        f"contents (content_id, size) SELECT toString(number), 3 {number}",
        f"edges (content_id, event_id, actor_id, depth) SELECT toString(number), 'a', 'a', 1 {number}",
        f"edges (content_id, event_id, actor_id, parent_event_id, depth) SELECT toString(number), 'b', 'b', 'a', 2 {number}",
        f"amplifiers (content_id, actor_id, spreads, shares) SELECT toString(number), 'a', 1, 1 {number}",
        f"events (content_id, event_id, kind, actor_id) SELECT toString(number), 'p', 'post', 'x' {number}",
        f"events (content_id, event_id, kind, actor_id) SELECT toString(number), 'c', 'comment', 'a' {number}",
        "events (content_id, event_id, kind, actor_id) VALUES ('4999', 'q', 'post', 'y'), ('4999', 'd', 'comment', 'b')",
        "merged_contents (content_id, merged_into, steps, version) VALUES ('4999', '77', 1, 1)",
    ]
    with fresh_database(clickhouse.settings()) as (settings, client):
        for rows in fill:
            client.command(f"INSERT INTO {settings.clickhouse_database}.{rows}")
        yield client, settings.clickhouse_database


OF_ONE_CONTENT = ["v_sharers", "v_first_movers", "v_amplifiers", "v_authors", "v_conversation", "v_conversion"]


@pytest.mark.parametrize("name", OF_ONE_CONTENT)
def test_asking_for_one_content_reads_that_content_only(crowded, name):
    client, database = crowded
    plan = client.query(f"EXPLAIN indexes = 1, json = 1 SELECT * FROM {database}.{name} WHERE content_id = '77'")
    reads = granules(loads(plan.first_row[0])[0]["Plan"])
    assert reads
    assert max(reads) <= 4, "a granule or two of each part"


def test_authors_and_comments_of_a_merged_content_are_in_the_one_that_it_was_merged_into(crowded):
    client, database = crowded

    def found(columns, name, content):
        asked = f"SELECT {columns} FROM {database}.{name} WHERE content_id = '{content}' ORDER BY ALL"
        return client.query(asked).result_rows

    assert found("actor_id, posts", "v_authors", "77") == [("x", 1), ("y", 1)]
    assert found("event_id, actor_id, length(addressed)", "v_conversation", "77") == [("c", "a", 2), ("d", "b", 2)]
    assert found("actor_id, posts", "v_authors", "78") == [("x", 1)]
    assert found("event_id, actor_id, length(addressed)", "v_conversation", "78") == [("c", "a", 1)]
    assert [found("1", name, "4999") for name in ("v_authors", "v_conversation")] == [[], []]
    assert client.query(f"SELECT uniqExact(content_id), count() FROM {database}.v_authors").first_row == (
        199_999,
        200_000,
    )


def granules(node):
    """Granules that each table read of the plan has left after its indexes."""
    own = [node["Indexes"][-1]["Selected Granules"]] if node["Node Type"] == "ReadFromMergeTree" else []
    return own + [found for child in node.get("Plans", []) for found in granules(child)]

"""The page's API over a real ClickHouse: figures as the views have them, whatever the content ids are."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import quote

import pytest
from support.clock_rows import figured
from support.folding import cascade, folded, now_ms, record
from support.page import free_port, served, sse

from pipeline.clickhouse import client
from pipeline.config import Settings
from pipeline.embedded.clickhouse import EmbeddedClickHouse
from pipeline.errors import UnavailableError
from pipeline.serve import tree
from pipeline.serve.reader import ClickHouseReader
from pipeline.sinks.migrations import migrate

HOSTILE_IDS = [
    "https://example.org/a/b?c=d&e=%2F#f",
    'it\'s "quoted" `code` \\ back',
    "<img src=x onerror=alert(1)>",
    "emoji 🧶 and ünïcode",
    "tab\tnew\nline\rreturn",
    "{id:String} ' OR 1=1 --",
    "%00%2e%2e/../",
    "..",
    ".",
    " ",
    "x" * 512,
]


@pytest.fixture
def stack(clickhouse):
    with folded(clickhouse.settings(page_interval_s=0.1, worker_status_url="http://127.0.0.1:9")) as made:
        yield made


async def test_a_content_s_page_shows_what_the_views_have(stack):
    settings, worker = stack
    worker.take(cascade(campaign_id="spring"), now_ms())
    async with served(settings) as page:
        status, shown = await page.get("/api/content/c")
    facts = shown["facts"]
    assert status == 200
    assert (facts["size"], facts["shares"], facts["depth"], facts["depth_exact"], facts["campaign_id"]) == (
        5,
        4,
        3,
        2,
        "spring",
    )
    assert (facts["primary_reach"], facts["secondary_reach"], facts["potential_reach"], facts["audience_coverage"]) == (
        1000,
        35,
        1035,
        0.75,
    )
    assert [(row["depth"], row["nodes"], row["shares"], row["reach"], row["r"]) for row in shown["generations"]] == [
        (1, 1, 1, 10, 2.0),
        (2, 2, 2, 20, 0.5),
        (3, 1, 1, 5, None),
    ]
    assert [row["actor_id"] for row in shown["amplifiers"]["top"]][:2] == ["actor of 1", "actor of 2"]
    assert shown["amplifiers"]["top"][0] | {"actor_id": ""} == {
        "actor_id": "",
        "platform": "twitter",
        "depth": 1,
        "shares": 1,
        "audience_size": 10,
        "downstream_shares": 3,
        "downstream_reach": 25,
        "first_mover": True,
    }
    assert {row["basis"]: row["spreads"] for row in shown["basis"]} == {"exact": 2, "root_only": 1, "inferred": 1}
    assert (sum(shown["hour"]["shares"]), sum(shown["hour"]["reach"])) == (4, 35)
    assert (sum(shown["life"]["shares"]), sum(shown["life"]["reach"])) == (4, 35)
    assert {node[0]: (node[1], node[2], node[3]) for node in shown["tree"]["nodes"]} == {
        "1": (None, 1, 10),
        "2": ("1", 2, 20),
        "3": ("1", 2, None),
        "4": ("2", 3, 5),
    }


@pytest.mark.parametrize("content_id", HOSTILE_IDS, ids=range(len(HOSTILE_IDS)))
async def test_any_content_id_is_found_by_its_own_address(stack, content_id):
    settings, worker = stack
    worker.take([*cascade(content_id), *cascade("another")], now_ms())
    async with served(settings) as page:
        paths = [f"/api/content?id={quote(content_id, safe='')}"]
        if content_id not in {".", ".."}:  # clients cut these out of a path
            paths.append(f"/api/content/{quote(content_id, safe='')}")
        for path in paths:
            status, shown = await page.get(path)
            assert (status, shown["id"], shown["facts"]["size"], shown["tree"]["total"]) == (200, content_id, 5, 4)
        listed = (await page.get("/api/contents"))[1]["items"]
        assert {item["content_id"]: sum(item["sparkline"]) for item in listed} == {content_id: 4, "another": 4}


@pytest.mark.parametrize("search", ["it's", "QUOTED", "\\ BACK", "%", "_", "<IMG", "ÜNÏ", "🧶", "OR 1=1"])
async def test_search_takes_text_as_it_is(stack, search):
    settings, worker = stack
    for content_id in HOSTILE_IDS:
        worker.take(cascade(content_id), now_ms())
    expected = {content_id for content_id in HOSTILE_IDS if search.lower() in content_id.lower()}
    async with served(settings) as page:
        shown = (await page.get("/api/contents", params={"search": search}))[1]
    assert {item["content_id"] for item in shown["items"]} == expected
    assert shown["matching"] == len(expected)


async def test_contents_are_ranked_by_what_moves_now_and_can_be_filtered(stack):
    settings, worker = stack
    old = [record(f"o{number}", "old", minutes_ago=300) for number in range(9)]
    hour = [record(f"h{number}", "hour", minutes_ago=30, campaign_id="spring") for number in range(5)]
    now = [record(f"n{number}", "now", platform="bluesky") for number in range(2)]
    worker.take(old + hour + now, now_ms())
    async with served(settings) as page:
        everything = (await page.get("/api/contents"))[1]["items"]
        assert [(item["content_id"], item["shares_5m"], item["shares_1h"], item["shares"]) for item in everything] == [
            ("now", 2, 2, 2),
            ("hour", 0, 5, 5),
            ("old", 0, 0, 9),
        ]
        assert [sum(item["sparkline"]) for item in everything] == [2, 5, 0]
        for query, wanted in [
            ({"campaign": "spring"}, ["hour"]),
            ({"platform": "bluesky"}, ["now"]),
            ({"limit": "1"}, ["now"]),
            ({"campaign": "' OR ''='"}, []),
        ]:
            shown = (await page.get("/api/contents", params=query))[1]
            assert [item["content_id"] for item in shown["items"]] == wanted


async def test_r_comes_with_the_one_that_gives_young_shares_their_time(stack):
    settings, worker = stack
    worker.take([*cascade("known"), *cascade("new")], now_ms())
    with client(settings) as writer:
        figured(writer, "known", live_r=2.32)
    async with served(settings) as page:
        listed = {item["content_id"]: item for item in (await page.get("/api/contents"))[1]["items"]}
        for content_id, live_r in (("known", 2.32), ("new", None)):
            facts = (await page.get(f"/api/content/{content_id}"))[1]["facts"]
            assert {(one["r"], one["live_r"]) for one in (facts, listed[content_id])} == {(0.75, live_r)}


async def test_of_a_cascade_too_large_to_read_the_spreads_with_children_are_drawn(stack, monkeypatch):
    monkeypatch.setattr(tree, "READ", 3)
    settings, worker = stack
    worker.take([*cascade(), *(record(f"leaf {number}") for number in range(9))], now_ms())
    async with served(settings) as page:
        drawn = (await page.get("/api/content/c"))[1]["tree"]
    assert (drawn["rule"], drawn["total"], drawn["hidden"]) == ("parents", 13, 9)
    assert {node[0]: (node[1], node[9]) for node in drawn["nodes"]} == {"1": (None, 1), "2": ("1", 1)}


async def test_an_unknown_audience_is_null_and_never_zero(stack):
    settings, worker = stack
    worker.take([record("1"), record("2")], now_ms())
    async with served(settings) as page:
        facts = (await page.get("/api/content/c"))[1]["facts"]
    assert [facts[name] for name in ("secondary_reach", "primary_reach", "potential_reach", "estimated_reach")] == [
        None
    ] * 4


async def test_a_content_that_is_not_there_is_404(stack):
    settings, _ = stack
    async with served(settings) as page:
        assert await page.get("/api/content/nothing") == (404, {"error": "no such content"})


async def test_a_content_that_was_merged_leads_to_the_one_that_it_is_counted_in(stack):
    settings, worker = stack
    homes = {f"old {number}": home for number, home in enumerate((HOSTILE_IDS[0], ".."))}
    worker.take([event for old in homes for event in cascade(old)], now_ms())
    async with asyncio.timeout(60), served(settings) as page:
        async with page.session.get(page.url + "/api/stream?view=content&id=old%200") as response:
            events = sse(response)
            assert (await first(events, "content"))["known"]
            links = [record(f"link of {old}", old, "link", target_content_id=home) for old, home in homes.items()]
            await asyncio.to_thread(worker.take, links, now_ms())
            gone = await first(events, "content", lambda value: not value["known"])
        assert gone == {"id": "old 0", "known": False, "merged_into": homes["old 0"]}
        for old, home in homes.items():
            asked = f"/api/content/{quote(old)}"
            assert await page.get(asked, allow_redirects=False) == (307, {"merged_into": home})
            status, shown = await page.get(asked)
            assert (status, shown["id"], shown["facts"]["size"], shown["tree"]["total"]) == (200, home, 5, 4)


async def test_rejected_records_are_shown_with_reason_place_and_bytes(stack):
    settings, worker = stack
    worker.take([b"<script>alert(1)</script>", b"\xff\xfe" + b"x" * 5000, record("1")], now_ms())
    async with served(settings) as page:
        letters = (await page.get("/api/dead-letters"))[1]
    assert letters["total"] == 2
    assert sum(letters["hour"]) == 2
    by_offset = {int(letter["offset"]): letter for letter in letters["newest"]}
    assert by_offset[0]["preview"] == "<script>alert(1)</script>"
    assert (by_offset[0]["topic"], by_offset[0]["partition"], by_offset[0]["cut"]) == (settings.events_topic, 0, False)
    assert by_offset[1]["preview"].startswith("\\xff\\xfexxx")
    assert (by_offset[1]["bytes"], by_offset[1]["cut"]) == (5002, True)
    assert by_offset[1]["reason"]
    assert by_offset[1]["detail"]


async def test_the_page_never_writes(stack):
    settings, _ = stack
    reader = ClickHouseReader(settings)
    try:
        with pytest.raises(UnavailableError):
            await reader.rows("CREATE TABLE mine (x UInt8) ENGINE = Memory")
    finally:
        await reader.close()


async def test_a_stream_carries_the_list_and_then_its_changes(stack):
    settings, worker = stack
    worker.take(cascade(), now_ms())
    async with asyncio.timeout(30), served(settings) as page, page.session.get(page.url + "/api/stream") as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        events = sse(response)
        assert (await first(events, "contents", lambda value: value["items"]))["items"][0]["shares"] == 4
        await asyncio.to_thread(worker.take, [record("5", parent_event_id="4", parent_basis="exact")], now_ms())
        assert await first(events, "contents", lambda value: value["items"][0]["shares"] == 5)
        assert (await first(events, "pulse", lambda value: value["accepted"]["total"] == 6))["contents"] == 1


async def test_a_tree_grows_by_differences_and_a_reconnecting_browser_gets_only_what_it_missed(stack):
    settings, worker = stack
    worker.take(cascade(), now_ms())
    url = "/api/stream?view=content&id=c"
    async with asyncio.timeout(30), served(settings) as page:
        async with page.session.get(page.url + url) as response:
            events = sse(response)
            tree = await first(events, "tree")
            assert (tree["total"], len(tree["nodes"])) == (4, 4)
            await asyncio.to_thread(worker.take, [record("5", parent_event_id="4", parent_basis="exact")], now_ms())
            cursor, _, data = await anext(event async for event in events if event[1] == "tree-delta")
            assert [node[0] for node in json.loads(data)["put"]] == ["5"]
        async with page.session.get(page.url + url, headers={"Last-Event-ID": cursor}) as response:
            names = [(await anext(again))[1] for again in [sse(response)] for _ in range(3)]
        assert "tree" not in names
        async with page.session.get(page.url + url, headers={"Last-Event-ID": "of-another-run;tree=1"}) as response:
            assert (await first(sse(response), "tree"))["total"] == 5


async def test_a_content_that_comes_later_appears_on_its_open_page(stack):
    settings, worker = stack
    async with (
        asyncio.timeout(30),
        served(settings) as page,
        page.session.get(page.url + "/api/stream?view=content&id=c") as response,
    ):
        events = sse(response)
        assert not (await first(events, "content"))["known"]
        await asyncio.to_thread(worker.take, cascade(), now_ms())
        assert (await first(events, "content", lambda value: value["known"]))["facts"]["size"] == 5


async def test_a_missing_schema_is_told_with_what_to_do_and_the_page_recovers(clickhouse):
    settings = clickhouse.settings(page_interval_s=0.1, worker_status_url="http://127.0.0.1:9")
    async with asyncio.timeout(60), served(settings) as page:
        status, body = await page.get("/api/contents")
        assert status == 503
        assert "cascades migrate" in body["error"]
        with client(settings, database="") as connection:
            await asyncio.to_thread(migrate, connection, settings)
            try:
                while (await page.get("/api/contents"))[0] == 503:  # noqa: ASYNC110 - the page looks again by itself
                    await asyncio.sleep(0.1)
            finally:
                connection.command(f"DROP DATABASE {settings.clickhouse_database}")


async def test_the_page_goes_on_when_clickhouse_comes_back(tmp_path):
    with EmbeddedClickHouse(tmp_path, free_port()) as embedded:
        base = Settings(clickhouse_url=embedded.url, worker_status_url="http://127.0.0.1:9", page_interval_s=0.1)
        with folded(base) as (settings, worker):
            worker.take(cascade(), now_ms())
            async with asyncio.timeout(120), served(settings) as page:
                assert (await page.get("/api/contents"))[0] == 200
                await asyncio.to_thread(embedded.stop)
                assert embedded.url in (await wait_for(page, 503))[1]["error"]
                await asyncio.to_thread(embedded.start)
                assert (await wait_for(page, 200))[1]["matching"] == 1


async def wait_for(page, wanted):
    while (answer := await page.get("/api/contents"))[0] != wanted:  # noqa: ASYNC110 - the page looks again by itself
        await asyncio.sleep(0.1)
    return answer


async def first(events, name, wanted=lambda _: True):
    async for _, event, data in events:
        if event == name and wanted(json.loads(data)):
            return json.loads(data)
    raise AssertionError(f"the stream ended without {name}")


@pytest.mark.parametrize("campaign", ["spring", *HOSTILE_IDS])
async def test_a_campaign_is_served_by_its_name_whatever_it_is(stack, campaign):
    settings, worker = stack
    worker.take(
        [*cascade("one", campaign_id=campaign), *cascade("two", campaign_id=campaign), *cascade("other")], now_ms()
    )
    async with served(settings) as page:
        status, shown = await page.get("/api/campaign", params={"id": campaign})
        missing = await page.get("/api/campaign", params={"id": "no such name"})
    assert (status, shown["facts"]["contents"], shown["facts"]["shares"]) == (200, 2, 8)
    assert shown["amplifiers"]["total"] == 4
    assert (
        shown["amplifiers"]["top"][0] | {"actor_id": "actor of 1", "contents": 2, "first_moves": 2}
        == shown["amplifiers"]["top"][0]
    )
    assert shown["conversation"] == {"accounts": []}
    assert missing == (404, {"error": "no such campaign"})


async def test_a_campaigns_reach_of_which_nothing_is_known_is_null(stack):
    settings, worker = stack
    worker.take([record("1", campaign_id="spring"), record("2", campaign_id="spring")], now_ms())
    async with served(settings) as page:
        facts = (await page.get("/api/campaign", params={"id": "spring"}))[1]["facts"]
    assert [facts[name] for name in ("secondary_reach", "primary_reach", "potential_reach")] == [None] * 3

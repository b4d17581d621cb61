"""The Jetstream source against a local server that speaks both of its wires."""

from __future__ import annotations

import asyncio
import json

import pytest
from support.collecting import collecting
from support.jetstream import SECOND_US, START_US, deleted, jetstream, posted, spread, uri

from pipeline.ingest.collect import outlet
from pipeline.metrics import Metric

ANN, BO, CY = "did:plc:ann", "did:plc:bo", "did:plc:cy"
ROOT = uri(ANN, "3root", "post")
CASCADE = [
    posted(ANN, "3root"),
    spread(BO, "3boo", ROOT, time_us=START_US + SECOND_US),
    spread(CY, "3cyy", ROOT, uri(BO, "3boo"), START_US + 2 * SECOND_US),
    spread(CY, "3lik", ROOT, uri(BO, "3boo"), START_US + 3 * SECOND_US, kind="like"),
    posted(
        CY,
        "3quo",
        START_US + 4 * SECOND_US,
        embed={"$type": "app.bsky.embed.record", "record": {"uri": ROOT, "cid": "b"}},
    ),
    deleted(CY, "3cyy", START_US + 5 * SECOND_US),
]
LAST = {"time_us": START_US + 5 * SECOND_US}


def options(server, wire="v1", **more):
    return {"urls": [getattr(server, wire)], "followers_url": server.url, **more}


def ids(events):
    return [event["event_id"].rpartition("/")[2] for event in events]


@pytest.fixture
async def server():
    async with jetstream() as made:
        yield made


@pytest.mark.parametrize("wire", ["v1", "v2"])
async def test_a_cascade_arrives_with_exact_parents_audiences_and_its_undo(server, wire):
    server.log = list(CASCADE)
    server.followers = {ANN: 1000, BO: 50, CY: 7}
    async with collecting("bluesky", options(server, wire), position={"time_us": START_US}) as source:
        await source.until(lambda: source.position == LAST)
        assert source.is_ready
        assert source.counted(Metric.COLLECT_EVENTS) == 6
    kinds = [(event["kind"], event["parent_basis"], event["audience_size"]) for event in source.events]
    assert kinds == [
        ("post", "none", 1000),
        ("share", "root_only", 50),
        ("share", "exact", 7),
        ("like", "exact", 7),
        ("quote", "exact", 7),
    ]
    assert source.events[2]["parent_event_id"] == f"bluesky:{uri(BO, '3boo')}"
    assert {event["content_id"] for event in source.events} == {f"bluesky:{ROOT}"}
    assert [undo["target_event_id"] for undo in source.undos] == [f"bluesky:{uri(CY, '3cyy')}"]
    assert not source.letters


async def test_both_wires_and_every_repeat_make_the_same_events(server):
    server.log = list(CASCADE)
    made = []
    for wire in ("v1", "v2", "v1"):
        async with collecting(
            "bluesky", options(server, wire, followers_url=""), position={"time_us": START_US}
        ) as source:
            await source.until(lambda source=source: source.position == LAST)
        made.append([entry.value for entry in source.sender.on("share.events")])
    assert made[0] == made[1] == made[2]


async def test_without_a_position_it_begins_at_the_present_and_keeps_that_place(server):
    server.log = list(CASCADE)
    async with collecting("bluesky", options(server)) as source:
        await source.until(lambda: server.queries)
        assert "cursor" not in server.queries[0]
        await source.until(lambda: source.position == {"time_us": START_US + 3600 * SECOND_US})
        await server.add(spread(BO, "3now", ROOT, time_us=START_US + 9 * SECOND_US))
        await source.until(lambda: source.events)
    assert ids(source.events) == ["3now"]


async def test_what_is_wanted_is_asked_of_the_server(server):
    for wire, names in (("v1", ("wantedCollections", "wantedDids")), ("v2", ("collections", "dids"))):
        wanted = options(server, wire, collections=["app.bsky.feed.repost"], dids=[BO])
        async with collecting("bluesky", wanted) as source:
            await source.until(lambda: server.queries)
            query = server.queries.pop()
            assert [query.getall(name) for name in names] == [["app.bsky.feed.repost"], [BO]]
            assert query.get("kinds") == (None if wire == "v1" else "commit")
            await server.add(spread(CY, f"3cy{wire}", ROOT), spread(BO, f"3bo{wire}", ROOT))
            await source.until(lambda source=source: source.events)
        assert ids(source.events) == [f"3bo{wire}"]


async def test_more_accounts_than_an_address_holds_are_told_in_a_message(server):
    many = [f"did:plc:n{number}" for number in range(500)]
    async with collecting("bluesky", options(server, dids=many)) as source:
        await source.until(lambda: server.hellos)
        await server.add(spread(CY, "3no", ROOT), spread(many[-1], "3yes", ROOT))
        await source.until(lambda: source.events)
    assert server.hellos[0]["type"] == "options_update"
    assert server.hellos[0]["payload"]["wantedCollections"]
    assert ids(source.events) == ["3yes"]


async def test_a_connection_that_breaks_within_a_message_costs_nothing(server):
    server.log = list(CASCADE)
    server.break_after = [2, 0, 4]
    async with collecting("bluesky", options(server, rewind_s=1), position={"time_us": START_US}) as source:
        await source.until(lambda: source.position == LAST)
        assert source.counted(Metric.COLLECT_FAILURES) == 3
    assert set(ids(source.events)) == {"3root", "3boo", "3cyy", "3lik", "3quo"}
    assert [int(query["cursor"]) for query in server.queries] == [
        START_US - SECOND_US,
        START_US,
        START_US,
        START_US + 2 * SECOND_US,
    ]
    assert not source.letters
    assert not source.counted(Metric.COLLECT_GAPS)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b'{"did": "did:plc:bo", "kind"', "unknown_shape"),
        (b"\xff\xfe nothing", "unknown_shape"),
        (b'{"did": "did:plc:bo", "time_us": 1780000000000001, "kind": "teleport"}', "unknown_shape"),
        (b'{"did": 7, "time_us": "late", "kind": "commit", "commit": []}', "unknown_shape"),
        (b"[]", "unknown_shape"),
    ],
    ids=["cut", "not text", "unknown kind", "wrong types", "a list"],
)
async def test_what_is_not_understood_is_a_dead_letter_with_its_bytes_and_the_stream_goes_on(server, message, reason):
    server.log = [CASCADE[0], message, CASCADE[1]]
    async with collecting("bluesky", options(server, followers_url=""), position={"time_us": START_US}) as source:
        await source.until(lambda: source.position == {"time_us": START_US + SECOND_US})
        assert source.counted(Metric.COLLECT_LETTERS, reason) == 1
        assert not source.counted(Metric.COLLECT_FAILURES)
    ((told, payload),) = source.letters
    assert told == reason
    assert payload == message or json.loads(payload) == json.loads(message)
    assert ids(source.events) == ["3root", "3boo"]
    headers = dict(source.sender.on("share.events.dlq")[0].headers)
    assert headers["door"] == b"/collect/bluesky"


@pytest.mark.parametrize("wire", ["v1", "v2"])
async def test_a_place_that_the_server_no_longer_has_is_told_as_a_gap(server, wire):
    server.log = [*CASCADE, spread(BO, "3new", ROOT, time_us=START_US + 900 * SECOND_US)]
    server.floor_us = START_US + 600 * SECOND_US
    async with collecting("bluesky", options(server, wire), position=LAST) as source:
        await source.until(lambda: source.events)
        assert source.counted(Metric.COLLECT_GAPS) == 1
    assert ids(source.events) == ["3new"]


async def test_silence_is_taken_for_a_broken_connection(server):
    server.log, server.is_silent = list(CASCADE), True
    async with collecting("bluesky", options(server, silence_s=1), position={"time_us": START_US}) as source:
        await source.until(lambda: "nothing came for 1 s" in source.told)
        assert not source.is_ready
        server.is_silent = False
        await source.until(lambda: source.position == LAST)


async def test_a_server_that_refuses_is_told_and_another_one_is_asked(server):
    addresses = [server.v1.replace("/subscribe", "/nothing/here"), server.v1]
    server.log = list(CASCADE)
    async with collecting("bluesky", options(server, urls=addresses), position={"time_us": START_US}) as source:
        await source.until(lambda: source.position == LAST)
        assert source.counted(Metric.COLLECT_FAILURES) == 1


async def test_while_kafka_takes_nothing_the_socket_is_not_read_and_no_place_is_stored(server, monkeypatch):
    monkeypatch.setattr(outlet, "MOST_PIECES", 10)
    thread = {"root": {"uri": ROOT}, "parent": {"uri": ROOT}}
    server.is_packed = False  # else the buffers of the two systems hold it all
    server.log = [
        posted(ANN, f"3p{number}", START_US + number, text="x" * 100_000, reply=thread) for number in range(300)
    ]
    async with collecting("bluesky", options(server, followers_url=""), position={"time_us": START_US}) as source:
        source.sender.may_answer.clear()
        seen = -1
        while not seen == server.sent > 10:
            seen = server.sent
            await asyncio.sleep(0.3)
        assert server.sent < 250, "the server should have been held back"
        assert source.position is None
        source.sender.may_answer.set()
        await source.until(lambda: source.position == {"time_us": START_US + 299})
    assert len(source.events) == 300


async def test_a_place_in_the_far_future_is_not_believed(server):
    server.log = [CASCADE[0], spread(BO, "3far", ROOT, time_us=START_US * 2)]
    async with collecting("bluesky", options(server), position={"time_us": START_US}) as source:
        await source.until(lambda: source.events and source.letters)
    assert source.position == {"time_us": START_US}
    assert [reason for reason, _ in source.letters] == ["in_future"]

"""The Mastodon source against a local server with streams and timelines."""

from __future__ import annotations

import pytest
from support.collecting import collecting
from support.doors import NOW_S
from support.mastodon_server import TOKEN, boosted, mastodon, number, written
from support.platform_samples.mastodon import account

from pipeline.clock import FixedClock
from pipeline.metrics import Metric

ROOT = written(0)
CONTENT = f"mastodon:{ROOT['uri']}"
BOOST = boosted(60, "bo", ROOT)


def options(server, **more):
    return {"url": server.url, "token": TOKEN, **more}


def at(second):
    return {"status": str(number(second)), "notification": "0"}


def short(events):
    return [(event["kind"], event["actor_id"].rpartition("/")[2]) for event in events]


@pytest.fixture
async def server():
    async with mastodon() as made:
        yield made


async def test_posts_boosts_and_deletes_of_a_stream_arrive(server):
    async with collecting("mastodon", options(server)) as source:
        await source.until(lambda: server.streams)
        await server.tell(ROOT, BOOST)
        await server.delete(BOOST["id"])
        await source.until(lambda: source.undos and source.position == at(60))
        assert source.is_ready
    assert short(source.events) == [("post", "ann"), ("share", "bo")]
    assert source.events[1]["content_id"] == CONTENT
    assert source.events[1]["audience_size"] == 40
    host = server.url.removeprefix("http://")
    assert source.events[1]["attributes"]["local_id"] == f"mastodon:{host}:{BOOST['id']}"
    assert source.undos[0]["target_event_id"] == f"mastodon:{host}:{BOOST['id']}"


async def test_the_first_start_begins_at_the_present_and_keeps_that_place(server):
    server.have(written(-5), ROOT)
    async with collecting("mastodon", options(server)) as source:
        await source.until(lambda: source.position == at(0))
    assert not source.events
    server.have(BOOST)
    async with collecting("mastodon", options(server, rewind_s=0), position=source.position) as source:
        await source.until(lambda: source.events)
    assert short(source.events) == [("share", "bo")]


async def test_what_was_missed_is_caught_up_with_page_by_page_from_a_little_earlier(server):
    server.have(ROOT, *(boosted(second, f"p{second}", ROOT) for second in range(1, 201)))
    async with collecting("mastodon", options(server, rewind_s=10), position=at(50)) as source:
        await source.until(lambda: source.position == at(200))
        assert not source.counted(Metric.COLLECT_GAPS)
    assert short(source.events) == [("share", f"p{second}") for second in range(41, 201)]
    asked = [path for path in server.asked if "timelines/home" in path]
    assert f"min_id={number(40)}" in asked[0]


async def test_a_stream_that_breaks_is_caught_up_with_and_goes_on(server):
    async with collecting("mastodon", options(server)) as source:
        await source.until(lambda: server.streams)
        await server.tell(ROOT)
        await source.until(lambda: source.events)
        await server.write(b'event: update\ndata: {"id": "')
        server.cut()
        server.have(BOOST)
        await source.until(lambda: server.streams and len(source.events) > 1)
        await server.tell(boosted(70, "cy", ROOT))
        await source.until(lambda: source.position == at(70))
    assert short(unique(source.events)) == [("post", "ann"), ("share", "bo"), ("share", "cy")]
    assert not source.letters


def unique(events):
    return list({event["event_id"]: event for event in events}.values())


async def test_more_than_can_be_caught_up_with_is_a_gap(server):
    server.have(ROOT, *(boosted(second, f"p{second}", ROOT) for second in range(1, 101)))
    async with collecting("mastodon", options(server, pages=2, rewind_s=0), position=at(0)) as source:
        await source.until(lambda: source.counted(Metric.COLLECT_GAPS))
        await server.tell(boosted(200, "now", ROOT))
        await source.until(lambda: source.position == at(200))
    assert len(source.events) == 81


async def test_notifications_are_caught_up_with_as_well(server):
    like = {
        "id": "7",
        "type": "favourite",
        "created_at": "2026-05-28T20:10:00.000Z",
        "account": account("cy"),
        "status": ROOT,
    }
    server.notifications.append(like)
    async with collecting("mastodon", options(server), position={"status": ROOT["id"], "notification": "3"}) as source:
        await source.until(lambda: source.position and source.position["notification"] == "7")
    assert ("like", "cy") in short(source.events)


async def test_a_reply_belongs_to_its_thread_whether_the_parent_was_seen_or_has_to_be_asked_for(server):
    middle = written(5, "bo", in_reply_to_id=ROOT["id"])
    reply = written(6, "cy", in_reply_to_id=middle["id"])
    made = []
    for told, had in (([ROOT, middle, reply], []), ([reply], [ROOT, middle])):
        server.statuses.clear()
        server.have(*had)
        async with collecting("mastodon", options(server)) as source:
            await source.until(lambda: server.streams)
            await server.tell(*told)
            await source.until(lambda source=source: source.position == at(6))
            server.streams.clear()
        made.append(source.events[-1])
    assert made[0] == made[1]
    assert (made[0]["kind"], made[0]["content_id"]) == ("comment", CONTENT)


async def test_a_thread_that_cannot_be_read_does_not_hold_the_stream(server):
    server.refused["/api/v1/statuses/5"] = (500, {})
    async with collecting("mastodon", options(server)) as source:
        await source.until(lambda: server.streams)
        await server.tell(written(1, "cy", in_reply_to_id="5"), BOOST)
        await source.until(lambda: source.events)
        assert source.counted(Metric.COLLECT_LOOK_UPS, "failed") == 1
    assert short(source.events) == [("share", "bo")]


async def test_garbage_in_the_stream_is_a_dead_letter_with_its_payload(server):
    async with collecting("mastodon", options(server)) as source:
        await source.until(lambda: server.streams)
        await server.write('event: update\ndata: {"id": "1", broken\n\nevent: teleport\ndata: {"a": 1}\n\n')
        await server.tell(ROOT)
        await source.until(lambda: source.position == at(0))
    assert [reason for reason, _ in source.letters] == ["unknown_shape", "unknown_shape"]
    assert b"broken" in source.letters[0][1]
    assert b"teleport" in source.letters[1][1]
    assert short(source.events) == [("post", "ann")]


async def test_a_token_that_is_not_good_is_told(server):
    async with collecting("mastodon", options(server, token="wrong")) as source:
        await source.until(lambda: source.counted(Metric.COLLECT_FAILURES))
        assert "the token is not good" in source.told
        assert not source.is_ready


async def test_a_server_that_asks_for_a_pause_gets_it(server):
    server.refused["/api/v1/streaming/user"] = (429, {"Retry-After": "77"})
    async with collecting("mastodon", options(server)) as source:
        await source.until(lambda: source.counted(Metric.COLLECT_FAILURES))
        assert "again in 77 s" in source.told


async def test_heartbeats_are_life_and_their_absence_is_not(server):
    clock = FixedClock(NOW_S * 1_000_000)
    async with collecting("mastodon", options(server, silence_s=1), clock=clock) as source:
        await source.until(lambda: server.streams)
        clock.set((NOW_S + 5) * 1_000_000)
        await source.until(lambda: source.counted(Metric.COLLECT_HEARD) == NOW_S + 5)
        server.beats = False
        await source.until(lambda: source.counted(Metric.COLLECT_FAILURES))
        assert "nothing came for 1 s" in source.told


@pytest.mark.parametrize(
    ("stream", "of", "path", "timeline"),
    [
        ("public", "", "/api/v1/streaming/public", "/api/v1/timelines/public?"),
        ("public:local", "", "/api/v1/streaming/public/local", "/api/v1/timelines/public?local=true&"),
        ("hashtag", "spring", "/api/v1/streaming/hashtag?tag=spring", "/api/v1/timelines/tag/spring?"),
        ("list", "12", "/api/v1/streaming/list?list=12", "/api/v1/timelines/list/12?"),
    ],
)
async def test_each_stream_has_its_timeline(server, stream, of, path, timeline):
    async with collecting("mastodon", options(server, stream=stream, of=of), position=at(0)) as source:
        await source.until(lambda: len(server.asked) > 1)
    assert server.asked[0] == path
    assert server.asked[1].startswith(timeline + "min_id=")

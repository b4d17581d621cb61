"""The frame of the pollers, whatever platform: limits, refusals, restarts, and what is never told."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest
from aiohttp import web
from support.polled.graph import Graph
from support.polled.pinterest import Pinterest
from support.polled.polling import START_S, polling
from support.polled.server import Fault, serving
from support.polled.tumblr import Tumblr

from pipeline.clock import FixedClock
from pipeline.config import Settings
from pipeline.errors import UsageError
from pipeline.ingest.collect.options import load
from pipeline.ingest.collect.pollers import KINDS
from pipeline.ingest.collect.pollers.asking import Mark
from pipeline.ingest.collect.pollers.reddit import MOST_KNOWN
from pipeline.ingest.collect.pollers.watch import MOST
from pipeline.ingest.collect.seam import Tools
from pipeline.metrics import Metric, Metrics


@pytest.fixture
async def server():
    made = Pinterest()
    made.pin(500, save=3)
    async with serving(made):
        yield made


def pinning(server, posts=("500",), **more):
    return polling(server, "pinterest", list(posts), **{"access_token": server.token, **more})


async def asked(poll, server, times):
    await poll.running.until(lambda: len(server.asked) >= times)


async def test_after_429_nothing_is_asked_until_the_platform_wants_to_be_asked_again(server):
    server.pin(501, save=1)
    server.faults.append(Fault(429, {"Retry-After": "300"}))
    async with pinning(server, ["500", "501"]) as poll:
        await poll.running.until(lambda: "limit" in poll.running.told)
        poll.later(299)
        await poll.running.until(lambda: "next in 1 s" in poll.running.told)
        assert [one.status for one in server.asked] == [429]
        await poll.look_again(1)
        assert [one.status for one in server.asked] == [429, 200, 200]
        assert poll.running.counted(Metric.POLL_REQUESTS, "throttled") == 1
    assert sorted(poll.ids("post")) == ["pinterest:500", "pinterest:501"]


async def test_a_429_without_a_time_waits_as_long_as_the_headers_say_and_else_longer_each_time(server):
    server.faults.append(Fault(429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "40"}))
    server.limits = {}
    async with pinning(server) as poll:
        await poll.running.until(lambda: "next in 40 s" in poll.running.told)
        server.faults.append(Fault(429))
        poll.later(40)
        await asked(poll, server, 2)
        await poll.look_again(40)  # the first wait is 30 s at most
    assert [one.status for one in server.asked] == [429, 429, 200]


async def test_what_the_operator_grants_an_hour_is_not_exceeded(server):
    for number in range(501, 506):
        server.pin(number, save=1)
    async with pinning(server, [str(number) for number in range(500, 506)], per_hour=120) as poll:
        await asked(poll, server, 2)  # a minute's worth at once
        for _ in range(4):
            before = len(server.asked)
            await poll.running.until(lambda: "next in 30 s" in poll.running.told)
            assert len(server.asked) == before
            poll.later(30)
            await asked(poll, server, before + 1)


async def test_an_unchanged_answer_is_not_sent_and_makes_no_record(server):
    async with pinning(server) as poll:
        await poll.settled()
        told = len(poll.running.sender.entries)
        for _ in range(3):
            await poll.look_again()
    assert [one.status for one in server.asked] == [200, 304, 304, 304]
    assert [one for one in poll.running.sender.entries[told:] if one.topic != "share.positions"] == []


async def test_what_moves_is_asked_often_and_what_rests_seldom(server):
    server.pin(501, save=1)
    async with pinning(server, ["500", "501"], longest_s=3600) as poll:
        await poll.settled()
        for minute in range(60):
            server.pin(500, save=4 + minute)
            await poll.look_again(60)
    hot, cold = len(server.of("/500")), len(server.of("/501"))
    assert hot >= 25
    assert cold <= 10


async def test_a_platform_in_trouble_is_told_of_and_asked_again(server):
    server.faults.append(Fault(503))
    async with pinning(server) as poll:
        await poll.running.until(lambda: "answers 503" in poll.running.told)
        assert not poll.running.is_ready
        await poll.running.until(lambda: poll.running.counted(Metric.COLLECT_FAILURES))
        await asyncio.sleep(1.5)  # the frame has called it again by now; nothing is due yet
        assert "answers 503" in poll.running.told
        poll.later(120)
        await poll.running.until(lambda: poll.running.is_ready)
    assert poll.ids("post") == ["pinterest:500"]


async def test_one_post_that_fails_does_not_keep_the_others_waiting(server):
    server.pin(501, save=1)
    server.faults.append(Fault(500))
    async with pinning(server, ["500", "501"]) as poll:
        await poll.running.until(lambda: poll.events)
    assert poll.ids("post") == ["pinterest:501"]


async def test_a_question_that_is_refused_is_asked_seldom_and_the_source_stays_well(server):
    server.faults.append(Fault(403))
    async with pinning(server, longest_s=7200) as poll:
        await poll.settled()
        assert poll.running.is_ready
        await poll.look_again(6000)
        assert len(server.asked) == 1
        await poll.look_again(2400)
    assert [one.status for one in server.asked] == [403, 200]


async def test_a_credential_that_is_not_taken_is_read_anew_from_its_file(server, tmp_path):
    file = tmp_path / "token"
    file.write_text("an old token\n")
    async with pinning(server, access_token=f"@{file}") as poll:
        await poll.running.until(lambda: "does not take the credential" in poll.running.told)
        assert not poll.running.is_ready
    file.write_text("an old token\n")
    async with pinning(server, access_token=f"@{file}") as poll:
        server.token = "a new token"
        file.write_text("a new token\n")
        await poll.settled()
    assert poll.ids("post") == ["pinterest:500"]


async def test_meta_says_in_the_body_that_it_is_too_much_or_that_the_token_ended():
    graph = Graph()
    async with serving(graph):
        graph.faults.append(graph.throttled(**{"Retry-After": "100"}))
        async with polling(graph, "instagram", ["300"], access_token=graph.token) as poll:
            await poll.running.until(lambda: "next in 100 s" in poll.running.told)
            await poll.look_again(100)
            graph.use(97)
            poll.later(100)
            await poll.running.until(lambda: "next in 600 s" in poll.running.told)
            graph.token = "another"
            poll.later(600)
            await poll.running.until(lambda: "(code 190)" in poll.running.told)


async def test_a_restart_in_a_long_list_goes_on_where_it_was_and_does_not_begin_anew():
    server = Tumblr()
    for number in range(1, 31):
        server.reblog(1000 + number, f"b{number}", "ann", 10 * number)
    async with serving(server):
        async with polling(server, "tumblr", ["ann/1000"], api_key=server.token) as poll:
            await poll.running.until(lambda: len(server.of("/notes")) >= 6)
        first, kept = poll.ids("share"), poll.running.position
        before = len(server.asked)
        async with polling(server, "tumblr", ["ann/1000"], kept, api_key=server.token) as poll:
            await poll.settled()
            pages = len(server.of("/notes"))
            await poll.look_again()
    second = poll.ids("share")
    assert set(first) | set(second) == {f"tumblr:{1000 + number}" for number in range(1, 31)}
    assert len(set(first) & set(second)) <= 3  # a page at most
    assert pages <= 12 + 1
    assert before < len(server.asked)


async def test_after_a_restart_an_unchanged_list_is_a_304(server):
    async with pinning(server) as poll:
        await poll.settled()
    async with pinning(server, position=json.loads(json.dumps(poll.running.position))) as again:
        await again.settled()
    assert [one.status for one in server.asked] == [200, 304]
    assert again.events == []


async def test_a_cursor_that_grew_old_begins_the_sweep_anew():
    server = Tumblr()
    for number in range(1, 8):
        server.reblog(1000 + number, f"b{number}", "ann", 10 * number)
    async with serving(server), polling(server, "tumblr", ["ann/1000"], api_key=server.token) as poll:
        await asked(poll, server, 3)
        server.faults.append(Fault(400))
        await poll.settled()
        for _ in range(3):
            await poll.look_again()
    assert set(poll.ids("share")) == {f"tumblr:{1000 + number}" for number in range(1, 8)}


async def test_what_a_mapping_does_not_understand_is_one_dead_letter_however_often_it_is_answered(server):
    server.pins["500"] = {"id": "500", "shape": "new"}
    async with pinning(server) as poll:
        await poll.settled()
        server.limits["ETag"] = '"another"'
        await poll.look_again()
        await poll.look_again()
    ((reason, body),) = poll.running.letters
    assert reason == "unknown_shape"
    assert msgspec.json.decode(body) == {"id": "500", "shape": "new"}


async def test_an_answer_that_is_no_json_is_trouble_and_no_dead_letter(server):
    server.faults.append(Fault(200))
    server.refuse = lambda _fault: web.Response(text="<html>maintenance</html>")
    async with pinning(server) as poll:
        await poll.running.until(lambda: "not JSON" in poll.running.told)
    assert poll.running.letters == []


async def test_a_redirect_is_not_followed_with_our_credential(server):
    other = Pinterest()
    async with serving(other):
        server.faults.append(Fault(302, {"Location": f"{other.url}/v5/pins/500"}))
        async with pinning(server) as poll:
            await poll.settled()
    assert other.asked == []


async def test_no_credential_is_ever_logged_told_or_kept(server, caplog):
    caplog.set_level("DEBUG")
    tumblr = Tumblr()
    tumblr.reblog(1001, "bo", "ann", 10)
    secret = tumblr.token = server.token = "s3cr3t-0f-0urs"
    async with serving(tumblr):
        for faults in ([], [Fault(500)], [Fault(403)], [Fault(401)]):
            for one, run in (
                (tumblr, polling(tumblr, "tumblr", ["ann/1000"], api_key=secret)),
                (server, pinning(server)),
            ):
                one.faults.extend(faults)
                async with run as poll:
                    await poll.running.until(lambda one=one: one.asked and not one.faults)
                    await poll.running.until(lambda poll=poll: poll.running.told != "starting")
                    assert secret not in poll.running.told
                assert secret not in str(poll.running.sender.entries)
    async with polling(Tumblr(), "tumblr", ["ann/1000"], api_key=secret, address="http://127.0.0.1:9") as poll:
        await poll.running.until(lambda: "no answer" in poll.running.told)
        assert secret not in poll.running.told
    assert secret not in caplog.text


async def test_a_file_of_watched_posts_is_read_again_when_it_changes_and_a_wrong_one_changes_nothing(server, tmp_path):
    server.pin(501, save=1)
    file = tmp_path / "watched.yaml"
    file.write_text("- '500'\n")
    async with pinning(server, [], watch_file=str(file), campaign_id="all") as poll:
        await poll.settled()
        file.write_text("- {post: '501', campaign_id: spring}\n- '500'\n- nonsense of mine\n")
        await poll.look_again()
        assert poll.ids("post") == ["pinterest:500"]
        file.write_text("- {post: '501', campaign_id: spring}\n")
        await poll.running.until(lambda: len(poll.ids("post")) == 2)
        await poll.settled()
    assert [one["campaign_id"] for one in poll.events if one["kind"] == "post"] == ["all", "spring"]
    assert set(poll.kept["marks"]) == {"501 pin"}


async def test_one_file_serves_the_sources_of_all_platforms(server, tmp_path):
    file = tmp_path / "watched.yaml"
    file.write_text("- pinterest:500\n- reddit:t3_a1\n- {post: 'tumblr:ann/1000', campaign_id: spring}\n")
    async with pinning(server, [], watch_file=str(file)) as poll:
        await poll.settled()
    assert poll.ids("post") == ["pinterest:500"]
    assert set(poll.kept["marks"]) == {"500 pin"}


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"kind": "reddit", "posts": ["t3_a"]}, "client_id"),
        ({"kind": "pinterest", "posts": ["500"]}, "give access_token, or refresh_token"),
        ({"kind": "pinterest", "posts": ["nonsense"], "access_token": "t"}, "'nonsense' is no post of pinterest"),
        ({"kind": "pinterest", "posts": [], "watch_file": "/nowhere", "access_token": "t"}, "/nowhere cannot be read"),
        ({"kind": "pinterest", "posts": [str(n) for n in range(501)], "access_token": "t"}, "more than 500"),
        ({"kind": "threads", "access_token": "@/nowhere"}, "names the file /nowhere"),
        ({"kind": "tumblr", "api_key": "secret of mine", "postss": []}, "postss"),
    ],
)
def test_options_that_cannot_work_are_refused_with_the_sources_name_and_without_its_secrets(options, word):
    def make():
        for one in load(Settings(collect=json.dumps({"mine": options})), KINDS, []):
            one.make(Tools(None, FixedClock(START_S * 1_000_000), Metrics()))

    with pytest.raises(UsageError) as refused:
        make()
    assert "mine" in str(refused.value)
    assert word in str(refused.value)
    assert "secret" not in str(refused.value).replace("client_secret", "")


def test_the_marks_of_as_many_posts_as_may_be_watched_fit_into_one_record():
    known = [f"t3_{number:07d}" for number in range(MOST_KNOWN)]
    full = Mark(newest=START_S * 1_000_000, asked="0123456789ab", etag=f'W/"{"e" * 40}"', known=known)
    marks = {
        f"t3_{post:07d} {feed}": msgspec.to_builtins(full)
        for post in range(MOST)
        for feed in ("crossposts", "comments")
    }
    assert len(json.dumps({"marks": marks, "roots": {}})) < 1_000_000

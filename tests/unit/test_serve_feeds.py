"""One answer for all who look; only the newest for who is slow; nothing asked when nobody looks."""

from __future__ import annotations

import asyncio

import pytest

from pipeline.errors import UnavailableError
from pipeline.metrics import Metric
from pipeline.serve import hub as hub_module
from pipeline.serve.feed import Part
from pipeline.serve.hub import Hub, TooBusyError
from pipeline.serve.sse import frame, read_cursor
from pipeline.serve.topics import (
    PULSE,
    BadQuestionError,
    Topic,
    alerts_topic,
    content_topic,
    contents_topic,
    view_topics,
)


class Source:
    """A loader that counts, and fails when told to."""

    def __init__(self):
        self.value, self.looks, self.error = 0, 0, None

    async def __call__(self):
        self.looks += 1
        if self.error:
            raise self.error
        return {"pulse": {"value": self.value}}


@pytest.fixture
async def source():
    return Source()


@pytest.fixture
async def hub(source):
    made = Hub(lambda _: (source, 0.01))
    yield made
    await made.close()


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


async def test_many_listeners_share_one_look(hub, source):
    answers = await asyncio.gather(*(hub.current(PULSE) for _ in range(50)))
    assert answers == [{"pulse": {"value": 0}, "problem:pulse": {"text": ""}}] * 50
    assert source.looks <= 2


async def test_a_listener_is_given_each_part_once_and_then_what_changed(hub, source):
    with hub.listen([PULSE]) as listener:
        await until(lambda: len(listener.news()) == 2)
        listener.seen = {part.name: part.version for part in listener.news()}
        assert listener.news() == []
        source.value = 1
        await until(listener.news)
        assert [(part.name, part.full) for part in listener.news()] == [("pulse", b'{"value":1}')]


async def test_a_slow_listener_gets_the_newest_only(hub, source):
    with hub.listen([PULSE]) as listener:
        for source.value in range(5):
            looks = source.looks
            await until(lambda looks=looks: source.looks > looks + 1)
        assert [part.full for part in listener.news() if part.name == "pulse"] == [b'{"value":4}']


async def test_without_an_answer_the_last_figures_stay_and_the_reason_is_told(hub, source):
    with hub.listen([PULSE]) as listener:
        await until(listener.news)
        source.error = UnavailableError("ClickHouse is gone")
        await until(lambda: any(b"gone" in part.full for part in listener.news()))
        assert {part.name: part.full for part in listener.news()}["pulse"] == b'{"value":0}'
        assert hub.metrics.value(Metric.PAGE_PROBLEMS, "pulse") >= 1
        with pytest.raises(UnavailableError, match="gone"):
            await hub.current(PULSE)


async def test_who_asks_while_a_feed_looks_again_is_told_the_problem_of_the_last_look(source):
    """The first look failed; the second takes its time."""
    slow = asyncio.Event()

    async def load():
        if source.looks:
            await slow.wait()
        return await source()

    source.error = UnavailableError("down")
    hub = Hub(lambda _: (load, 0.01))
    try:
        with hub.listen([PULSE]) as listener:
            await listener.feeds[0].answered.wait()
            await asyncio.sleep(0.05)
            with pytest.raises(UnavailableError, match="down"):
                await hub.current(PULSE)
    finally:
        slow.set()
        await hub.close()


async def test_a_feed_recovers_by_itself(hub, source):
    source.error = UnavailableError("down")
    with pytest.raises(UnavailableError):
        await hub.current(PULSE)
    source.error = None
    with hub.listen([PULSE]) as listener:
        await until(lambda: listener.feeds[0].parts.get("pulse"))


async def test_a_fault_of_one_feed_is_told_without_its_text(hub, source, caplog):
    source.error = KeyError("secret")
    with pytest.raises(UnavailableError) as failed:
        await hub.current(PULSE)
    assert "secret" not in str(failed.value)
    assert "secret" in caplog.text


async def test_nothing_is_asked_when_nobody_has_looked_for_a_while(hub, source, monkeypatch):
    monkeypatch.setattr(hub_module, "LINGER_S", 0.02)
    await hub.current(PULSE)
    await until(lambda: hub.feed_count == 0)
    looks = source.looks
    await asyncio.sleep(0.05)
    assert source.looks == looks


async def test_too_many_different_views_are_refused_and_idle_ones_make_room(hub, monkeypatch):
    monkeypatch.setattr(hub_module, "MAX_FEEDS", 2)
    with (
        hub.listen([Topic("contents", search="a"), Topic("contents", search="b")]),
        pytest.raises(TooBusyError),
        hub.listen([PULSE]),
    ):
        pass
    with hub.listen([PULSE]):
        assert hub.feed_count == 1


async def test_closing_wakes_every_listener(hub):
    with hub.listen([PULSE]) as listener:
        waiting = asyncio.create_task(listener.wake.wait())
        await hub.close()
        await asyncio.wait_for(waiting, 1)
        assert hub.closing


def test_a_stream_that_missed_nothing_gets_the_difference():
    part = Part("tree", 5, b"whole", base=4, delta=b"change")
    assert b"event: tree-delta\ndata: change\n\n" in frame(part, 4, "c")
    assert b"event: tree\ndata: whole\n\n" in frame(part, 3, "c")
    assert b"event: tree\n" in frame(part, None, "c")
    assert b"event: tree\n" in frame(Part("tree", 5, b"whole"), 0, "c")


def test_a_cursor_of_this_run_is_read_back():
    assert read_cursor("ab12;pulse=3;problem:pulse=4", "ab12") == {"pulse": 3, "problem:pulse": 4}


@pytest.mark.parametrize(
    "text", ["", "other;pulse=3", "ab12;pulse=x", "ab12;pulse=²", "ab12;" + "p=1;" * 500, ";;;==", "ab12"]
)
def test_any_other_cursor_means_that_nothing_was_seen(text):
    assert read_cursor(text, "ab12") == {}


@pytest.mark.parametrize(("limit", "used"), [("1", 1), ("0", 1), ("999", 200), ("9" * 300, 200)])
def test_limits_are_bounded(limit, used):
    assert contents_topic({"limit": limit}).limit == used


@pytest.mark.parametrize(
    "query", [{"limit": "-1"}, {"limit": "x"}, {"limit": "²"}, {"search": "x" * 513}, {"campaign": "x" * 513}]
)
def test_questions_out_of_bounds_are_refused(query):
    with pytest.raises(BadQuestionError):
        contents_topic(query)


@pytest.mark.parametrize("content_id", ["", "x" * 513])
def test_a_content_id_has_the_length_of_the_contract(content_id):
    with pytest.raises(BadQuestionError):
        content_topic(content_id)


@pytest.mark.parametrize("campaign", ["", "x" * 513])
def test_a_campaign_has_a_name_of_the_contracts_length(campaign):
    with pytest.raises(BadQuestionError):
        view_topics({"view": "campaign", "id": campaign})


def test_a_campaigns_page_watches_its_figures_its_conversation_its_alerts_and_its_own_contents():
    kinds = {topic.kind: topic for topic in view_topics({"view": "campaign", "id": "spring", "limit": "7"})}
    assert {"pulse", "health", "campaign", "conversation", "alerts", "contents"} == kinds.keys()
    assert {kinds[kind].campaign for kind in ("campaign", "conversation", "alerts", "contents")} == {"spring"}
    assert kinds["contents"].limit == 7


def test_a_contents_page_watches_its_own_alerts():
    assert Topic("alerts", content_id="c") in view_topics({"view": "content", "id": "c"})
    assert alerts_topic({"content": "c"}) == Topic("alerts", content_id="c")
    with pytest.raises(BadQuestionError):
        alerts_topic({"campaign": "x" * 513})


def test_an_unknown_view_is_refused():
    with pytest.raises(BadQuestionError):
        view_topics({"view": "admin"})


def test_equal_questions_are_equal_topics():
    assert contents_topic({"search": " a "}) == contents_topic({"search": "a"})

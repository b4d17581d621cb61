"""The page's door for mutes and acknowledgements: what it takes, from whom, and what it sends on."""

from __future__ import annotations

from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from support.page import NOWHERE, FakeReader, served

from pipeline.cascade.controls import Controls
from pipeline.clock import FixedClock
from pipeline.errors import UnavailableError
from pipeline.serve.alerts import AlertList, Desk
from pipeline.serve.api import plain_errors
from pipeline.serve.run import listen
from schemas.alert import Control, Scope, moment

NOW_US = 1_780_000_000_000_000
MUTE = {"action": "mute", "scope": {"content_id": "c"}, "minutes": 60}
ROW = {
    "alert_id": "a1", "content_id": "c", "campaign_id": None, "rule": "velocity", "state": "viral", "severity": 8, "summary": "why",
    "muted": False, "top_spreaders": '[{"actor_id": "ana"}]', "evidence": [], "dashboard": None, "opened": 1, "closed": None,
}  # fmt: skip


class Sent(list):
    down = False

    async def __call__(self, _settings, control):
        if self.down:
            raise UnavailableError("Kafka does not answer")
        self.append(control)


@asynccontextmanager
async def desk(settings=NOWHERE):
    sent, controls = Sent(), Controls()
    app = web.Application(middlewares=[plain_errors])
    app.add_routes([web.post("/control", Desk(settings, FixedClock(NOW_US), controls, sent).handle)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        port = await listen(runner, "127.0.0.1", 0, "page")
        async with aiohttp.ClientSession() as session:

            async def post(json=None, **options):
                options |= {} if json is None else {"json": json}
                async with session.post(f"http://127.0.0.1:{port}/control", **options) as answer:
                    return answer.status, await answer.json()

            yield post, sent, controls
    finally:
        await runner.cleanup()


async def test_a_mute_is_sent_on_and_shows_at_once():
    async with desk() as (post, sent, controls):
        assert (await post(MUTE))[0] == 202
        (control,) = sent
        assert (control.action, control.scope.content_id, control.by) == ("mute", "c", "somebody on the page")
        assert control.until.timestamp() - control.at.timestamp() == 3600
        assert control.at.timestamp() == NOW_US / 1e6
        assert controls.muted("c", "", "velocity", NOW_US)
        assert (await post({"action": "unmute", "scope": {"content_id": "c"}}))[0] == 202
        assert not controls.muted("c", "", "velocity", NOW_US)


async def test_an_acknowledgement_names_an_alert():
    async with desk() as (post, sent, controls):
        assert (await post({"action": "acknowledge", "scope": {"alert_id": "a1"}, "note": "Ana is on it"}))[0] == 202
        assert (sent[0].note, controls.acknowledged("a1")) == ("Ana is on it", True)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({}, "action"),
        ({"action": "erase", "scope": {}}, "erase"),
        ({"action": "mute", "scope": {}}, "a mute needs"),
        ({"action": "mute", "scope": {"alert_id": "a1"}}, "a mute needs"),
        ({"action": "acknowledge", "scope": {"content_id": "c"}}, "needs scope.alert_id"),
        (MUTE | {"scope": {"rule": "velcity"}}, "the rules are: velocity, "),
        (MUTE | {"minutes": 0}, "minutes"),
        (MUTE | {"minutes": 10**9}, "minutes"),
        (MUTE | {"by": "root"}, "by"),
        (MUTE | {"scope": {"content_id": "c", "x": "y"}}, "Extra inputs"),
        (MUTE | {"note": "n" * 3000}, "2000"),
        ([], "object"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_sentence(wish, words):
    async with desk() as (post, sent, _):
        status, told = await post(wish)
        assert status == 400
        assert words in told["error"]
        assert sent == []


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"data": b'{"action": "mute"}', "headers": {"Content-Type": "text/plain"}}, 415),
        ({"data": {"action": "mute"}}, 415),
        ({"json": MUTE, "headers": {"Sec-Fetch-Site": "cross-site"}}, 403),
        ({"json": MUTE, "headers": {"Sec-Fetch-Site": "same-site"}}, 403),
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400),
    ],
)
async def test_another_site_cannot_mute_through_a_visitors_browser(options, status):
    async with desk() as (post, sent, _):
        assert (await post(**options))[0] == status
        assert sent == []


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}])
async def test_the_pages_guard_stands_before_it(headers):
    async with (
        served(reader=FakeReader({})) as page,
        page.session.post(page.url + "/api/alerts/control", json=MUTE, headers=headers) as answer,
    ):
        assert answer.status == 403


async def test_a_page_that_may_only_show_takes_nothing():
    async with desk(NOWHERE.model_copy(update={"page_may_mute": False})) as (post, sent, _):
        assert (await post(MUTE))[0] == 403
        assert sent == []


async def test_without_kafka_nothing_is_claimed():
    async with desk() as (post, sent, controls):
        sent.down = True
        assert await post(MUTE) == (503, {"error": "Kafka does not answer"})
        assert not controls.muted("c", "", "velocity", NOW_US)


HOUR_MS, NOW_MS = 3_600_000, NOW_US // 1000


def control(action, note="", by="ada", until=None, **scope):
    return Control(action=action, scope=Scope(**scope), by=by, note=note, at=moment(NOW_US), until=until)


async def shown(*controls, rows):
    asked = Controls()
    for one in controls:
        asked.apply(one)
    return (await AlertList(FakeReader({"v_alerts": rows}), NOWHERE, FixedClock(NOW_US), asked)())["alerts"]


async def test_alerts_show_what_people_asked_of_them_with_who_and_why():
    until = moment(NOW_US + 300_000_000)
    told = await shown(
        control("mute", "known", until=until, rule="velocity"),
        control("acknowledge", "I am on it", alert_id="a2"),
        control("acknowledge", "Ana is on it", by="ben", alert_id="a2"),
        rows=[
            ROW,
            ROW | {"alert_id": "a2", "rule": "depth", "top_spreaders": "broken"},
            ROW | {"alert_id": "a0", "rule": "depth"},
            ROW | {"alert_id": "a3", "rule": "depth", "closed": 5},
        ],
    )
    muted = {"scope": {"rule": "velocity"}, "until": NOW_MS + 300_000, "by": "ada", "note": "known", "at": NOW_MS}
    seen_to = {"by": "ben", "note": "Ana is on it", "at": NOW_MS}
    names = ("alert_id", "muted", "mute", "acknowledged", "acknowledgement")
    assert [tuple(one[name] for name in names) for one in told["open"]] == [
        ("a0", False, None, False, None),
        ("a1", True, muted, False, None),
        ("a2", False, None, True, seen_to),
    ]
    assert [one["alert_id"] for one in told["over"]] == ["a3"]
    assert told["open"][2]["top_spreaders"] == []
    assert told["mutes"] == [muted]
    assert told["may_act"]


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        ({"content_id": "c"}, True),
        ({"campaign_id": "spring", "rule": "velocity"}, True),
        ({"campaign_id": "spring", "rule": "depth"}, False),
        ({"content_id": "d"}, False),
    ],
    ids=str,
)
async def test_the_mute_that_an_alert_names_is_the_one_that_silences_it(scope, covers):
    told = await shown(control("mute", **scope), rows=[ROW | {"campaign_id": "spring"}])
    assert told["open"][0]["muted"] is (told["open"][0]["mute"] is not None) is covers


async def test_a_mute_that_has_ended_is_no_answer_any_more():
    ended = control("mute", until=moment(NOW_US - 1), rule="velocity")
    (one,) = (await shown(ended, rows=[ROW | {"muted": True}]))["open"]
    assert (one["muted"], one["mute"]) == (True, None)


async def test_notices_of_the_last_hour_stand_apart_from_what_is_over():
    at = {"fresh": NOW_MS - HOUR_MS + 1, "old": NOW_MS - HOUR_MS}
    notices = [ROW | {"alert_id": name, "opened": then, "closed": then} for name, then in at.items()]
    told = await shown(rows=[*notices, ROW | {"alert_id": "ended", "opened": NOW_MS - 2, "closed": NOW_MS - 1}])
    assert [one["alert_id"] for one in told["notices"]] == ["fresh"]
    assert [(one["alert_id"], one["notice"]) for one in told["over"]] == [("old", True), ("ended", False)]

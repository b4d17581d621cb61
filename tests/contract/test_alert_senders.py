"""Every kind of channel keeps the same promises, whatever the other side does: bounded time, no way but the configured one, no secret shown."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
from contextlib import asynccontextmanager
from time import monotonic

import aiohttp
import pytest
from support.receivers import DRIP, DROP, HANG, OTHER_SECRET, SECRET, alert, receiving

from pipeline.alerts.push import Push
from pipeline.alerts.webhook import Webhook

KINDS = ("webhook", "apprise")
QUICK_S = 1.0


def sender(kind, port):
    if kind == "webhook":
        limit = aiohttp.ClientTimeout(total=QUICK_S)
        return Webhook(f"http://127.0.0.1:{port}/hook?token=s3cret", [OTHER_SECRET, SECRET], limit)
    return Push(f"json://user:s3cret@127.0.0.1:{port}/hook", QUICK_S)


@asynccontextmanager
async def channel(kind, *answers):
    async with receiving(*answers) as receiver:
        made = sender(kind, receiver.port)
        try:
            yield made, receiver
        finally:
            await made.close()


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def written():
    """All that a handler of the root logger gets to write, at its most talkative."""
    text, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.setLevel(level)
    root.removeHandler(handler)


async def test_an_alert_arrives_once_and_is_taken(kind):
    async with channel(kind, 200) as (made, receiver):
        assert await made.send(alert(1)) is None
        assert len(receiver.got) == 1
        assert "82 shares in 5 min" in receiver.got[0].body.decode()


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
async def test_an_error_is_a_failure_that_names_the_status(kind, status):
    async with channel(kind, status) as (made, _):
        failure = await made.send(alert(1))
        assert (failure.reason, failure.detail, failure.final) == ("refused", f"answered {status}", False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_refused_and_nothing_goes_elsewhere(kind, status):
    async with receiving(200) as elsewhere:
        async with channel(kind, (status, {"Location": elsewhere.url})) as (made, receiver):
            failure = await made.send(alert(1))
        assert failure.reason == "redirected"
        assert len(receiver.got) == 1
        assert elsewhere.got == []


@pytest.mark.parametrize("answer", [HANG, DROP])
async def test_an_attempt_ends_in_time(kind, answer):
    async with channel(kind, answer) as (made, _):
        began = monotonic()
        failure = await made.send(alert(1))
        assert failure.reason in {"timed_out", "unreachable"}
        assert monotonic() - began < 5 * QUICK_S


async def test_an_answer_that_never_ends_holds_up_nobody(kind):
    async with channel(kind, DRIP) as (made, _):
        began = monotonic()
        await made.send(alert(1))
        assert monotonic() - began < 5 * QUICK_S


async def test_nobody_listening_is_a_failure(kind):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    made = sender(kind, port)
    failure = await made.send(alert(1))
    await made.close()
    assert failure.reason == "unreachable"


@pytest.mark.parametrize("answer", [500, (302, {"Location": "http://127.0.0.1:9/s3cret"}), DROP, HANG])
async def test_a_failure_and_the_log_hold_neither_address_nor_answer(kind, answer, written):
    async with channel(kind, answer) as (made, receiver):
        failure = await made.send(alert(1))
        said = repr(failure) + written.getvalue() + repr(made)
    for secret in ("s3cret", f":{receiver.port}", "127.0.0.1"):
        assert secret not in said


async def test_a_sender_can_be_used_again_after_a_failure(kind):
    async with channel(kind, 500, 200) as (made, _):
        assert (await made.send(alert(1))).reason == "refused"
        assert await made.send(alert(1)) is None


async def test_a_webhook_is_signed_with_every_secret_under_the_messages_id():
    async with channel("webhook", 200) as (made, receiver):
        one = alert(1, content_id="é 🎬 <b>")
        await made.send(one)
        (got,) = receiver.got
        for secret in (SECRET, OTHER_SECRET):
            told = got.verified(secret)
            assert (told["type"], told["data"]["content_id"]) == ("alert.opened", "é 🎬 <b>")
        assert got.headers["webhook-id"] == one.message_id
        assert got.headers["content-type"] == "application/json"
        assert "authorization" not in got.headers


async def test_a_repeat_has_the_same_id_and_body_and_a_time_of_its_own():
    async with channel("webhook", 500, 200) as (made, receiver):
        one = alert(1)
        await made.send(one)
        await asyncio.sleep(1.1)
        await made.send(one)
        first, second = receiver.got
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body
        assert first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]


async def test_a_webhook_keeps_no_cookie():
    async with channel("webhook", (200, {"Set-Cookie": "a=b"})) as (made, receiver):
        await made.send(alert(1))
        await made.send(alert(2))
        assert not any("cookie" in one.headers for one in receiver.got)


async def test_retry_after_is_handed_on():
    async with channel("webhook", (429, {"Retry-After": "7"})) as (made, _):
        assert (await made.send(alert(1))).retry_after_s == 7


async def test_a_hanging_service_gets_one_thread_and_no_more():
    import threading

    async with channel("apprise", HANG) as (made, _):
        before = threading.active_count()
        for _ in range(3):
            assert (await made.send(alert(1))).reason == "timed_out"
        assert threading.active_count() <= before + 1


async def test_apprise_is_given_plain_text_with_its_lines_and_no_pictures_from_elsewhere():
    async with channel("apprise", 200) as (made, receiver):
        await made.send(alert(1))
        told = json.loads(receiver.got[0].body)
        assert told["message"].count("\n") >= 4
        assert "github" not in receiver.got[0].body.decode().lower()

"""/v1/events: who may send what, and what is answered."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json

import pytest
from support.doors import ALL, NOW_S, TOKEN, event, hmac_by_hand, opened

from pipeline.ingest.http.events import MOST_EVENTS, MOST_TOLD

JSON = {"Content-Type": "application/json"}
LINES = {"Content-Type": "application/x-ndjson"}
KEY = base64.b64encode(b"k" * 24).decode()


def lines(*events) -> bytes:
    return b"\n".join(json.dumps(one).encode() for one in events)


async def test_one_event_an_array_and_lines_are_taken_and_keyed_by_their_content():
    async with opened() as doors:
        assert await doors.send(event(1)) == (202, {"accepted": 1})
        assert await doors.send(event(2), event(3, content_id="other")) == (202, {"accepted": 2})
        assert await doors.post("/v1/events", lines(event(4), event(5)) + b"\r\n\n", LINES | doors.bearer) == (
            202,
            {"accepted": 2},
        )
    assert [one["event_id"] for one in doors.sender.events] == [f"web:{number}" for number in range(1, 6)]
    assert [entry.key for entry in doors.sender.entries] == [b"spring-film"] * 2 + [b"other"] + [b"spring-film"] * 2


async def test_the_answer_waits_for_kafka():
    async with opened() as doors:
        doors.sender.may_answer.clear()
        sending = asyncio.create_task(doors.send(event()))
        await asyncio.sleep(0.2)
        assert not sending.done()
        doors.sender.may_answer.set()
        assert (await sending)[0] == 202


async def test_without_kafka_nothing_is_accepted():
    async with opened() as doors:
        doors.sender.problem = "Kafka does not answer"
        status, problem = await doors.send(event())
    assert (status, problem["type"]) == (503, "/problems#overloaded")
    assert doors.sender.entries == []


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer"}]
)
async def test_nobody_sends_without_a_token(headers):
    async with opened() as doors:
        status, problem = await doors.post("/v1/events", lines(event()), JSON | headers)
    assert (status, problem["type"]) == (401, "/problems#unauthorized")
    assert doors.sender.entries == []


@pytest.mark.parametrize(
    ("scope", "sent"),
    [
        ({"platforms": ["email"]}, {}),
        ({"campaigns": ["spring-*"]}, {"campaign_id": "autumn"}),
        ({"campaigns": ["spring-*"]}, {}),
        ({"kinds": ["click"]}, {}),
        ({}, {"kind": "retract", "target_event_id": "web:0", "attributes": {"right": "moderate"}}),
    ],
    ids=["platform", "campaign", "no campaign", "kind", "moderation"],
)
async def test_a_token_sends_within_its_scope_only(scope, sent):
    async with opened([ALL | scope]) as doors:
        status, problem = await doors.send(event(), event(2, **sent), Prefer="handling=lenient")
        assert status == 202
        assert problem["errors"][-1]["reason"] == "forbidden"
        status, problem = await doors.send(event(2, **sent))
        assert (status, problem["type"]) == (403, "/problems#forbidden")
    assert doors.sender.letters == [], "what nobody may send is not kept"
    assert "web:2" not in {one["event_id"] for one in doors.sender.events}


async def test_what_is_in_scope_passes():
    scope = {"platforms": ["web", "email"], "campaigns": ["spring-*"], "kinds": ["share", "retract"], "moderate": True}
    async with opened([ALL | scope]) as doors:
        moderated = event(
            2, kind="retract", target_event_id="web:1", attributes={"right": "moderate"}, campaign_id="spring-1"
        )
        assert (await doors.send(event(campaign_id="spring-1"), moderated))[0] == 202


async def test_two_tokens_of_a_sender_live_at_once_and_a_digest_will_do_for_one():
    digest = "5fc3aa1ea2bbd8cb8b8bbbbbd9cb6eb67b0a1a0ec4a7b8ec5ea5b3f2f9e0d4b1"
    async with opened([{"name": "a", "tokens": [TOKEN, TOKEN[::-1]], "sha256": [digest]}]) as doors:
        for token in (TOKEN, TOKEN[::-1]):
            assert (await doors.send(event(), Authorization=f"Bearer {token}"))[0] == 202
        assert (await doors.send(event(), Authorization=f"Bearer {digest}"))[0] == 401, "the digest is no token"


async def test_all_or_nothing_names_what_is_refused():
    async with opened() as doors:
        status, problem = await doors.send(event(1), event(2, colour="red"), event(3, kind="wink"))
    assert (status, problem["type"]) == (422, "/problems#event-refused")
    assert [(one["index"], one["reason"]) for one in problem["errors"]] == [(1, "unknown_field"), (2, "unknown_value")]
    assert doors.sender.entries == []


async def test_lenient_takes_the_good_and_makes_dead_letters_of_the_rest():
    async with opened() as doors:
        status, answer = await doors.send(event(1), event(2, colour="red"), Prefer="handling=lenient")
    assert (status, answer["accepted"], answer["refused"]) == (202, 1, 1)
    assert [one["event_id"] for one in doors.sender.events] == ["web:1"]
    ((reason, payload),) = doors.sender.letters
    assert (reason, json.loads(payload)) == ("unknown_field", event(2, colour="red"))


async def test_an_event_from_the_future_is_refused():
    async with opened() as doors:
        assert (await doors.send(event(occurred_at="2026-12-31T00:00:00Z")))[1]["errors"][0]["reason"] == "in_future"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", JSON, 400),
        (b" \n ", LINES, 400),
        (b"[]", JSON, 400),
        (b"[1, ", JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b"[" * 100_000 + b"]" * 100_000, JSON, 400),
        (b"\xff\xfe", JSON, 422),
        (b'{"a":' * 50_000, JSON, 422),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", JSON | {"Content-Encoding": "br"}, 415),
        (b"{}", JSON | {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"{}", mtime=0)[:-9], JSON | {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b" " * 3_000_000, mtime=0), JSON | {"Content-Encoding": "gzip"}, 413),
        (b" " * 3_000_000, JSON, 413),
        (b"{}\n" * (MOST_EVENTS + 1), LINES, 413),
        (b"{}\n" * MOST_EVENTS, LINES, 422),
    ],
)
async def test_what_cannot_be_read_has_a_clear_answer(body, headers, status):
    async with opened() as doors:
        got, problem = await doors.post("/v1/events", body, headers | doors.bearer)
    assert got == status, problem
    assert len(problem.get("errors", [])) <= MOST_TOLD
    assert doors.sender.entries == []


async def test_gzip_is_unpacked():
    async with opened() as doors:
        packed = gzip.compress(lines(event(1), event(2)))
        assert await doors.post("/v1/events", packed, LINES | doors.bearer | {"Content-Encoding": "gzip"}) == (
            202,
            {"accepted": 2},
        )


def signed(body: bytes, at: int = NOW_S, key: bytes = b"k" * 24) -> dict[str, str]:
    made = base64.b64encode(hmac_by_hand(key, b"msg_1." + str(at).encode() + b"." + body)).decode()
    return {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": f"v1a,AAAA v1,{made}", **JSON}


async def test_standard_webhooks_senders_sign_instead():
    shop = {
        "name": "shop",
        "signing_secrets": [f"whsec_{base64.b64encode(b'n' * 24).decode()}", f"whsec_{KEY}"],
        "platforms": ["web"],
    }
    body = lines(event())
    async with opened([shop]) as doors:
        assert (await doors.post("/v1/events", body, signed(body)))[0] == 202
        assert (await doors.post("/v1/events?key=shop", body, signed(body, key=b"n" * 24)))[0] == 202, (
            "both secrets live"
        )
        assert (await doors.post("/v1/events", body + b" ", signed(body)))[0] == 401, "another body"
        assert (await doors.post("/v1/events", body, signed(body, at=NOW_S - 301)))[0] == 401, "a replay"
        assert (await doors.post("/v1/events", body, signed(body, at=NOW_S + 301)))[0] == 401, "a clock that is wrong"
        assert (await doors.post("/v1/events?key=other", body, signed(body)))[0] == 401, "no such entry"
        assert (await doors.post("/v1/events", body, signed(body) | {"webhook-signature": ""}))[0] == 401
        other = lines(event(platform="email"))
        assert (await doors.post("/v1/events", other, signed(other)))[0] == 403, "its scope holds as well"
    assert len(doors.sender.entries) == 2

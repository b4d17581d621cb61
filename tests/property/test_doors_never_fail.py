"""Whatever is sent to any door, made from the served OpenAPI document: a documented answer, never 5xx, and nothing that was accepted is lost."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from urllib.parse import quote

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.doors import NOW_S, SECRETS, TOKEN, event, hmac_by_hand, opened

SECRET = SECRETS[0]
HUBS = ("feeds", "youtube", "mastodon")
SIMPLE = ("facebook", "instagram", "threads", "twitter", "linkedin", "tiktok", "mailgun")
WEBHOOKS = {
    name: {"secrets": [SECRET], "verify_token": "ours", "topics": ["t"], "instance": "m.example"}
    for name in (*HUBS, *SIMPLE)
}
WEBHOOKS |= {"postmark": {"secrets": ["u:p"]}, "activecampaign": {"secrets": [SECRET]}, "news": {"secrets": [SECRET]}}
WEBHOOKS |= {"activitypub": {}, "ses": {"topics": ["t"]}, "webmention": {"targets": ["ours.example"]}}

NAMES = st.sampled_from(
    [
        "object",
        "entry",
        "id",
        "time",
        "changes",
        "field",
        "value",
        "item",
        "verb",
        "post_id",
        "from",
        "created_time",
        "data",
        "payload",
        "event_type",
        "type",
        "action",
        "notifications",
        "signature",
        "timestamp",
        "token",
        "event-data",
        "event",
        "email",
        "url",
        "Message",
        "Type",
        "TopicArn",
        "actor",
        "content",
        "topic",
        "values",
        "text",
        "source",
        "target",
        "kind",
        "attributes",
        "event_id",
        "occurred_at",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["page", "feed", "share", "Announce", "t", str(NOW_S), "https://a.example/", "\ud800", "\0"]),
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(NAMES, TEXTS), inner, max_size=6)),
    max_leaves=25,
)
EVENTS = st.dictionaries(NAMES, LEAVES, max_size=3).map(lambda more: event() | more)
BODIES = st.one_of(
    VALUES.map(lambda value: json.dumps(value).encode()),
    EVENTS.map(lambda value: json.dumps(value).encode()),
    st.lists(EVENTS, max_size=5).map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=200),
    st.dictionaries(NAMES, TEXTS, max_size=5).map(
        lambda form: "&".join(f"{k}={quote(v.encode('utf-8', 'replace'))}" for k, v in form.items()).encode()
    ),
    st.sampled_from(
        [b"<a/>", b"<rss><channel/></rss>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", b"[" * 5000, b"{}" * 3]
    ),
)
TYPES = st.sampled_from(
    [
        "application/json",
        "application/x-ndjson",
        "application/x-www-form-urlencoded",
        "text/xml",
        "text/plain",
        "",
        "a;b;=",
        "ö",
    ]
)


def proof(name: str, body: bytes) -> tuple[dict[str, str], str]:
    """Headers and query with which the door believes that the platform sent this."""
    key = SECRET.encode()
    if name in ("facebook", "instagram", "threads"):
        return {"X-Hub-Signature-256": "sha256=" + hmac_by_hand(key, body).hex()}, ""
    if name in HUBS:
        return {"X-Hub-Signature": "sha1=" + hmac_by_hand(key, body, "sha1").hex()}, ""
    made = {
        "twitter": lambda: {
            "x-twitter-webhooks-signature": "sha256=" + base64.b64encode(hmac_by_hand(key, body)).decode()
        },
        "linkedin": lambda: {"X-LI-Signature": hmac_by_hand(key, b"hmacsha256=" + body).hex()},
        "tiktok": lambda: {"TikTok-Signature": f"t={NOW_S},s={hmac_by_hand(key, f'{NOW_S}.'.encode() + body).hex()}"},
        "postmark": lambda: {"Authorization": "Basic dTpw"},
        "v1": lambda: {"Authorization": f"Bearer {TOKEN}", "Prefer": "handling=lenient"},
    }
    return made.get(name, dict)(), f"?key={quote(SECRET)}" if name in {"activecampaign", "news"} else ""


@pytest.fixture
def asking():
    """A function that sends one request to real doors and gives status, answer, and what arrived in Kafka."""
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        doors = runner.run(stack.enter_async_context(opened(webhooks=WEBHOOKS, ingest_refused_per_s=0)))
        described = runner.run(doors.get("/openapi.json"))[1]

        async def ask(method, path, body=b"", headers=None):
            doors.sender.entries.clear()
            async with doors.session.request(method, doors.url + path, data=body, headers=headers) as response:
                text = await response.text()
                return response, text, list(doors.sender.entries)

        yield described, lambda *args, **more: runner.run(ask(*args, **more))
        runner.run(stack.aclose())


def is_documented(described, path, method, response) -> bool:
    operation = described["paths"][path.partition("?")[0]][method.lower()]
    told = operation["responses"].get(str(response.status), {})
    return response.content_type in told.get("content", {"text/plain": {}, "application/json": {}})


def some(count):
    return settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))


def test_signed_payloads_of_any_shape_are_taken_or_kept(asking):
    described, ask = asking

    @some(400)
    @given(name=st.sampled_from(sorted(WEBHOOKS)), body=BODIES, content_type=TYPES)
    def check(name, body, content_type):
        headers, query = proof(name, body)
        path = f"/webhooks/{name}{query}"
        response, text, sent = ask("POST", path, body, {**headers, "Content-Type": content_type})
        assert response.status < 500, (path, body, text)
        assert is_documented(described, path, "POST", response), (response.status, response.content_type)
        if response.status == 200:
            told = json.loads(text)
            assert told["accepted"] + told.get("undone", 0) + told["refused"] == len(sent)
        else:
            assert sent == []

    check()


def test_events_of_any_shape_are_taken_or_refused_with_a_reason(asking):
    described, ask = asking

    @some(300)
    @given(body=BODIES, content_type=TYPES, lenient=st.booleans())
    def check(body, content_type, lenient):
        headers, _ = proof("v1", body)
        if not lenient:
            del headers["Prefer"]
        response, text, sent = ask("POST", "/v1/events", body, {**headers, "Content-Type": content_type})
        assert response.status < 500, (body, text)
        assert is_documented(described, "/v1/events", "POST", response)
        told = json.loads(text)
        if response.status == 202:
            assert told["accepted"] + told.get("refused", 0) == len(sent)
        else:
            assert sent == []

    check()


def test_any_header_query_and_path_has_an_answer(asking):
    described, ask = asking
    paths = st.one_of(
        st.sampled_from(sorted(described["paths"])),
        st.text(max_size=20).map(lambda text: "/" + quote(text.encode("utf-8", "replace"))),
    )
    names = st.sampled_from(
        [
            "Authorization",
            "Content-Encoding",
            "Prefer",
            "Signature",
            "Signature-Input",
            "Digest",
            "Date",
            "X-Hub-Signature",
            "TikTok-Signature",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
            "X-Forwarded-For",
            "Content-Digest",
            "X-Twilio-Email-Event-Webhook-Timestamp",
        ]
    )
    values = st.one_of(
        st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30),
        st.sampled_from(
            [
                f'keyId="x",headers="(request-target) host date digest",signature="{"A" * 8}"',
                "gzip",
                "Bearer ö",
                f"t={NOW_S},s=0",
            ]
        ),
    )
    query = st.dictionaries(
        st.sampled_from(
            ["hub.mode", "hub.topic", "hub.challenge", "hub.verify_token", "crc_token", "challengeCode", "key"]
        ),
        TEXTS,
        max_size=4,
    )

    @some(300)
    @given(
        method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE"]),
        path=paths,
        query=query,
        headers=st.dictionaries(names, values, max_size=3),
        body=BODIES,
    )
    def check(method, path, query, headers, body):
        asked = "&".join(f"{name}={quote(value.encode('utf-8', 'replace'))}" for name, value in query.items())
        with contextlib.suppress(ValueError, aiohttp.ClientError):  # what a client of ours would not even send
            response, text, sent = ask(method, f"{path}?{asked}", b"" if method in {"GET", "HEAD"} else body, headers)
            assert response.status < 500, text
            assert response.status < 300 or sent == []

    check()

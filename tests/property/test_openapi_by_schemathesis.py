"""The served OpenAPI document as schemathesis reads it: requests that keep to it and requests that break it, all proved with the platforms' own
signatures. Every answer is a documented one, never 5xx, and whatever was accepted or refused with 2xx is in Kafka.
"""

from __future__ import annotations

import asyncio
import base64
import threading
from contextlib import contextmanager

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from requests.auth import AuthBase
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as of_openapi
from support.doors import SECRETS, TOKEN, hmac_by_hand, opened

SECRET = SECRETS[0]
SHARED = {"secrets": [SECRET], "verify_token": "ours", "topics": ["t"], "instance": "m.example"}
SIGNED = ("facebook", "instagram", "threads", "twitter", "linkedin", "youtube", "feeds", "mastodon")
WEBHOOKS = dict.fromkeys(SIGNED, SHARED) | {
    "postmark": {"secrets": ["u:p"]},
    "activitypub": {},
    "ses": {"topics": ["t"]},
    "webmention": {"targets": ["ours.example"]},
}
CHECKED = [
    checks.not_a_server_error,
    of_openapi.status_code_conformance,
    of_openapi.content_type_conformance,
    of_openapi.response_schema_conformance,
    of_openapi.response_headers_conformance,
]


class Proofs(AuthBase):
    """Every proof that can be made from the bytes, on every request: a door looks at its own."""

    def __call__(self, request):
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        key = SECRET.encode()
        postmark = request.path_url.startswith("/webhooks/postmark")
        proofs = {
            "X-Hub-Signature-256": f"sha256={hmac_by_hand(key, body).hex()}",
            "X-Hub-Signature": f"sha1={hmac_by_hand(key, body, 'sha1').hex()}",
            "X-LI-Signature": hmac_by_hand(key, b"hmacsha256=" + body).hex(),
            "x-twitter-webhooks-signature": f"sha256={base64.b64encode(hmac_by_hand(key, body)).decode()}",
            "Authorization": "Basic dTpw" if postmark else f"Bearer {TOKEN}",
        }
        request.headers.update(proofs)
        return request


@contextmanager
def open_doors():
    """Doors in a thread of their own: schemathesis calls and waits."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    opening = opened(webhooks=WEBHOOKS, ingest_refused_per_s=0)
    try:
        yield asyncio.run_coroutine_threadsafe(opening.__aenter__(), loop).result(30)
    finally:
        asyncio.run_coroutine_threadsafe(opening.__aexit__(None, None, None), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_every_answer_is_a_documented_one_and_nothing_is_lost(mode):
    with open_doors() as doors, requests.Session() as session:
        described = schemathesis.openapi.from_dict(session.get(doors.url + "/openapi.json", timeout=30).json())
        seen = set()

        @settings(max_examples=80, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=described.as_strategy(generation_mode=mode))
        def check(case):
            doors.sender.entries.clear()
            response = case.call(base_url=doors.url, session=session, auth=Proofs(), allow_redirects=False)
            case.validate_response(response, checks=CHECKED)
            told = response.json() if case.method == "POST" and response.status_code in {200, 202} else {}
            seen.add((case.method, response.status_code // 100))
            if "accepted" in told:
                assert sum(told.get(part, 0) for part in ("accepted", "undone", "refused")) == len(doors.sender.entries)

        check()
    assert ("POST", 2 if mode is GenerationMode.POSITIVE else 4) in seen

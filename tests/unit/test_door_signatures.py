"""Each platform's proof over the raw bytes: right, wrong, replayed, with either of two live secrets."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from multidict import CIMultiDict
from support.doors import NOW_S, SECRETS, hmac_by_hand

from pipeline.ingest.http.keys import Webhook
from pipeline.ingest.http.once import Once
from pipeline.ingest.http.problems import ProblemError
from pipeline.ingest.http.proofs import PROOFS
from pipeline.ingest.http.received import Received

BODY = b'{"object": "page", "entry": [{"name": "J\\u00f6rg"}]}'
OURS = Webhook(secrets=SECRETS, verify_token="ours", topics=("https://blog.example/feed",))
SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())


def hexed(secret: str, message: bytes, method: str = "sha256") -> str:
    return hmac_by_hand(secret.encode(), message, method).hex()


def base64ed(secret: str, message: bytes) -> str:
    return base64.b64encode(hmac_by_hand(secret.encode(), message)).decode()


def sign(platform: str, body: bytes, secret: str, at: int = NOW_S) -> dict[str, str]:
    signers = {
        "meta": lambda: {"X-Hub-Signature-256": "sha256=" + hexed(secret, body)},
        "twitter": lambda: {"x-twitter-webhooks-signature": "sha256=" + base64ed(secret, body)},
        "linkedin": lambda: {"X-LI-Signature": hexed(secret, b"hmacsha256=" + body)},
        "tiktok": lambda: {"TikTok-Signature": f"t={at},s={hexed(secret, f'{at}.'.encode() + body)}"},
        "hub": lambda: {"X-Hub-Signature": "sha1=" + hexed(secret, body, "sha1")},
        "postmark": lambda: {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()},
    }
    aliases = dict.fromkeys(("facebook", "instagram", "threads"), "meta") | dict.fromkeys(
        ("youtube", "feeds", "mastodon"), "hub"
    )
    return signers[aliases.get(platform, platform)]()


OVER_THE_BODY = ("facebook", "instagram", "threads", "twitter", "linkedin", "tiktok", "youtube", "feeds", "mastodon")


def received(body=BODY, headers=None, query=None, now_s=NOW_S, method="POST") -> Received:
    return Received(method, "https://in.example/webhooks/x", CIMultiDict(headers or {}), query or {}, body, now_s)


def accepts(platform: str, given: Received, webhook: Webhook = OURS) -> bool:
    try:
        PROOFS[platform].check(given, webhook)
    except ProblemError as problem:
        return problem.kind != "bad-signature" or any(secret in problem.detail for secret in SECRETS)
    return True


@pytest.mark.parametrize("platform", OVER_THE_BODY)
def test_the_signature_is_over_the_raw_bytes_by_either_live_secret(platform):
    for secret in SECRETS:
        assert accepts(platform, received(headers=sign(platform, BODY, secret)))
    assert not accepts(platform, received(headers=sign(platform, BODY, "a secret of before")))
    assert not accepts(platform, received(BODY + b" ", sign(platform, BODY, SECRETS[0])))
    assert not accepts(
        platform, received(json.dumps(json.loads(BODY)).encode() + b"\n", sign(platform, BODY, SECRETS[0]))
    )


@pytest.mark.parametrize("platform", OVER_THE_BODY)
def test_without_a_signature_or_with_a_broken_one_nothing_passes(platform):
    assert not accepts(platform, received())
    for value in ("", "sha256=", "sha1=", "=", "t=,s=", "sha256=\udc80ö", "md5=" + "0" * 32, "0" * 5000):
        assert not accepts(platform, received(headers=dict.fromkeys(sign(platform, b"", "x"), value)))
    assert not accepts(platform, received(headers=sign(platform, BODY, "")), Webhook()), (
        "without a secret nobody can sign"
    )


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_hub_says_its_method(method):
    assert accepts("feeds", received(headers={"X-Hub-Signature": f"{method}={hexed(SECRETS[1], BODY, method)}"}))


def test_linkedin_may_repeat_its_prefix_in_the_header():
    assert accepts(
        "linkedin", received(headers={"X-LI-Signature": "hmacsha256=" + hexed(SECRETS[0], b"hmacsha256=" + BODY)})
    )


def mailgun(secret=SECRETS[0], at=NOW_S, token="token-1", extra="") -> bytes:
    signed = {"timestamp": str(at), "token": token, "signature": hexed(secret, f"{at}{token}".encode())}
    return json.dumps({"signature": signed, "event-data": {"event": "clicked", "extra": extra}}).encode()


def sendgrid(body=BODY, at=NOW_S, key=SENDGRID_KEY) -> dict[str, str]:
    made = key.sign(str(at).encode() + body, ec.ECDSA(hashes.SHA256()))
    name = "X-Twilio-Email-Event-Webhook"
    return {f"{name}-Timestamp": str(at), f"{name}-Signature": base64.b64encode(made).decode()}


def der(key) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def test_mailgun_signs_timestamp_and_token_in_the_body():
    assert all(accepts("mailgun", received(mailgun(secret))) for secret in SECRETS)
    assert not accepts("mailgun", received(mailgun("other")))
    assert not accepts("mailgun", received(b'{"signature": []}'))


def test_a_token_of_mailgun_is_good_for_one_body_and_its_retries():
    once = Once()
    once.check(received(mailgun()))
    once.check(received(mailgun()))
    once.check(received(mailgun(token="token-2", extra="other")))
    with pytest.raises(ProblemError):
        once.check(received(mailgun(extra="other")))
    once.check(received(mailgun(token="token-3"), now_s=NOW_S + 601))
    assert len(once._seen) == 1, "what is too old to be signed is forgotten"


def test_sendgrid_signs_with_its_private_key():
    old = ec.generate_private_key(ec.SECP256R1())
    webhook = Webhook(public_keys=(der(SENDGRID_KEY), der(old)))
    assert accepts("sendgrid", received(headers=sendgrid()), webhook)
    assert accepts("sendgrid", received(headers=sendgrid(key=old)), webhook)
    assert not accepts("sendgrid", received(headers=sendgrid(key=ec.generate_private_key(ec.SECP256R1()))), webhook)
    assert not accepts("sendgrid", received(BODY + b"\n", sendgrid()), webhook)
    assert not accepts("sendgrid", received(headers=sendgrid()), Webhook(public_keys=("AAAA", "!")))
    assert not accepts(
        "sendgrid", received(headers=sendgrid() | {"X-Twilio-Email-Event-Webhook-Signature": "ö"}), webhook
    )


@pytest.mark.parametrize("off_s", [-301, 301, -(10**6)])
def test_where_a_time_is_signed_a_replay_is_refused(off_s):
    at = NOW_S + off_s
    assert not accepts("tiktok", received(headers=sign("tiktok", BODY, SECRETS[0], at)))
    assert not accepts("mailgun", received(mailgun(at=at)))
    assert not accepts("sendgrid", received(headers=sendgrid(at=at)), Webhook(public_keys=(der(SENDGRID_KEY),)))


def test_postmark_brings_user_and_password_and_activecampaign_the_secret_in_its_address():
    webhook = Webhook(secrets=("user:password", "user:before"))
    for secret in ("user:password", "user:before"):
        assert accepts("postmark", received(headers=sign("postmark", BODY, secret)), webhook)
        assert accepts("activecampaign", received(query={"key": secret}), webhook)
    for header in ("Basic !!", "Bearer dXNlcjpwYXNzd29yZA==", "Basic " + base64.b64encode(b"user:").decode(), ""):
        assert not accepts("postmark", received(headers={"Authorization": header}), webhook)
    assert not accepts("activecampaign", received(), webhook)


def hub(**changed) -> dict[str, str]:
    given = {
        "mode": "subscribe",
        "challenge": "1158201444",
        "verify_token": "ours",
        "topic": "https://blog.example/feed",
    }
    return {f"hub.{name}": value for name, value in (given | changed).items()}


def answered(platform, query):
    return PROOFS[platform].handshake(received(b"", query=query, method="GET"), OURS)


@pytest.mark.parametrize("platform", ["facebook", "instagram", "threads", "feeds", "youtube"])
def test_hub_challenge_is_echoed_to_who_knows_the_verify_token_only(platform):
    assert answered(platform, hub()).text == "1158201444"
    for wrong in (
        {"verify_token": "theirs"},
        {"verify_token": "\udc80"},
        {"mode": "denied"},
        {"challenge": ""},
        {"challenge": "<script> alert"},
    ):
        with pytest.raises(ProblemError):
            answered(platform, hub(**wrong))


def test_a_hub_cannot_subscribe_us_to_a_feed_that_is_not_ours():
    with pytest.raises(ProblemError) as problem:
        answered("feeds", hub(topic="https://elsewhere.example/feed"))
    assert problem.value.status == 404


def test_x_and_linkedin_get_their_challenge_signed():
    assert answered("twitter", {"crc_token": "abc"}).document == {
        "response_token": "sha256=" + base64ed(SECRETS[0], b"abc")
    }
    assert answered("linkedin", {"challengeCode": "890e-1"}).document == {
        "challengeCode": "890e-1",
        "challengeResponse": hexed(SECRETS[0], b"890e-1"),
    }
    for platform in ("twitter", "linkedin"):
        with pytest.raises(ProblemError):
            answered(platform, {})

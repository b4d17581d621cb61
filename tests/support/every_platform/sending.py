"""How each platform sends a payload: the bytes, signed as it signs them, and where to."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from datetime import UTC, datetime
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from support.doors import SECRETS, hmac_by_hand
from support.ingest_process import BEARER

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.every_platform.world import World

SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
TOPIC_ARN, FEED, PAIR, TARGET = "arn:aws:sns:eu-west-1:1:ses", "https://hub.example/feed", "user:pass", "ours.example"
JSON = {"Content-Type": "application/json"}


class Request(NamedTuple):
    path: str
    body: bytes
    headers: dict[str, str]


def settings() -> dict[str, dict[str, object]]:
    """What CASCADES_WEBHOOKS says of every platform that pushes."""
    secrets: dict[str, object] = {"secrets": SECRETS}
    key = SENDGRID_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    special: dict[str, dict[str, object]] = {
        "mastodon": secrets | {"instance": "social.example"},
        "sendgrid": {"public_keys": [base64.b64encode(key).decode()]},
        "postmark": {"secrets": [PAIR]},
        "ses": {"topics": [TOPIC_ARN]},
        "activitypub": {},
        "webmention": {"targets": [TARGET]},
    }
    asked = dict.fromkeys(("facebook", "instagram", "threads"), secrets | {"verify_token": "ours"})
    hubs = dict.fromkeys(("youtube", "feeds"), secrets | {"topics": [FEED]})
    return dict.fromkeys(SENDERS.keys() - {"events"}, secrets) | asked | hubs | special


def request(door: str, payload: Any, world: World) -> Request:
    """What the platform sends, now."""
    return SENDERS[door](door, payload, world)


def _hex(body: bytes, method: str = "sha256") -> str:
    return hmac_by_hand(SECRETS[0].encode(), body, method).hex()


def _bytes(payload: Any) -> bytes:
    return payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()


def _signed(headers: Callable[[bytes], dict[str, str]]) -> Callable[[str, Any, World], Request]:
    """A sender that puts a proof over the bytes into headers."""

    def send(door: str, payload: Any, _: World) -> Request:
        body = _bytes(payload)
        kind = {"Content-Type": "application/atom+xml"} if isinstance(payload, str) else JSON
        return Request(f"/webhooks/{door}", body, kind | headers(body))

    return send


def _x(body: bytes) -> dict[str, str]:
    mac = base64.b64encode(hmac_by_hand(SECRETS[0].encode(), body)).decode()
    return {"x-twitter-webhooks-signature": f"sha256={mac}"}


def _tiktok(body: bytes) -> dict[str, str]:
    at = int(time.time())
    return {"TikTok-Signature": f"t={at},s={_hex(f'{at}.'.encode() + body)}"}


def _sendgrid(body: bytes) -> dict[str, str]:
    at, name = str(int(time.time())), "X-Twilio-Email-Event-Webhook"
    made = SENDGRID_KEY.sign(at.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {f"{name}-Timestamp": at, f"{name}-Signature": base64.b64encode(made).decode()}


def _mailgun(door: str, payload: Any, _: World) -> Request:
    at, token = str(int(time.time())), hashlib.sha256(_bytes(payload)).hexdigest()[:50]
    signature = {"timestamp": at, "token": token, "signature": _hex(f"{at}{token}".encode())}
    return Request(f"/webhooks/{door}", _bytes({"signature": signature, "event-data": payload}), JSON)


def _sns(door: str, payload: Any, world: World) -> Request:
    name, at = hashlib.sha256(_bytes(payload)).hexdigest(), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}"
    told = {"Message": json.dumps(payload), "MessageId": name, "Timestamp": at, "TopicArn": TOPIC_ARN}
    told["Type"] = "Notification"
    text = "".join(f"{field}\n{told[field]}\n" for field in sorted(told)).encode()
    proof = {"SignatureVersion": "2", "SigningCertURL": world.certificate_url, "Signature": _rsa(text, world)}
    return Request(f"/webhooks/{door}", _bytes(told | proof), {"Content-Type": "text/plain; charset=UTF-8"})


def _fediverse(door: str, payload: Any, world: World) -> Request:
    """draft-cavage-12, as Mastodon signs."""
    body = _bytes(payload)
    digest = f"SHA-256={base64.b64encode(hashlib.sha256(body).digest()).decode()}"
    headers = {"Host": TARGET, "Date": formatdate(usegmt=True), "Digest": digest}
    covered = {"(request-target)": f"post /webhooks/{door}"} | {name.lower(): said for name, said in headers.items()}
    signature = _rsa("\n".join(f"{name}: {said}" for name, said in covered.items()).encode(), world)
    told = f'keyId="{payload["actor"]}#main-key",headers="{" ".join(covered)}",signature="{signature}"'
    kind = {"Content-Type": "application/activity+json"}
    return Request(f"/webhooks/{door}", body, headers | kind | {"Signature": told})


def _rsa(text: bytes, world: World) -> str:
    return base64.b64encode(world.key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()


def _form(door: str, payload: Any, _: World) -> Request:
    return Request(
        f"/webhooks/{door}", urlencode(payload).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    )


def _by_address(door: str, payload: Any, world: World) -> Request:
    made = _form(door, payload, world) if door == "activecampaign" else Request("", _bytes(payload), JSON)
    return made._replace(path=f"/webhooks/{door}?{urlencode({'key': SECRETS[1]})}")


def _events(_: str, payload: Any, __: World) -> Request:
    return Request("/v1/events", _bytes(payload), JSON | BEARER)


_META = _signed(lambda body: {"X-Hub-Signature-256": f"sha256={_hex(body)}"})
_HUB = _signed(lambda body: {"X-Hub-Signature": f"sha1={_hex(body, 'sha1')}"})
SENDERS: dict[str, Callable[[str, Any, World], Request]] = {
    "facebook": _META,
    "instagram": _META,
    "threads": _META,
    "twitter": _signed(_x),
    "linkedin": _signed(lambda body: {"X-LI-Signature": _hex(b"hmacsha256=" + body)}),
    "tiktok": _signed(_tiktok),
    "youtube": _HUB,
    "feeds": _HUB,
    "mastodon": _HUB,
    "sendgrid": _signed(_sendgrid),
    "mailgun": _mailgun,
    "postmark": _signed(lambda _: {"Authorization": f"Basic {base64.b64encode(PAIR.encode()).decode()}"}),
    "activecampaign": _by_address,
    "news": _by_address,
    "ses": _sns,
    "activitypub": _fediverse,
    "webmention": _form,
    "events": _events,
}

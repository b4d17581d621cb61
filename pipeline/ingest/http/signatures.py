"""How platforms prove that a request is theirs: one function per scheme, over the raw bytes, compared in constant time.

Each takes the request and the webhook's secrets, returns None when one live secret fits, and raises ProblemError `bad-signature` (401) else.
Where the scheme carries a time, it must lie within `WINDOW_S` of ours. Sources: the platforms' own documentation, docs/front-doors.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Any

from pipeline.ingest.http.keys import standard_secret
from pipeline.ingest.http.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.ingest.http.keys import Webhook
    from pipeline.ingest.http.received import Received

WINDOW_S = 300
"""Seconds that a signed time may lie off, either way: a request that was listened to cannot be sent again later."""
_TIKTOK = re.compile(r"t=(\d{1,12}),s=([0-9a-f]{64})")
_SECONDS = re.compile(r"\d{1,12}")
_HUB_METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})


def refused(why: str) -> ProblemError:
    """The one answer to what does not prove itself; `why` repeats nothing that was sent."""
    return ProblemError("bad-signature", why)


def mac(secret: bytes, message: bytes, method: str = "sha256") -> bytes:
    """HMAC of a message."""
    return hmac.new(secret, message, method).digest()


def meta(received: Received, webhook: Webhook) -> None:
    """Facebook, Instagram, Threads: `X-Hub-Signature-256: sha256=<hex>`, keyed with the app secret."""
    _prefixed_hex(received.headers.get("X-Hub-Signature-256"), "sha256=", received.body, webhook)


def x(received: Received, webhook: Webhook) -> None:
    """X: `x-twitter-webhooks-signature: sha256=<base64>`, keyed with the consumer secret."""
    given = received.headers.get("x-twitter-webhooks-signature", "")
    _require_any(
        (b"sha256=" + base64.b64encode(mac(secret, received.body)) for secret in _secrets(webhook)), _bytes(given)
    )


def linkedin(received: Received, webhook: Webhook) -> None:
    """LinkedIn: `X-LI-Signature: <hex>` over `hmacsha256=` and the body; the header may carry the same prefix."""
    given = received.headers.get("X-LI-Signature", "").removeprefix("hmacsha256=")
    _prefixed_hex(given, "", b"hmacsha256=" + received.body, webhook)


def tiktok(received: Received, webhook: Webhook) -> None:
    """TikTok: `TikTok-Signature: t=<seconds>,s=<hex>` over `t.body`."""
    match = _TIKTOK.fullmatch(received.headers.get("TikTok-Signature", ""))
    if match is None:
        raise refused("TikTok-Signature is missing or malformed")
    in_window(match[1], received.now_s)
    _prefixed_hex(match[2], "", f"{match[1]}.".encode() + received.body, webhook)


def hub(received: Received, webhook: Webhook) -> None:
    """WebSub, YouTube, Mastodon's admin webhooks: `X-Hub-Signature: <method>=<hex>`. SHA-1 too: most hubs know no other."""
    method, _, given = received.headers.get("X-Hub-Signature", "").partition("=")
    if method not in _HUB_METHODS:
        raise refused("X-Hub-Signature is missing or of an unknown method")
    _require_any((mac(secret, received.body, method).hex().encode() for secret in _secrets(webhook)), _bytes(given))


def mailgun(received: Received, webhook: Webhook) -> None:
    """Mailgun: in the body, over timestamp and token only. Its token may be used for one body (`pipeline.ingest.http.once`)."""
    signed = received.json_object().get("signature")
    timestamp, token, given = (_text(signed, name) for name in ("timestamp", "token", "signature"))
    in_window(timestamp, received.now_s)
    _prefixed_hex(given, "", f"{timestamp}{token}".encode(), webhook)


def standard(received: Received, secrets: Iterable[str]) -> None:
    """Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,<base64> v1,<base64> …`."""
    name, timestamp = received.headers.get("webhook-id", ""), received.headers.get("webhook-timestamp", "")
    in_window(timestamp, received.now_s)
    message = f"{name}.{timestamp}.".encode("utf-8", "surrogateescape") + received.body
    expected = [b"v1," + base64.b64encode(mac(standard_secret(secret), message)) for secret in secrets]
    given = received.headers.get("webhook-signature", "").split(" ")[:8]
    fits = [hmac.compare_digest(one, _bytes(other)) for one in expected for other in given]
    if not any(fits):
        raise refused("webhook-signature does not fit")


def basic(received: Received, webhook: Webhook) -> None:
    """Postmark: `user:password` in the address it is given, which comes as basic authentication. A secret is that pair."""
    scheme, _, given = received.headers.get("Authorization", "").partition(" ")
    try:
        pair = base64.b64decode(given, validate=True) if scheme.lower() == "basic" else b""
    except binascii.Error:
        pair = b""
    _require_any(_secrets(webhook), pair)


def path(received: Received, webhook: Webhook) -> None:
    """ActiveCampaign proves nothing: the address itself holds the secret, `/webhooks/activecampaign?key=<secret>`."""
    _require_any(_secrets(webhook), _bytes(received.query.get("key", "")))


def in_window(timestamp: str, now_s: float) -> None:
    """Whether a signed time, in seconds since 1970, is close enough to ours."""
    if not _SECONDS.fullmatch(timestamp) or not timestamp.isascii():
        raise refused("the signed time is missing or no number of seconds")
    if abs(int(timestamp) - now_s) > WINDOW_S:
        raise refused(f"the signed time lies more than {WINDOW_S} s off: a replay, or a clock that is wrong")


def _prefixed_hex(given: str | None, prefix: str, message: bytes, webhook: Webhook) -> None:
    expected = (f"{prefix}{mac(secret, message).hex()}".encode() for secret in _secrets(webhook))
    _require_any(expected, _bytes(given or ""))


def _require_any(expected: Iterable[bytes], given: bytes) -> None:
    # All are compared, so that the time does not tell which secret it was.
    if sum(hmac.compare_digest(_even(one), _even(given)) for one in expected) == 0:
        raise refused("no live secret fits")


def _even(text: bytes) -> bytes:
    """Of one length, so that the comparison tells nothing about lengths either."""
    return hashlib.sha256(text).digest()


def _bytes(text: str) -> bytes:
    """Never fails: headers may hold any byte."""
    return text.encode("utf-8", "backslashreplace")


def _secrets(webhook: Webhook) -> list[bytes]:
    return [secret.get_secret_value().encode() for secret in webhook.secrets]


def _text(signed: Any, name: str) -> str:
    value = signed.get(name) if isinstance(signed, dict) else None
    if not isinstance(value, str) or len(value) > 1024:  # noqa: PLR2004 - far beyond what Mailgun sends
        raise refused(f"signature.{name} is missing")
    return value

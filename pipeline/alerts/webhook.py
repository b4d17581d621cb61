"""The generic webhook: JSON, signed as Standard Webhooks say, so that receivers can use that project's libraries.

Guarantee: at least once, always under the same `webhook-id`. Receivers drop what they have seen. Redirects are never followed: an alert goes to
the address that the operator wrote down, and to no other.
"""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
import msgspec
from standardwebhooks import Webhook as Signer

from pipeline.alerts.outcome import Failure
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.alert import Alert

TIME_LIMIT = aiohttp.ClientTimeout(total=15, connect=5)
KEY_BYTES = range(24, 65)
"""As Standard Webhooks want it."""
LONGEST_WAIT_S = 600.0
"""Bound on what a receiver may ask for with Retry-After."""
_SUCCESS = range(200, 300)
_REDIRECTS = range(300, 400)
_USER_AGENT = f"share-cascades/{version('share-cascades')}"


class Webhook:
    """Sends to one address. Raises UsageError when address or secrets cannot work; the text holds neither."""

    def __init__(self, url: str, secrets: Sequence[str], limit: aiohttp.ClientTimeout = TIME_LIMIT) -> None:
        self._url = _checked(url)
        self._signers = [_signer(secret) for secret in secrets]
        self._limit = limit
        self._session: aiohttp.ClientSession | None = None

    async def send(self, alert: Alert) -> Failure | None:
        """See `Sender.send`. Any 2xx is success; the answer's body is not read."""
        body = payload(alert)
        headers = signed(body, alert.message_id, datetime.now(UTC), self._signers)
        try:
            async with self._connected().post(self._url, data=body, headers=headers, allow_redirects=False) as answer:
                return judged(answer.status, answer.headers.get("Retry-After", ""))
        except TimeoutError:
            return Failure("timed_out", f"no answer within {self._limit.total:.0f} s")
        except aiohttp.ClientSSLError:
            return Failure("unreachable", "its TLS certificate is not trusted")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Failure("unreachable", f"no connection ({type(error).__name__})")

    async def close(self) -> None:
        """See `Sender.close`."""
        if self._session is not None:
            await self._session.close()

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Proxies of the environment are the operator's own choice of a way out; cookies would tie one alert to another.
            self._session = aiohttp.ClientSession(
                timeout=self._limit, cookie_jar=aiohttp.DummyCookieJar(), trust_env=True, auto_decompress=False
            )
        return self._session


def payload(alert: Alert) -> bytes:
    """`{"type": "alert.opened", "timestamp": …, "data": the alert}`: the same bytes for the same message, however often it is sent."""
    return msgspec.json.encode(
        {
            "type": f"alert.{alert.kind}",
            "timestamp": alert.at.isoformat().replace("+00:00", "Z"),
            "data": alert.model_dump(mode="json"),
        }
    )


def signed(body: bytes, message_id: str, at: datetime, signers: Sequence[Signer]) -> dict[str, str]:
    """The headers, with one signature for each secret: HMAC-SHA256 over id, time and body (Standard Webhooks, symmetric, v1)."""
    text = body.decode()
    return {
        "content-type": "application/json",
        "user-agent": _USER_AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signer.sign(message_id, at, text) for signer in signers),
    }


def judged(status: int, retry_after: str) -> Failure | None:
    """What an answer means. Errors of the receiver are tried again: most go away; 410 says that nobody listens any more."""
    if status in _SUCCESS:
        return None
    if status in _REDIRECTS:
        return Failure("redirected", f"answered {status}; redirects are not followed")
    if status == HTTPStatus.GONE:
        return Failure("gone", "answered 410", final=True)
    return Failure("refused", f"answered {status}", retry_after_s=waiting(retry_after, datetime.now(UTC)))


def waiting(retry_after: str, now: datetime) -> float:
    """Seconds that a Retry-After header (seconds, or a date) asks for, at most ten minutes; 0 when it cannot be read."""
    try:
        seconds = (
            float(retry_after)
            if retry_after.isdecimal()
            else (parsedate_to_datetime(retry_after) - now).total_seconds()
        )
    except (ValueError, TypeError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT_S)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits:
        raise UsageError("its webhook is no http or https address")
    return url


def _signer(secret: str) -> Signer:
    try:
        key = b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise UsageError("a secret of its webhook is not base64 (whsec_…)") from None
    if len(key) not in KEY_BYTES:
        raise UsageError(
            "a secret of its webhook has not 24 to 64 bytes: `openssl rand -base64 32` makes one, to be put behind whsec_"
        )
    return Signer(key)

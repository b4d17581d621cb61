"""Amazon SNS, which carries SES's events: a signed envelope, whose certificate and subscription address must be fetched.

Only topics that the settings name are listened to, and only addresses of SNS itself are fetched.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline.ingest.http.fetch import RefusedFetchError
from pipeline.ingest.http.problems import ProblemError
from pipeline.ingest.http.public_keys import decoded, fits, of_certificate
from pipeline.ingest.http.signatures import refused

if TYPE_CHECKING:
    from pipeline.ingest.http.fetch import Fetcher
    from pipeline.ingest.http.keys import Webhook
    from pipeline.ingest.http.received import Received

WINDOW_S = 3600
"""SNS tries again for up to an hour, with the time of the first attempt."""
MOST_CERTIFICATES = 16
_HOST = re.compile(r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?/")
_NOTE = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRM = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_FIELDS = {"Notification": _NOTE, "SubscriptionConfirmation": _CONFIRM, "UnsubscribeConfirmation": _CONFIRM}


class Sns:
    """Checks envelopes and confirms subscriptions."""

    def __init__(self, fetcher: Fetcher, host: re.Pattern[str] = _HOST) -> None:
        self._fetcher, self._host = fetcher, host
        self._keys: OrderedDict[str, Any] = OrderedDict()

    async def check(self, received: Received, webhook: Webhook) -> None:
        """Raise ProblemError unless SNS signed this, just now, for a topic of ours."""
        envelope = received.json_object()
        message = signed_text(envelope)
        if envelope["TopicArn"] not in webhook.topics:
            raise ProblemError("forbidden", "this TopicArn is not one of CASCADES_WEBHOOKS")
        _recent(envelope["Timestamp"], received.now_s)
        key = await self._key(str(envelope.get("SigningCertURL", "")))
        version = envelope.get("SignatureVersion")
        if version not in {"1", "2"}:
            raise refused("an unknown SignatureVersion")
        if not fits(key, decoded(str(envelope.get("Signature", ""))), message, sha1=version == "1"):
            raise refused("the signature does not fit")

    async def confirm(self, received: Received) -> bool:
        """Confirm the subscription that a checked envelope asks for; False when it is an ordinary notification."""
        envelope = received.json_object()
        if envelope["Type"] == "Notification":
            return False
        if envelope["Type"] == "SubscriptionConfirmation":
            await self._fetch(envelope["SubscribeURL"])
        return True

    async def _key(self, url: str) -> Any:
        if url not in self._keys:
            if not url.endswith(".pem"):
                raise refused("SigningCertURL is no certificate of SNS")
            self._keys[url] = of_certificate(await self._fetch(url))
            while len(self._keys) > MOST_CERTIFICATES:
                self._keys.popitem(last=False)
        return self._keys[url]

    async def _fetch(self, url: str) -> bytes:
        if not self._host.match(url):
            raise refused("an address that is not of SNS")
        try:
            answer = await self._fetcher.get(url)
        except RefusedFetchError as error:
            raise ProblemError("overloaded", f"SNS does not answer: {error}", retry_after_s=5) from None
        if answer.status != 200 or not self._host.match(answer.url):  # noqa: PLR2004 - HTTP's own number
            raise ProblemError("overloaded", "SNS does not answer as it should", retry_after_s=5)
        return answer.body


def signed_text(envelope: dict[str, Any]) -> bytes:
    """What SNS signs: names and values of a fixed list of fields, a line each. Raises ProblemError for what is no envelope."""
    kind = envelope.get("Type")
    names = _FIELDS.get(kind) if isinstance(kind, str) else None
    if names is None:
        raise ProblemError("bad-request", "Type is none that SNS sends")
    lines = [
        line
        for name in names
        if name != "Subject" or envelope.get(name) is not None
        for line in (name, envelope.get(name))
    ]
    if not all(isinstance(line, str) for line in lines):
        raise ProblemError("bad-request", f"an SNS {kind} has {', '.join(names)} as texts")
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")


def _recent(timestamp: str, now_s: float) -> None:
    try:
        moment = datetime.fromisoformat(timestamp).astimezone(UTC)
    except (ValueError, OverflowError):
        raise refused("Timestamp is no time") from None
    if abs(moment.timestamp() - now_s) > WINDOW_S:
        raise refused(f"Timestamp lies more than {WINDOW_S} s off")

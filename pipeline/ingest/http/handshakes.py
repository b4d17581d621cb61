"""How platforms ask whether a webhook's address is really ours, before they send anything to it.

Where an answer is signed, the first secret signs it: during a rotation, list the one that the platform knows first.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import TYPE_CHECKING, NamedTuple

from pipeline.ingest.http.problems import ProblemError
from pipeline.ingest.http.signatures import mac

if TYPE_CHECKING:
    from pydantic import SecretStr

    from pipeline.ingest.http.keys import Webhook
    from pipeline.ingest.http.received import Received

_CHALLENGE = re.compile(r"[\x21-\x7e]{1,512}")


class Answer(NamedTuple):
    """What the platform wants to hear."""

    text: str = ""
    document: dict[str, str] | None = None


def meta(received: Received, webhook: Webhook) -> Answer:
    """Facebook, Instagram, Threads: echo `hub.challenge` when `hub.verify_token` is ours."""
    if received.query.get("hub.mode") != "subscribe":
        raise ProblemError("bad-request", "hub.mode should be subscribe")
    _verify_token(received, webhook.verify_token)
    return Answer(_challenge(received, "hub.challenge"))


def websub(received: Received, webhook: Webhook) -> Answer:
    """WebSub hubs: echo `hub.challenge` for a topic that is ours; anything else is 404, so that nobody subscribes us to his feed."""
    if received.query.get("hub.mode") not in {"subscribe", "unsubscribe"}:
        raise ProblemError("not-found", "nothing of that kind was asked for")
    if received.query.get("hub.topic") not in webhook.topics:
        raise ProblemError("not-found", "that topic was not asked for")
    if webhook.verify_token:
        _verify_token(received, webhook.verify_token)
    return Answer(_challenge(received, "hub.challenge"))


def x(received: Received, webhook: Webhook) -> Answer:
    """X: HMAC-SHA256 of `crc_token`, base64, every hour."""
    token = _challenge(received, "crc_token")
    return Answer(
        document={"response_token": "sha256=" + base64.b64encode(mac(_first(webhook), token.encode())).decode()}
    )


def linkedin(received: Received, webhook: Webhook) -> Answer:
    """LinkedIn: HMAC-SHA256 of `challengeCode`, hex, every two hours and within 3 s."""
    code = _challenge(received, "challengeCode")
    return Answer(document={"challengeCode": code, "challengeResponse": mac(_first(webhook), code.encode()).hex()})


def _first(webhook: Webhook) -> bytes:
    return webhook.secrets[0].get_secret_value().encode()


def _verify_token(received: Received, ours: SecretStr | None) -> None:
    given = received.query.get("hub.verify_token", "").encode("utf-8", "backslashreplace")
    if ours is None or not hmac.compare_digest(ours.get_secret_value().encode(), given):
        raise ProblemError("forbidden", "hub.verify_token is not ours")


def _challenge(received: Received, name: str) -> str:
    """Printable, without spaces and short: what comes back is never more than was asked."""
    given = received.query.get(name, "")
    if not _CHALLENGE.fullmatch(given):
        raise ProblemError("bad-request", f"{name} is missing or malformed")
    return given

"""Which platform proves itself how: the closed list of webhooks' doors."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pipeline.ingest.http import handshakes, public_keys, signatures

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.ingest.http.handshakes import Answer
    from pipeline.ingest.http.keys import Webhook
    from pipeline.ingest.http.received import Received


class Proof(NamedTuple):
    """How a request is checked, what a GET is answered with, and which fields of the setting are needed for it.

    `check` None: the check needs the network and stands in `pipeline.ingest.http.webhooks`.
    """

    check: Callable[[Received, Webhook], None] | None
    needs: tuple[str, ...] = ("secrets",)
    handshake: Callable[[Received, Webhook], Answer] | None = None


_META = Proof(signatures.meta, ("secrets", "verify_token"), handshakes.meta)
_X = Proof(signatures.x, handshake=handshakes.x)
_HUB = Proof(signatures.hub, ("secrets", "topics"), handshakes.websub)

PROOFS = MappingProxyType(
    {
        "facebook": _META,
        "instagram": _META,
        "threads": _META,
        "twitter": _X,
        "linkedin": Proof(signatures.linkedin, handshake=handshakes.linkedin),
        "tiktok": Proof(signatures.tiktok),
        "youtube": _HUB,
        "feeds": _HUB,
        "mastodon": Proof(signatures.hub),
        "sendgrid": Proof(public_keys.sendgrid, ("public_keys",)),
        "mailgun": Proof(signatures.mailgun),
        "postmark": Proof(signatures.basic),
        "activecampaign": Proof(signatures.path),
        "ses": Proof(None, ("topics",)),
        "activitypub": Proof(None, ()),
        "news": Proof(signatures.path),
        "webmention": Proof(None, ("targets",)),
    }
)
"""By the name in the address, `/webhooks/<name>`. Several doors can lead to one platform."""

"""What a visit means as events: the share that it proves, and the click that it is. Pure; the same token always gives the same share.

A share's time is when its sharer's own visit began: the earliest that it can have been, and the same whoever brings the proof.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline.ingest.links.token import ROOT
from schemas.wire import WireEvent

if TYPE_CHECKING:
    from pipeline.ingest.links.registry import Link
    from pipeline.ingest.links.token import Token


def share_id(visit: bytes, channel: str) -> str:
    """The event id of the share of one visit's link by one channel."""
    return f"{channel}:link:{visit.hex()}"


def share(token: Token, channel: str, link: Link) -> WireEvent:
    """The visitor with this token has shared his link by this channel. Parent: the share by which he came himself, exact."""
    return WireEvent(
        event_id=share_id(token.id, channel),
        kind="share",
        platform=channel,
        content_id=link.content,
        actor_id=_name(token),
        occurred_at=datetime.fromtimestamp(token.issued_s, UTC),
        parent_event_id=share_id(token.parent, token.channel) if token.parent != ROOT else link.content,
        parent_basis="exact",
        campaign_id=link.campaign_id,
        attributes={"via": "link", "generation": str(token.generation)},
    )


def click(child: Token, came_by: Token | None, link: Link) -> WireEvent:
    """A visitor has come, by the share of `came_by` or by the link itself."""
    return WireEvent(
        event_id=f"{child.channel}:visit:{child.id.hex()}",
        kind="click",
        platform=child.channel,
        content_id=link.content,
        actor_id=_name(child),
        occurred_at=datetime.fromtimestamp(child.issued_s, UTC),
        parent_event_id=share_id(came_by.id, child.channel) if came_by else link.content,
        parent_basis="exact",
        campaign_id=link.campaign_id,
        attributes={"via": "link"},
    )


def _name(token: Token) -> str:
    return f"visit:{token.id.hex()}"

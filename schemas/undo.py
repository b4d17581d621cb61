"""An undo whose content is not known: what the topic `share.undo` carries, key = `target_event_id` (UTF-8).

Some platforms tell of a deletion only which act is gone, not which content it belonged to. Who knows the acts finds
the target's content and makes the `retract` event of it. An act may stand in several contents (a reply that quotes
another post): it is retracted in each.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.wire import MAX_ID, MAX_PLATFORM, Id

ALIAS = "local_id"
"""Attribute of an event whose platform names the act differently when it is undone: the `target_event_id` that the undo
will have. Who finds targets looks for both."""


class Undo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One act is undone by whoever did it."""

    platform: Annotated[str, Meta(min_length=1, max_length=MAX_PLATFORM, pattern=r"^[a-z0-9_]+$")]
    target_event_id: Id
    """The `event_id` of the act, or what its attribute `local_id` says."""
    actor_id: Id | None
    """Who undid it. None: the platform does not say, and only the act's own actor can have."""
    occurred_at: Annotated[datetime, Meta(tz=True)]
    schema_version: Literal[1] = 1


encode = msgspec.json.Encoder(order="deterministic").encode
"""`encode(undo: Undo) -> bytes`."""
decode = msgspec.json.Decoder(Undo).decode
"""`decode(value: bytes) -> Undo`. Raises `msgspec.MsgspecError`, or `UnicodeDecodeError` when a text is not UTF-8."""


EXAMPLE = Undo(
    platform="bluesky",
    target_event_id="bluesky:at://did:plc:ada/app.bsky.feed.repost/3mptbypowzs2e",
    actor_id="did:plc:ada",
    occurred_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
)


def retraction_id(target_event_id: str) -> str:
    """The `event_id` of the retraction of an act: the same whoever makes it, so that two count once."""
    made = f"{target_event_id}#undo"
    return made if len(made) <= MAX_ID else f"{target_event_id[:400]}~{sha256(made.encode()).hexdigest()[:32]}#undo"

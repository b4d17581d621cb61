"""Which content a post belongs to: the records of topic `share.posts`, keyed by the post. The latest of a key stands; a tombstone ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.undo import retraction_id
from schemas.wire import Id, WireEvent

PLATFORM = "cascades"
"""What our own links name as their platform and actor."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PostLink(msgspec.Struct, frozen=True, kw_only=True):
    """A post, by the content id that its events have, and the content that it is counted for."""

    post: Id
    content_id: Id
    linked_us: Annotated[int, Meta(ge=1_041_379_200_000_000)]
    """When it was said, microseconds since 1970."""
    version: Literal[1] = 1

    def link(self) -> WireEvent:
        """The event that merges what came under the post's own id. The same record makes the same event."""
        return _merging(self.post, self.content_id, self.linked_us, str(self.linked_us))

    def unlink(self, at_us: int) -> WireEvent:
        """The event that ends it for what comes from now on."""
        link = self.link()
        return WireEvent(
            event_id=retraction_id(link.event_id),
            kind="retract",
            platform=PLATFORM,
            content_id=self.post,
            actor_id=PLATFORM,
            occurred_at=_EPOCH + timedelta(microseconds=at_us),
            target_event_id=link.event_id,
        )


def found(post: str, content_id: str, found_us: int) -> WireEvent:
    """The event that merges a post which a reader has found to stand in another content. Its id is the same for the same two, whoever finds it,
    when (microseconds since 1970) and however often. It is not on the list.
    """
    return _merging(post, content_id, found_us)


def _merging(post: str, content_id: str, at_us: int, *more: str) -> WireEvent:
    name = "\x1f".join((post, content_id, *more))
    return WireEvent(
        event_id=f"link:{sha256(name.encode()).hexdigest()[:32]}",
        kind="link",
        platform=PLATFORM,
        content_id=post,
        actor_id=PLATFORM,
        occurred_at=_EPOCH + timedelta(microseconds=at_us),
        target_content_id=content_id,
    )


encode = msgspec.json.Encoder(order="deterministic").encode
"""`encode(link: PostLink) -> bytes`."""
decode = msgspec.json.Decoder(PostLink).decode
"""`decode(value: bytes) -> PostLink`. Raises `msgspec.MsgspecError` or `UnicodeDecodeError`."""

"""Twitter / X: Activity API (XAA) events, v2 posts with their includes, Account Activity webhooks and v1.1 statuses.

The ways to write a post come together in `twitter_posts`, where it is decided once what a post means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import twitter_v1, twitter_v2
from pipeline.ingest.platforms.seam import Coverage, PlatformMapping

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = Coverage(
    payloads="Activity API and Account Activity webhooks; v2 posts (stream, search); v1.1 statuses (archives)",
    kinds=frozenset({"post", "share", "quote", "like", "comment", "mention", "follow", "retract"}),
    parent="quotes and replies: exact; reposts: the original only, and a hint where the text has `RT @a: RT @b:`",
    audience="`followers_count` in the payload, where its user is included",
    undo="deleted posts (content not told), unfollows; never unlikes",
    authentication="`x-twitter-webhooks-signature`: HMAC-SHA256 of the raw body, base64; `crc_token`",
    time="ISO (v2), `Wed Jul 09 00:08:39 +0000 2014` (v1.1), milliseconds (webhooks)",
    untold="through whom a repost came; deletions of accounts that are not subscribed; the time of a follow (XAA)",
)


def _is_v2(payload: Json) -> bool:
    return isinstance(payload.value, dict) and "data" in payload.value


def _split(payload: Json) -> Iterable[object]:
    return twitter_v2.split(payload) if _is_v2(payload) else twitter_v1.split(payload)


def _read(payload: Json, scene: Scene) -> Iterable[Made]:
    return twitter_v2.read(payload, scene) if _is_v2(payload) else twitter_v1.read(payload, scene)


MAPPING: Final = PlatformMapping(
    name="twitter", platform="twitter", label="X (Twitter)", covers=_COVERS, read=_read, split=_split
)

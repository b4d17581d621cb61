"""The platforms whose payloads are understood. One that is not finished is not here."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pipeline.ingest.platforms import (
    activecampaign,
    activitypub,
    bluesky,
    facebook,
    feeds,
    googleplus,
    instagram,
    linkedin,
    mailgun,
    mastodon,
    myspace,
    news,
    pinterest,
    postmark,
    reddit,
    sendgrid,
    ses,
    threads,
    tiktok,
    tumblr,
    twitter,
    webmention,
    youtube,
)

if TYPE_CHECKING:
    from pipeline.ingest.platforms.seam import PlatformMapping

_ALL: Final[tuple[PlatformMapping, ...]] = (
    facebook.MAPPING,
    twitter.MAPPING,
    pinterest.MAPPING,
    linkedin.MAPPING,
    instagram.MAPPING,
    googleplus.MAPPING,
    myspace.MAPPING,
    webmention.MAPPING,
    feeds.MAPPING,
    sendgrid.MAPPING,
    mailgun.MAPPING,
    postmark.MAPPING,
    ses.MAPPING,
    activecampaign.MAPPING,
    news.MAPPING,
    bluesky.MAPPING,
    mastodon.MAPPING,
    activitypub.MAPPING,
    threads.MAPPING,
    tumblr.MAPPING,
    reddit.MAPPING,
    youtube.MAPPING,
    tiktok.MAPPING,
)

REGISTRY: Final = MappingProxyType({mapping.name: mapping for mapping in _ALL})
"""Every mapping by the name that readers call it."""

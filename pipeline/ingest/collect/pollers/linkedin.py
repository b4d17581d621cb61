"""LinkedIn: what happens to an organisation's posts (the notifications that webhooks push, asked for), and their totals.

Acts come from the notifications only: likes and comments that were asked for post by post would have other ids. A share that
is notified names the original; the post behind it, where we may read it, names the one it came through.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pydantic import Field

from pipeline.ingest.collect.pollers import budget, tokens
from pipeline.ingest.collect.pollers.asking import Feed, Found, Request, segment
from pipeline.ingest.collect.pollers.platform import Platform
from pipeline.ingest.collect.pollers.tokens import TokenOptions
from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.reading import text_of
from schemas.wire import micros

if TYPE_CHECKING:
    from pipeline.ingest.collect.pollers.asking import Asked
    from pipeline.ingest.platforms.reading import Json

KEPT_MS: Final = 60 * 86_400_000
"""LinkedIn keeps notifications for 60 days."""
SLACK_MS: Final = 600_000
"""A notification may come into the list later than its time says."""
_PAGE: Final = 50
_ACTIONS: Final = "LIKE,COMMENT,ADMIN_COMMENT,COMMENT_EDIT,COMMENT_DELETE,SHARE,SHARE_MENTION"
_POST: Final = re.compile(r"urn:li:(share|ugcPost):[0-9]{1,32}")


_TOKENS: Final = "https://www.linkedin.com/oauth/v2/accessToken"


class LinkedInOptions(TokenOptions):
    """The token is that of a member with administrator's rights for the organisation."""

    organization: str = Field(pattern=r"^urn:li:organization:[0-9]{1,20}$", description="whose posts they are")
    version: str = Field("202606", pattern=r"^20[0-9]{4}$", description="of LinkedIn's API; one works for a year")


def _notifications(asked: Asked) -> Request:
    now = asked.now_us // 1000
    since = max(asked.mark.newest // 1000 - SLACK_MS, now - KEPT_MS)
    # Rest.li: the signs that make lists and objects stand as they are, what is in them is encoded.
    place = (
        f"/rest/organizationalEntityNotifications?q=criteria&actions=List({_ACTIONS})"
        f"&organizationalEntity={segment(asked.post)}&timeRange=(start:{since},end:{now})&count={_PAGE}"
    )
    return Request(f"{place}&start=0")


def _read_notifications(_asked: Asked, request: Request, found: Json) -> Found:
    if request.what == "reshares":
        posts = found["results"].object()
        return Found([{"elements": list(posts.values())}] if posts else [])
    elements = list(found["elements"])
    more = [_next(request)] if len(elements) >= _PAGE else []
    if shares := [urn for one in elements if (urn := _reshare(one))]:
        more.append(_posts(shares))
    newest = max((micros(times.millis(one["lastModifiedAt"])) for one in elements), default=0)
    return Found([{"elements": [one.value for one in elements]}], more, newest)


def _next(request: Request) -> Request:
    place, _, start = request.path.rpartition("&start=")
    return Request(f"{place}&start={int(start) + _PAGE}")


def _reshare(notification: Json) -> str | None:
    if notification["action"].text() != "SHARE":
        return None
    told = notification.get("decoratedGeneratedActivity", "share", "entity") or notification.get("generatedActivity")
    urn = text_of(told)
    return urn if urn and _POST.fullmatch(urn) else None


def _posts(urns: list[str]) -> Request:
    ids = ",".join(segment(urn) for urn in dict.fromkeys(urns))
    return Request(f"/rest/posts?ids=List({ids})", "reshares", {"X-RestLi-Method": "BATCH_GET"}, is_detail=True)


def _post(asked: Asked) -> Request:
    return Request(f"/rest/posts/{segment(asked.post)}")


def _as_it_is(_asked: Asked, _request: Request, found: Json) -> Found:
    return Found([found.value])


def _totals(asked: Asked) -> Request:
    ids = "shares" if ":share:" in asked.post else "ugcPosts"
    return Request(
        "/rest/organizationalEntityShareStatistics?q=organizationalEntity"
        f"&organizationalEntity={segment(asked.options.organization)}&{ids}=List({segment(asked.post)})"
    )


_OF_AN_ORGANIZATION: Final = (Feed("notifications", _notifications, _read_notifications),)
_OF_A_POST: Final = (Feed("post", _post, _as_it_is, tells_gone=True, pace=4), Feed("totals", _totals, _as_it_is))


def _feeds(post: str, _options: LinkedInOptions) -> tuple[Feed, ...]:
    return _OF_A_POST if _POST.fullmatch(post) else _OF_AN_ORGANIZATION


def _headers(options: LinkedInOptions) -> dict[str, str]:
    return {"LinkedIn-Version": options.version, "X-Restli-Protocol-Version": "2.0.0"}


LINKEDIN: Final = Platform(
    name="linkedin",
    options=LinkedInOptions,
    address="https://api.linkedin.com",
    post=_POST,
    example="urn:li:share:7012345678901234567",
    feeds=_feeds,
    access=lambda options, tools: tokens.access(options, tools, _TOKENS, in_form=True),
    per_hour=20,  # development tier: 500 a day for each application
    windows=budget.silent,
    headers=_headers,
    always=lambda options: (options.organization,),
)

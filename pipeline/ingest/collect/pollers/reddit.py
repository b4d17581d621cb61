"""Reddit: a submission with its totals, its crossposts and comments, and whether the crossposts that were seen still stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pydantic import Field, SecretStr

from pipeline.ingest.collect.pollers import budget
from pipeline.ingest.collect.pollers.access import OAuth
from pipeline.ingest.collect.pollers.asking import Feed, Found, Request, newest_first, path
from pipeline.ingest.collect.pollers.platform import Platform, PollOptions
from pipeline.ingest.platforms import reddit, times
from pipeline.ingest.platforms.reading import Json, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipeline.ingest.collect.pollers.access import Access
    from pipeline.ingest.collect.pollers.asking import Asked
    from pipeline.ingest.collect.seam import Tools

MOST_KNOWN: Final = 50
"""Crossposts, the newest, that are looked at again. Each is a dozen bytes of the position."""
_PAGE: Final = 100
_COMMENTS: Final = 500


class RedditOptions(PollOptions):
    """An application of one's own (type script or web app)."""

    client_id: str = Field(min_length=1, description="of the application")
    client_secret: SecretStr = Field(description="of the application")
    user_agent: str = Field(min_length=8, description="what Reddit asks for: platform:application:version (by /u/name)")
    token_address: str = Field(
        "https://www.reddit.com/api/v1/access_token",
        pattern=r"^https?://[^\s?#@]+$",
        description="where tokens are got",
    )
    comments: bool = Field(default=True, description="whether comments are collected, and not only their number")


def _crossposts(asked: Asked, after: str | None = None) -> Request:
    place = f"/duplicates/{asked.post.removeprefix('t3_')}"
    return Request(path(place, crossposts_only="true", sort="new", limit=_PAGE, raw_json=1, after=after))


def _read_crossposts(asked: Asked, request: Request, found: Json) -> Found:
    if request.what == "known":
        return Found([found.value])
    original, listing = list(found)
    things = [one for one in listing["data"]["children"] if one["data"].get("crosspost_parent") is not None]
    page = newest_first(things, _when, asked)
    names = [one["data"]["name"].text() for one in page.new]
    known = list(dict.fromkeys([*names, *asked.mark.known]))[:MOST_KNOWN]
    payload = _listing([*original["data"]["children"], *page.new])
    after = text_of(listing["data"].get("after"))
    more = [_crossposts(asked, after)] if page.goes_on and after else []
    # Those that were seen before: what is deleted stands in no list any more, but still under its name.
    if asked.mark.known and not asked.mark.pending:
        more.append(Request(path("/api/info", id=",".join(asked.mark.known), raw_json=1), what="known", is_detail=True))
    return Found([payload], more, page.newest, known)


def _comments(asked: Asked) -> Request:
    place = f"/comments/{asked.post.removeprefix('t3_')}"
    return Request(path(place, sort="new", limit=_COMMENTS, raw_json=1))


def _read_comments(asked: Asked, _request: Request, found: Json) -> Found:
    _, listing = list(found)
    comments = [one for part in reddit.MAPPING.split(listing) if text_of((one := Json(part)).get("kind")) == "t1"]
    page = newest_first(comments, _when, asked)
    gone = [one for one in comments if one not in page.new and reddit.is_gone(one["data"])]
    return Found([_listing([*page.new, *gone])], newest=page.newest)


def _when(thing: Json) -> datetime:
    return times.seconds(thing["data"]["created_utc"])


def _listing(things: Iterable[Json]) -> object:
    return {"kind": "Listing", "data": {"children": [one.value for one in things]}}


_CROSSPOSTS: Final = Feed("crossposts", _crossposts, _read_crossposts)
_WITH_COMMENTS: Final = (_CROSSPOSTS, Feed("comments", _comments, _read_comments))


def _feeds(_post: str, options: RedditOptions) -> tuple[Feed, ...]:
    return _WITH_COMMENTS if options.comments else (_CROSSPOSTS,)


def _access(options: RedditOptions, tools: Tools) -> Access:
    client = (options.client_id, options.client_secret)
    grant = {"grant_type": "client_credentials"}
    return OAuth(tools.session, tools.clock, options.token_address, grant, client, _headers(options))


def _headers(options: RedditOptions) -> dict[str, str]:
    return {"User-Agent": options.user_agent}


REDDIT: Final = Platform(
    name="reddit",
    options=RedditOptions,
    address="https://oauth.reddit.com",
    post=re.compile(r"t3_[a-z0-9]{1,13}"),
    example="t3_1abcde",
    feeds=_feeds,
    access=_access,
    per_hour=3000,  # of 100 a minute, half
    windows=budget.reddit,
    headers=_headers,
)

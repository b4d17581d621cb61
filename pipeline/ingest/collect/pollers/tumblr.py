"""Tumblr: the notes of a post are its whole cascade, with the blog that each reblog came through.

`reblogs_with_tags` gives every reblog and nothing else; `conversation` the replies, and how many likes and reblogs there are.
Single likes cost a question for every fifty of them: only on request.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pydantic import Field, SecretStr

from pipeline.ingest.collect.pollers import budget
from pipeline.ingest.collect.pollers.access import Key
from pipeline.ingest.collect.pollers.asking import Feed, Found, Request, newest_first, path, segment
from pipeline.ingest.collect.pollers.platform import Platform, PollOptions
from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.reading import id_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.ingest.collect.pollers.access import Access
    from pipeline.ingest.collect.pollers.asking import Asked
    from pipeline.ingest.collect.seam import Tools
    from pipeline.ingest.platforms.reading import Json


class TumblrOptions(PollOptions):
    """A registered application."""

    api_key: SecretStr = Field(description="its OAuth consumer key")
    likes: bool = Field(default=False, description="whether single likes are collected, and not only their number")


def _post(asked: Asked) -> Request:
    blog, post = asked.post.split("/")
    return Request(path(f"/v2/blog/{segment(blog)}/posts", id=post, reblog_info="true"))


def _notes(mode: str) -> Callable[[Asked], Request]:
    return lambda asked: _page(asked, mode, None)


def _page(asked: Asked, mode: str, before: str | None) -> Request:
    blog, post = asked.post.split("/")
    place = path(f"/v2/blog/{segment(blog)}/notes", id=post, mode=mode, before_timestamp=before)
    return Request(place, what=mode)


def _as_it_is(_asked: Asked, _request: Request, found: Json) -> Found:
    return Found([found.value])


def _read(asked: Asked, request: Request, found: Json) -> Found:
    blog, post = asked.post.split("/")
    response = found["response"]
    page = newest_first(response["notes"], lambda note: times.seconds(note["timestamp"]), asked)
    before = id_of(response.get("_links", "next", "query_params", "before_timestamp"))
    notes = [note.value for note in page.new if request.what != "conversation" or note["type"].text() == "reply"]
    totals = {
        name: total.value for name in ("total_likes", "total_reblogs") if (total := response.get(name)) is not None
    }
    payload = {"post": {"id": post, "blog_name": blog}, "response": {"notes": notes, **totals}}
    more = [_page(asked, request.what, before)] if page.goes_on and before else []
    return Found([payload], more, page.newest)


_FEEDS: Final = (
    Feed("post", _post, _as_it_is, tells_gone=True, pace=4),
    Feed("reblogs", _notes("reblogs_with_tags"), _read),
    Feed("conversation", _notes("conversation"), _read),
)
_LIKES: Final = Feed("likes", _notes("likes"), _read)


def _feeds(_post: str, options: TumblrOptions) -> tuple[Feed, ...]:
    return (*_FEEDS, _LIKES) if options.likes else _FEEDS


def _access(options: TumblrOptions, _tools: Tools) -> Access:
    return Key("api_key", options.api_key)


TUMBLR: Final = Platform(
    name="tumblr",
    options=TumblrOptions,
    address="https://api.tumblr.com",
    post=re.compile(r"[A-Za-z0-9._-]{1,64}/[0-9]{1,20}"),
    example="staff/112345678901234567",
    feeds=_feeds,
    access=_access,
    per_hour=200,  # 5,000 a day for each application
    act=lambda post: post.rpartition("/")[2],
    windows=budget.tumblr,
)

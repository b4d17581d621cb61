"""Threads: the figures of a post, every reply to it at whatever depth, and what accounts of one's own post, quote and repost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipeline.ingest.collect.pollers import budget, graph, verdict
from pipeline.ingest.collect.pollers.asking import Feed, Found, Request, path
from pipeline.ingest.collect.pollers.platform import Platform

if TYPE_CHECKING:
    from pipeline.ingest.collect.pollers.asking import Asked
    from pipeline.ingest.platforms.reading import Json

_VERSION: Final = "v1.0"
_FIELDS: Final = "id,username,timestamp,media_type,root_post,replied_to,quoted_post,reposted_post"
_PAGE: Final = 100
ACCOUNT: Final = "me"

_insights = graph.insights(_VERSION, "views,likes,replies,reposts,quotes,shares")
_conversation = graph.listed(_VERSION, "conversation", _FIELDS, _PAGE, reverse="true")
_posted = graph.listed(_VERSION, "threads", _FIELDS, _PAGE)


def _post(asked: Asked) -> Request:
    return Request(path(f"/{_VERSION}/{asked.post}", fields=_FIELDS))


def _read_conversation(asked: Asked, _request: Request, found: Json) -> Found:
    page, more = graph.page_of(asked, found, _conversation)
    return Found([{"data": [one.value for one in page.new]}], more, page.newest)


def _read_posted(asked: Asked, _request: Request, found: Json) -> Found:
    page, more = graph.page_of(asked, found, _posted)
    return Found([{"data": [one.value for one in page.new]}], more, page.newest)


_OF_A_POST: Final = (
    Feed("post", _post, graph.as_it_is, pace=4),
    Feed("insights", _insights, graph.as_it_is),
    Feed("conversation", _conversation, _read_conversation),
)
_OF_AN_ACCOUNT: Final = (Feed("posted", _posted, _read_posted),)

THREADS: Final = Platform(
    name="threads",
    options=graph.GraphOptions,
    address="https://graph.threads.net",
    post=re.compile(r"[0-9]{1,32}|me"),
    example="17912345678901234, or me for what the token's account posts",
    feeds=lambda post, _options: _OF_AN_ACCOUNT if post == ACCOUNT else _OF_A_POST,
    access=graph.access,
    per_hour=2000,  # 48,000 a day for the least seen account
    windows=budget.meta,
    verdict=verdict.meta,
)

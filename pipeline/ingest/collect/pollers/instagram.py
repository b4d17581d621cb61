"""Instagram: the insights of a medium of one's own, and its comments. Who shares and likes it does not tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pipeline.ingest.collect.pollers import budget, graph, verdict
from pipeline.ingest.collect.pollers.asking import Feed, Found
from pipeline.ingest.collect.pollers.platform import Platform
from schemas.wire import micros

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.ingest.collect.pollers.asking import Asked, Request
    from pipeline.ingest.platforms.reading import Json

_VERSION: Final = "v23.0"
_FIELDS: Final = "id,timestamp,username,from,parent_id,media"
_PAGE: Final = 50

_insights = graph.insights(_VERSION, "views,likes,comments,shares,reposts")
_comments = graph.listed(_VERSION, "comments", f"{_FIELDS},replies{{{_FIELDS}}}", _PAGE)


def _read_comments(asked: Asked, _request: Request, found: Json) -> Found:
    page, more = graph.page_of(asked, found, _comments)
    told = [one for comment in found["data"] for one in _flat(comment)]
    new = [one.value for one in told if asked.is_new(micros(graph.when(one)))]
    return Found([{"data": new}], more, page.newest)


def _flat(comment: Json) -> Iterator[Json]:
    """A comment, and the replies that came within it."""
    value: Any = comment.object()
    yield type(comment)({name: told for name, told in value.items() if name != "replies"}, comment.path)
    replies = comment.get("replies")
    yield from replies.entries("data") if replies else ()


_FEEDS: Final = (Feed("insights", _insights, graph.as_it_is), Feed("comments", _comments, _read_comments))

INSTAGRAM: Final = Platform(
    name="instagram",
    options=graph.GraphOptions,
    address="https://graph.facebook.com",
    post=re.compile(r"[0-9]{1,32}"),
    example="17898765432109876",
    feeds=lambda _post, _options: _FEEDS,
    access=graph.access,
    per_hour=200,  # for each user of the app, and it has one at least
    windows=budget.meta,
    verdict=verdict.meta,
)

"""What Threads and Instagram have in common: Meta's Graph API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, SecretStr

from pipeline.ingest.collect.pollers.access import Fixed
from pipeline.ingest.collect.pollers.asking import Found, Request, newest_first, path
from pipeline.ingest.collect.pollers.platform import PollOptions
from pipeline.ingest.platforms import times
from pipeline.ingest.platforms.reading import id_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pipeline.ingest.collect.pollers.access import Access
    from pipeline.ingest.collect.pollers.asking import Asked, Page
    from pipeline.ingest.collect.seam import Tools
    from pipeline.ingest.platforms.reading import Json


class GraphOptions(PollOptions):
    """A token of Meta's."""

    access_token: SecretStr = Field(description="or @file, which is read anew when the token is not taken any more")
    metrics: tuple[str, ...] = Field((), description="insights to ask for, when the usual ones are not right")


def access(options: GraphOptions, _tools: Tools) -> Access:
    """The token as a header: in the query, where Meta's examples have it, it would stand in the logs of every proxy."""
    return Fixed(options.access_token)


def insights(version: str, usual: str) -> Callable[[Asked], Request]:
    """The question for the figures of a medium."""
    return lambda asked: Request(
        path(f"/{version}/{asked.post}/insights", metric=",".join(asked.options.metrics) or usual)
    )


def as_it_is(_asked: Asked, _request: Request, found: Json) -> Found:
    """The answer is a payload."""
    return Found([found.value])


def listed(version: str, edge: str, fields: str, size: int, **more: str) -> Callable[..., Request]:
    """The question for a page of an edge of the watched node."""

    def ask(asked: Asked, after: str | None = None) -> Request:
        return Request(path(f"/{version}/{asked.post}/{edge}", fields=fields, limit=size, after=after, **more))

    return ask


def page_of(asked: Asked, found: Json, ask: Callable[..., Request]) -> tuple[Page, list[Request]]:
    """What is new on a page with the newest first, and the question for the next one."""
    page = newest_first(found["data"], when, asked)
    after = id_of(found.get("paging", "cursors", "after"))
    goes_on = page.goes_on and after and found.get("paging", "next") is not None
    return page, [ask(asked, after)] if goes_on else []


def when(found: Json) -> datetime:
    """When a medium or comment was made."""
    return times.iso(found["timestamp"])

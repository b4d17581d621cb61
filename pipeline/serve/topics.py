"""What can be watched. A topic names a feed and all that its answer depends on; equal topics share one feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_LIMIT = 40
MAX_LIMIT = 200
MAX_DIGITS = 9
MAX_TEXT = 512
"""Longest content id of the event contract, and longest filter text, in characters."""


@dataclass(frozen=True, slots=True)
class Topic:
    """`kind` is one of pulse, health, letters, alerts, facets, contents, content, campaign, conversation; the rest narrows the last four, and alerts."""

    kind: str
    content_id: str = ""
    campaign: str = ""
    platform: str = ""
    search: str = ""
    limit: int = 0


PULSE = Topic("pulse")
HEALTH = Topic("health")
LETTERS = Topic("letters")
FACETS = Topic("facets")
ALERTS = Topic("alerts")


class BadQuestionError(ValueError):
    """A request's query string cannot be served; the text says why."""


def contents_topic(query: Mapping[str, str]) -> Topic:
    """The ranked list that a query string asks for: `campaign`, `platform`, `search`, `limit` (at most `MAX_LIMIT`)."""
    limit = _whole(query.get("limit", str(DEFAULT_LIMIT)))
    return Topic(
        "contents",
        campaign=_text(query, "campaign"),
        platform=_text(query, "platform"),
        search=_text(query, "search").strip(),
        limit=max(1, min(limit, MAX_LIMIT)),
    )


def alerts_topic(query: Mapping[str, str]) -> Topic:
    """Alerts of all contents, or of the `content` or `campaign` that a query string names."""
    return Topic("alerts", content_id=_text(query, "content"), campaign=_text(query, "campaign"))


def content_topic(content_id: str) -> Topic:
    """One content's page."""
    if not 1 <= len(content_id) <= MAX_TEXT:
        raise BadQuestionError(f"a content id has 1 to {MAX_TEXT} characters")
    return Topic("content", content_id=content_id)


def campaign_topics(campaign: str, query: Mapping[str, str]) -> list[Topic]:
    """One campaign's page: its figures, the conversation of its accounts, its alerts, its contents by what is moving now."""
    if not 1 <= len(campaign) <= MAX_TEXT:
        raise BadQuestionError(f"a campaign has 1 to {MAX_TEXT} characters")
    limit = query.get("limit", str(DEFAULT_LIMIT))
    contents = contents_topic({"campaign": campaign, "limit": limit})
    about = Topic("campaign", campaign=campaign), Topic("conversation", campaign=campaign)
    return [*about, Topic("alerts", campaign=campaign), contents]


def view_topics(query: Mapping[str, str]) -> list[Topic]:
    """All feeds of one view: `view=home` (default) with the list's filters, `view=content` or `view=campaign` with `id`."""
    view = query.get("view", "home")
    if view == "campaign":
        return [PULSE, HEALTH, *campaign_topics(query.get("id", ""), query)]
    if view == "content":
        content = content_topic(query.get("id", ""))
        return [PULSE, HEALTH, Topic("alerts", content_id=content.content_id), content]
    if view == "home":
        return [PULSE, HEALTH, LETTERS, ALERTS, FACETS, contents_topic(query)]
    raise BadQuestionError("view is home, content or campaign")


def _text(query: Mapping[str, str], name: str) -> str:
    value = query.get(name, "")
    if len(value) > MAX_TEXT:
        raise BadQuestionError(f"{name} is longer than {MAX_TEXT} characters")
    return value


def _whole(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise BadQuestionError("limit is a whole number")
    return int(value[:MAX_DIGITS])

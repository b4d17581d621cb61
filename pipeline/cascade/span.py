"""When a content was seen, and which campaign it belongs to: least and greatest over the standing events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade.codes import NO_ACT, POST, UNKNOWN

if TYPE_CHECKING:
    from pipeline.cascade.content import Content


def add_act(content: Content, act: int, event_id: str, campaign: str | None) -> None:
    """Take in an event that is no spread. It is never replaced, so the extremes only grow."""
    acts = content.acts
    time, slot = acts.time[act], acts.slot[act]
    if content.first_event == UNKNOWN or time < content.first_event:
        content.first_event = time
    content.last_event = max(content.last_event, time)
    if slot != NO_ACT:
        if content.first_act == UNKNOWN or time < content.first_act:
            content.first_act = time
        content.last_act = max(content.last_act, time)
    if campaign is not None:
        standing = content.campaign_named
        if standing is None or (time <= standing[0] and (time, event_id) < standing[:2]):
            content.campaign_named = (time, event_id, campaign)
    if slot == POST:
        post = (time, event_id, campaign)
        if content.campaign_of_post is None or post[:2] < content.campaign_of_post[:2]:
            content.campaign_of_post = post


def seen(content: Content) -> tuple[int, int]:
    """(first, last) time of the acts, in µs; of all events when there is no act."""
    first, last = content.first_act, content.last_act
    if content.spreads.rows:
        first, last = _stretch(first, last, content.spreads.first)
        first, last = _stretch(first, last, content.spreads.last)
    return (content.first_event, content.last_event) if first == UNKNOWN else (first, last)


def campaign(content: Content) -> str:
    """The earliest post's campaign, else that of the earliest event which names one, else ''."""
    if content.campaign_of_post is not None and content.campaign_of_post[2] is not None:
        return content.campaign_of_post[2]
    named = [found for found in (content.campaign_named, content.spreads.campaign_named) if found is not None]
    return min(named)[2] if named else ""


def _stretch(first: int, last: int, time: int) -> tuple[int, int]:
    return (time, time) if first == UNKNOWN else (min(first, time), max(last, time))

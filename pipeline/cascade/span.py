"""When a content was seen, and which campaign it belongs to: least and greatest over the standing events."""

from __future__ import annotations

from pipeline.cascade.content import NO_ACT, POST, UNKNOWN, Content

Named = tuple[int, str, str]
"""(occurred_at in µs, event_id, campaign)."""


def add_act(content: Content, act: int, campaign: str | None) -> None:
    """Take in an event that is no spread. It is never replaced, so the extremes only grow."""
    acts = content.acts
    time, slot = acts.time[act], acts.slot[act]
    content.first_event, content.last_event = _stretch(content.first_event, content.last_event, time)
    if slot != NO_ACT:
        content.first_act, content.last_act = _stretch(content.first_act, content.last_act, time)
    if campaign is not None:
        named = (time, acts.ids[act], campaign)
        content.campaign_named = min(content.campaign_named or named, named)
    if slot == POST:
        post = (time, acts.ids[act], campaign)
        if content.campaign_of_post is None or post[:2] < content.campaign_of_post[:2]:
            content.campaign_of_post = post


def seen(content: Content) -> tuple[int, int]:
    """(first, last) time of the acts, in µs; of all events when there is no act."""
    first, last = content.first_act, content.last_act
    if content.spreads.time:
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

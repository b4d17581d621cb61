"""Links: which content this one was merged into, and what undoes that.

Of a content's links that nobody has undone the first one in Kafka's order is in force. A link is undone by a retraction of the same actor, or of a
moderator. What the content had when a link came into force is moved by `pipeline.stream.onward`, and stays where it is then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade.facts import encode

if TYPE_CHECKING:
    from pipeline.cascade.arrivals import Arrival
    from pipeline.cascade.content import Content


def add(content: Content, actor: int, arrival: Arrival) -> None:
    """Enter a link, which may have been undone before it came."""
    waiting = content.retractions.get(arrival.event_id, ())
    content.bond_count += 1 + len(waiting)
    if not [by for by, moderator in waiting if moderator or by == actor]:
        content.bonds[arrival.event_id] = encode(arrival)
        content.links[arrival.event_id] = arrival.target_content_id or ""


def undo(content: Content, actor: int, arrival: Arrival) -> None:
    """Take a retraction, if it is one of a link that came."""
    target = arrival.target or ""
    if target not in content.bonds:
        return
    content.bond_count += 1
    content.bonds[arrival.event_id] = encode(arrival)
    place = content.events.find(target)
    if arrival.moderator or actor == content.acts.actor[-1 - place]:
        content.links.pop(target, None)

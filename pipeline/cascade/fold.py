"""`fold`: put one event into the state of its content.

The result is a function of the set of events: copies, late parents, retractions and any order lead to the same figures.
Only among copies of events that are no spreads does the first in log order stand.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from pipeline.cascade import bonds, minutes, parents, reach, retractions, span
from pipeline.cascade.arrivals import Arrival
from pipeline.cascade.codes import (
    COUNTER,
    NO_ACT,
    NOBODY,
    NOTHING,
    POST,
    RETRACT,
    SLOT_OF,
    SPREAD_OF,
    THE_ROOT,
)
from pipeline.cascade.copies import outranks
from pipeline.cascade.facts import encode

if TYPE_CHECKING:
    from pipeline.cascade.content import Content
    from schemas.wire import WireEvent


class Outcome(IntEnum):
    """What an event did to its content."""

    APPLIED = 0
    DUPLICATE = 1
    """A copy of an event that stands already; counted as a duplicate."""
    REPLACED = 2
    """A better copy of a spread: it stands now, the one before counts as a duplicate."""


_OUTCOMES = tuple(Outcome)
_APPLIED, _DUPLICATE, _REPLACED = map(int, Outcome)


def fold(content: Content, event: WireEvent, occurred_us: int, facts: list[bytes] | None = None) -> Outcome:
    """Apply `event`, which happened at `occurred_us` (µs since 1970), to its content. `facts` gets its fact when it changed the content.

    O(depth) for a new leaf, O(depth + subtree) when a subtree moves. Never fails on an event that the contract accepts.
    """
    arrival = Arrival()
    arrival.take(event, occurred_us)
    outcome = enter(content, arrival)
    if facts is not None and outcome != _DUPLICATE:
        facts.append(encode(arrival))
    return _OUTCOMES[outcome]


def enter(content: Content, arrival: Arrival) -> int:
    """Apply one copy of an event; the outcome as a number."""
    content.changed = True
    number = content.events.number(arrival.event_id)
    place = content.events.place[number]
    kind: int = SPREAD_OF[arrival.kind]
    if place == 0:
        if kind == NOTHING:
            _add_act(content, number, arrival)
        else:
            _add_spread(content, number, kind, arrival)
        return _APPLIED
    content.duplicates += 1
    if place < 0 or kind == NOTHING or not outranks(content, place - 1, arrival):
        return _DUPLICATE
    _replace_spread(content, place - 1, kind, arrival)
    return _REPLACED


def _add_spread(content: Content, number: int, kind: int, arrival: Arrival) -> None:
    node = content.spreads.add(number)
    _write_facts(content, node, kind, arrival)
    parent, status = parents.resolve(content, node)
    content.tree.add(parent, arrival.basis == 0)
    content.events.place[number] = node + 1
    content.spreads.status[node] = status
    content.status_counts[status] += 1
    _enter(content, node)
    if content.retractions:
        retractions.target_arrived(content, arrival.event_id)
    if content.waiting:
        parents.event_arrived(content, number)


def _replace_spread(content: Content, node: int, kind: int, arrival: Arrival) -> None:
    _leave(content, node)
    _write_facts(content, node, kind, arrival)
    content.tree.set_exact_edge(node, arrival.basis == 0)
    content.tree.place(node)
    _enter(content, node)
    parents.relink(content, node)
    retractions.judge(content, arrival.event_id)


def _write_facts(content: Content, node: int, kind: int, arrival: Arrival) -> None:
    platform = content.platform(arrival.platform)
    actors = content.actors
    campaign, leader = arrival.campaign, arrival.parent_actor_id
    content.spreads.write(
        node,
        kind,
        actors.number(platform, arrival.actor_id),
        arrival.time,
        arrival.audience,
        arrival.basis,
        NOTHING if campaign is None else content.campaigns.add(campaign, 0),
        _named(content, arrival),
        NOBODY if leader is None else actors.number(platform, leader),
    )


def _named(content: Content, arrival: Arrival) -> int:
    """The parent that the event names, as a number; itself even where its id is the content's."""
    named = arrival.parent_event_id
    if named is None:
        return NOTHING
    if named == content.content_id and named != arrival.event_id:
        return THE_ROOT
    return content.events.number(named)


def _enter(content: Content, node: int) -> None:
    """Count a spread whose facts are written, and place again those that follow its actor."""
    actor = content.spreads.actor[node]
    content.acts_by_platform[content.actors.platform[actor]] += 1
    minutes.count_spread(content, node, 1)
    reach.add_spread(content, node)
    parents.enlist(content, node)
    if content.followers:
        parents.actor_changed(content, actor, node)


def _leave(content: Content, node: int) -> None:
    """Undo `_enter`, and leave the spread on the root, where it lies on no cycle."""
    actor = content.spreads.actor[node]
    parents.delist(content, node)
    parents.leave(content, node)
    reach.remove_spread(content, node)
    parents.actor_changed(content, actor, node)
    minutes.count_spread(content, node, -1)
    content.acts_by_platform[content.actors.platform[actor]] -= 1


def _add_act(content: Content, number: int, arrival: Arrival) -> None:
    platform = content.platform(arrival.platform)
    actor = content.actors.number(platform, arrival.actor_id)
    slot: int = SLOT_OF[arrival.kind]
    act = content.acts.add(number, slot, actor, arrival.time)
    content.events.place[number] = -1 - act
    if slot != NO_ACT:
        content.acts_by_platform[platform] += 1
        minutes.count_act(content, arrival.time, platform, slot, 1, 1)
    span.add_act(content, act, arrival.event_id, arrival.campaign)
    if slot == POST:
        reach.add_post(content, act, arrival.audience)
        parents.author_arrived(content, actor)
    if content.retractions:
        retractions.target_arrived(content, arrival.event_id)
    if content.waiting:
        parents.event_arrived(content, number)
    if slot == NO_ACT:
        _add_remark(content, actor, arrival)


def _add_remark(content: Content, actor: int, arrival: Arrival) -> None:
    """Take in a retraction, a counter or a link."""
    if arrival.kind == RETRACT:
        retractions.add(content, arrival.target or "", actor, arrival.moderator)
        bonds.undo(content, actor, arrival)
    elif arrival.kind == COUNTER:
        of = "" if arrival.parent_event_id in {None, content.content_id} else arrival.parent_event_id
        key = (arrival.counter_kind or "", arrival.platform, of)
        told = (arrival.time, arrival.event_id, arrival.count or 0)
        content.counters[key] = max(content.counters.get(key, told), told)
    else:
        bonds.add(content, actor, arrival)

"""`fold`: put one event into the state of its content.

The result is a function of the set of events: copies, late parents, retractions and any order lead to the same figures.
Only among copies of events that are no spreads does the first in log order stand.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from pipeline.cascade import minutes, parents, reach, retractions, span
from pipeline.cascade.codes import (
    BASIS_RANK,
    NO_ACT,
    NOBODY,
    NOTHING,
    POST,
    SLOT,
    SPREAD_KIND,
    THE_ROOT,
    UNKNOWN,
)
from schemas.wire import WireEvent, fingerprint

if TYPE_CHECKING:
    from pipeline.cascade.content import Content


class Outcome(IntEnum):
    """What an event did to its content."""

    APPLIED = 0
    DUPLICATE = 1
    """A copy of an event that stands already; counted as a duplicate."""
    REPLACED = 2
    """A better copy of a spread: it stands now, the one before counts as a duplicate."""


_APPLIED, _DUPLICATE, _REPLACED = Outcome


def fold(content: Content, event: WireEvent, occurred_us: int) -> Outcome:
    """Apply `event`, which happened at `occurred_us` (µs since 1970), to its content.

    O(depth) for a new leaf, O(depth + subtree) when a subtree moves. Never fails on an event that the contract accepts.
    """
    content.changed = True
    number = content.events.number(event.event_id)
    place = content.events.place[number]
    kind = SPREAD_KIND.get(event.kind, NOTHING)
    if place == 0:
        if kind == NOTHING:
            _add_act(content, number, event, occurred_us)
        else:
            _add_spread(content, number, kind, event, occurred_us)
        return _APPLIED
    content.duplicates += 1
    if place < 0 or kind == NOTHING or not _outranks(content, place - 1, event, occurred_us):
        return _DUPLICATE
    _replace_spread(content, place - 1, kind, event, occurred_us)
    return _REPLACED


def _outranks(content: Content, node: int, event: WireEvent, occurred_us: int) -> bool:
    spreads = content.spreads
    standing = (spreads.basis[node], spreads.time[node], spreads.fingerprint[node])
    return (BASIS_RANK[event.parent_basis], occurred_us, fingerprint(event)) < standing


def _add_spread(content: Content, number: int, kind: int, event: WireEvent, occurred_us: int) -> None:
    node = content.spreads.add(number)
    _write_facts(content, node, kind, event, occurred_us)
    parent, status = parents.resolve(content, node)
    content.tree.add(parent, content.spreads.basis[node] == 0)
    content.events.place[number] = node + 1
    content.spreads.status[node] = status
    content.status_counts[status] += 1
    _enter(content, node)
    if content.retractions:
        retractions.target_arrived(content, event.event_id)
    if content.waiting:
        parents.event_arrived(content, number)


def _replace_spread(content: Content, node: int, kind: int, event: WireEvent, occurred_us: int) -> None:
    """Put another copy in the place of the standing one: hang it on the root, take its facts out, put the new ones in, find its parent."""
    _leave(content, node)
    _write_facts(content, node, kind, event, occurred_us)
    content.tree.set_exact_edge(node, content.spreads.basis[node] == 0)
    content.tree.place(node)
    _enter(content, node)
    parents.relink(content, node)
    retractions.judge(content, event.event_id)


def _write_facts(content: Content, node: int, kind: int, event: WireEvent, occurred_us: int) -> None:
    platform = content.platform(event.platform)
    actors = content.actors
    audience, campaign, leader = event.audience_size, event.campaign_id, event.parent_actor_id
    content.spreads.write(
        node,
        kind,
        actors.number(platform, event.actor_id),
        occurred_us,
        UNKNOWN if audience is None else audience,
        fingerprint(event),
        BASIS_RANK[event.parent_basis],
        NOTHING if campaign is None else content.campaigns.add(campaign, 0),
        _named(content, event),
        NOBODY if leader is None else actors.number(platform, leader),
    )


def _named(content: Content, event: WireEvent) -> int:
    """The parent that the event names, as a number; itself even where its id is the content's."""
    named = event.parent_event_id
    if named is None:
        return NOTHING
    if named == content.content_id and named != event.event_id:
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


def _add_act(content: Content, number: int, event: WireEvent, occurred_us: int) -> None:
    platform = content.platform(event.platform)
    actor = content.actors.number(platform, event.actor_id)
    slot = SLOT.get(event.kind, NO_ACT)
    act = content.acts.add(number, slot, actor, occurred_us)
    content.events.place[number] = -1 - act
    if slot != NO_ACT:
        content.acts_by_platform[platform] += 1
        minutes.count_act(content, occurred_us, platform, slot, 1, 1)
    span.add_act(content, act, event.event_id, event.campaign_id)
    if slot == POST:
        reach.add_post(content, act, UNKNOWN if event.audience_size is None else event.audience_size)
        parents.author_arrived(content, actor)
    if content.retractions:
        retractions.target_arrived(content, event.event_id)
    if content.waiting:
        parents.event_arrived(content, number)
    if slot == NO_ACT:
        _add_remark(content, actor, event, occurred_us)


def _add_remark(content: Content, actor: int, event: WireEvent, occurred_us: int) -> None:
    """Take in a retraction or a counter."""
    if event.kind == "retract":
        moderator = event.attributes.get("right") == "moderate"
        retractions.add(content, event.target_event_id or "", actor, moderator)
    elif event.kind == "counter":
        key = (event.counter_kind or "", event.platform)
        told = (occurred_us, event.event_id, event.count or 0)
        content.counters[key] = max(content.counters.get(key, told), told)

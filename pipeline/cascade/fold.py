"""`fold`: put one event into the state of its content.

The result is a function of the set of events: copies, late parents, retractions and any order lead to the same figures.
Only among copies of events that are no spreads does the first in log order stand.
"""

from __future__ import annotations

from enum import IntEnum

from pipeline.cascade import minutes, parents, reach, retractions, span
from pipeline.cascade.content import BASIS_RANK, NO_ACT, NOBODY, POST, SHARE, SLOT, UNKNOWN, Content
from schemas.wire import SPREADS, WireEvent, fingerprint


class Outcome(IntEnum):
    """What an event did to its content."""

    APPLIED = 0
    DUPLICATE = 1
    """A copy of an event that stands already; counted as a duplicate."""
    REPLACED = 2
    """A better copy of a spread: it stands now, the one before counts as a duplicate."""


def fold(content: Content, event: WireEvent, occurred_us: int) -> Outcome:
    """Apply `event`, which happened at `occurred_us` (µs since 1970), to its content.

    O(depth) for a new leaf, O(depth + subtree) when a subtree moves. Never fails on an event that the contract accepts.
    """
    content.changed = True
    number = content.index.get(event.event_id)
    if number is None:
        if event.kind in SPREADS:
            _add_spread(content, event, occurred_us)
        else:
            _add_act(content, event, occurred_us)
        return Outcome.APPLIED
    content.duplicates += 1
    if number < 0 or event.kind not in SPREADS or not _outranks(content, number, event, occurred_us):
        return Outcome.DUPLICATE
    _replace_spread(content, number, event, occurred_us)
    return Outcome.REPLACED


def _outranks(content: Content, node: int, event: WireEvent, occurred_us: int) -> bool:
    spreads = content.spreads
    standing = (spreads.basis[node], spreads.time[node], spreads.fingerprint[node])
    return (BASIS_RANK[event.parent_basis], occurred_us, fingerprint(event)) < standing


def _add_spread(content: Content, event: WireEvent, occurred_us: int) -> None:
    spreads = content.spreads
    node = spreads.append(event.event_id)
    _write_facts(content, node, event, occurred_us)
    parent, status = parents.resolve(content, node)
    content.tree.add(parent, exact_edge=spreads.basis[node] == 0, live=True)
    content.index[event.event_id] = node
    spreads.status[node] = status
    content.status_counts[status] += 1
    _enter(content, node)
    retractions.target_arrived(content, event.event_id)
    parents.event_arrived(content, event.event_id)


def _replace_spread(content: Content, node: int, event: WireEvent, occurred_us: int) -> None:
    """Put another copy in the place of the standing one: hang it on the root, take its facts out, put the new ones in, find its parent."""
    _leave(content, node)
    _write_facts(content, node, event, occurred_us)
    content.tree.set_exact_edge(node, exact=content.spreads.basis[node] == 0)
    content.tree.placed.add(node)
    _enter(content, node)
    parents.relink(content, node)
    retractions.judge(content, event.event_id)


def _write_facts(content: Content, node: int, event: WireEvent, occurred_us: int) -> None:
    platform = content.platform(event.platform)
    actors = content.actors
    content.spreads.write(
        node,
        kind=event.kind,
        actor=actors.number(platform, event.actor_id),
        time=occurred_us,
        audience=UNKNOWN if event.audience_size is None else event.audience_size,
        fingerprint=fingerprint(event),
        basis=BASIS_RANK[event.parent_basis],
        campaign=event.campaign_id,
        named=event.parent_event_id,
        named_actor=NOBODY if event.parent_actor_id is None else actors.number(platform, event.parent_actor_id),
    )


def _enter(content: Content, node: int) -> None:
    """Count a spread whose facts are written, and place again those that follow its actor."""
    actor = content.spreads.actor[node]
    platform = content.actors.platform[actor]
    content.acts_by_platform[platform] += 1
    minutes.count_act(content, content.spreads.time[node], platform, SHARE, 1, content.tree.live[node])
    minutes.count_depth(content, node, content.tree.depth[node], 1)
    reach.add_spread(content, node)
    parents.enlist(content, node)
    parents.actor_changed(content, actor, node)


def _leave(content: Content, node: int) -> None:
    """Undo `_enter`, and leave the spread on the root, where it lies on no cycle."""
    actor = content.spreads.actor[node]
    platform = content.actors.platform[actor]
    parents.delist(content, node)
    parents.leave(content, node)
    reach.remove_spread(content, node)
    parents.actor_changed(content, actor, node)
    minutes.count_depth(content, node, content.tree.depth[node], -1)
    minutes.count_act(content, content.spreads.time[node], platform, SHARE, -1, -content.tree.live[node])
    content.acts_by_platform[platform] -= 1


def _add_act(content: Content, event: WireEvent, occurred_us: int) -> None:
    acts = content.acts
    platform = content.platform(event.platform)
    actor = content.actors.number(platform, event.actor_id)
    slot = SLOT.get(event.kind, NO_ACT)
    act = acts.append(event.event_id, slot, actor, occurred_us)
    content.index[event.event_id] = ~act
    if slot != NO_ACT:
        content.acts_by_platform[platform] += 1
        minutes.count_act(content, occurred_us, platform, slot, 1, 1)
    span.add_act(content, act, event.campaign_id)
    if slot == POST:
        reach.add_post(content, act, UNKNOWN if event.audience_size is None else event.audience_size)
        parents.author_arrived(content, actor)
    retractions.target_arrived(content, event.event_id)
    parents.event_arrived(content, event.event_id)
    if event.kind == "retract":
        moderator = event.attributes.get("right") == "moderate"
        retractions.add(content, event.target_event_id or "", actor, moderator=moderator)
    elif event.kind == "counter":
        key = (event.counter_kind or "", event.platform)
        told = (occurred_us, event.event_id, event.count or 0)
        content.counters[key] = max(content.counters.get(key, told), told)

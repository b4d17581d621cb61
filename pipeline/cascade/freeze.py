"""`freeze`: read the rows of everything that changed since the last freeze, with the version that they hold for."""

from __future__ import annotations

from pipeline.cascade import reach, span
from pipeline.cascade.content import BASES, KINDS, NOBODY, UNKNOWN, Content
from pipeline.cascade.minutes import MINUTE_US, split_key
from pipeline.cascade.virality import reproduction, structural_virality
from schemas.rows import PARENT_STATUS, Blocks

SLOTS = 64
"""Depths that have a slot of their own in the arrays by depth; one more slot holds all that is deeper."""
_COUNTED = ("share", "like", "comment", "click", "view")


def freeze(content: Content, *, partition: int, offset: int, version: int, out: Blocks) -> None:
    """Append to `out` the present rows of all that changed, then forget what changed.

    `offset` is that of the last record applied to the content, `version` is epoch << 48 | offset. A row frozen again under the same
    version is the same row; so a repeated write changes nothing.
    """
    if not content.changed:
        return
    out["contents"].rows.append(_content_row(content, partition, offset, version))
    out["edges"].rows.extend(_edge_row(content, node, version) for node in sorted(content.tree.placed))
    out["content_minutes"].rows.extend(_minute_row(content, key, version) for key in sorted(content.minutes_changed))
    out["amplifiers"].rows.extend(_amplifier_row(content, actor, version) for actor in sorted(_changed_actors(content)))
    discard(content)


def discard(content: Content) -> None:
    """Forget what changed, without making rows: they were written before (state that is rebuilt)."""
    content.changed = False
    content.tree.placed.clear()
    content.tree.changed_below.clear()
    content.minutes_changed.clear()
    content.actors.changed.clear()


def _changed_actors(content: Content) -> set[int]:
    actor = content.spreads.actor
    changed = set(content.actors.changed)
    changed.update(actor[node] for node in content.tree.placed)
    changed.update(actor[node] for node in content.tree.changed_below)
    return changed


def _content_row(content: Content, partition: int, offset: int, version: int) -> tuple[object, ...]:
    tree, counts = content.tree, content.counts
    first, last = span.seen(content)
    posts, shares, likes, comments, mentions, clicks, views, follows = counts
    _, _, _, _, unresolved, to_self, not_a_spread, cycles = content.status_counts
    return (
        content.content_id,
        span.campaign(content),
        sorted(name for name, acts in zip(content.platforms, content.acts_by_platform, strict=True) if acts),
        first,
        last,
        content.size,
        posts,
        shares,
        likes,
        comments,
        mentions,
        clicks,
        views,
        follows,
        content.undone,
        content.duplicates,
        *_counted(content),
        len(tree.breadth) - 1,
        len(tree.exact_breadth) - 1,
        _slots(tree.breadth, len(tree.breadth)),
        _slots(tree.live_breadth, len(tree.breadth)),
        _slots(tree.reach_breadth, len(tree.breadth)),
        max(_slots(tree.breadth, len(tree.breadth))),
        structural_virality(content.size, tree.depth_sum, tree.square_sum),
        reproduction(tree.breadth),
        content.primary_reach,
        content.secondary_reach,
        reach.estimated(content),
        content.sharers,
        content.sharers_known,
        unresolved,
        to_self,
        not_a_spread,
        cycles,
        content.retractions_refused,
        content.retractions_waiting,
        partition,
        offset,
        version,
    )


def _counted(content: Content) -> list[int]:
    """Totals that platforms tell, summed over platforms, in the order of the row model."""
    totals = dict.fromkeys(_COUNTED, 0)
    for (kind, _), (_, _, count) in content.counters.items():
        totals[kind] += count
    return list(totals.values())


def _slots(histogram: list[int], length: int) -> list[int]:
    """A histogram by depth at the common length, all depths of 64 and more in one last slot."""
    if length > SLOTS + 1:
        return [*histogram[:SLOTS], *[0] * (SLOTS - len(histogram)), sum(histogram[SLOTS:])]
    return histogram + [0] * (length - len(histogram))


def _edge_row(content: Content, node: int, version: int) -> tuple[object, ...]:
    spreads, tree = content.spreads, content.tree
    actor, parent = spreads.actor[node], tree.parent[node]
    return (
        content.content_id,
        spreads.ids[node],
        spreads.kind[node],
        content.platforms[content.actors.platform[actor]],
        spreads.campaign[node] or "",
        content.actors.ids[actor],
        spreads.time[node],
        spreads.ids[parent] if parent >= 0 else "",
        spreads.named[node] or "",
        BASES[spreads.basis[node]],
        PARENT_STATUS[spreads.status[node]],
        tree.depth[node],
        tree.exact[node],
        spreads.audience[node],
        not tree.live[node],
        version,
    )


def _minute_row(content: Content, key: int, version: int) -> tuple[object, ...]:
    number, platform = split_key(key)
    minute = content.minutes[key]
    assert len(minute.live) == len(KINDS)
    return (
        content.content_id,
        content.platforms[platform],
        number * MINUTE_US,
        minute.acts,
        *minute.live,
        max(minute.depths, default=0),
        minute.reach,
        version,
    )


def _amplifier_row(content: Content, actor: int, version: int) -> tuple[object, ...]:
    spreads, tree, actors = content.spreads, content.tree, content.actors
    nodes = actors.spreads(actor)
    live = [node for node in nodes if tree.live[node]]
    first = (live or nodes or [NOBODY])[0]
    return (
        content.content_id,
        content.platforms[actors.platform[actor]],
        actors.ids[actor],
        len(nodes),
        len(live),
        max((spreads.audience[node] for node in live), default=UNKNOWN),
        tree.depth[first] if nodes else 0,
        spreads.time[first] if nodes else 0,
        *_downstream(content, nodes),
        version,
    )


def _downstream(content: Content, nodes: list[int]) -> tuple[int, int]:
    """(live spreads, reach) by others below the actor's spreads, each counted once: the subtrees of its topmost spreads less its own."""
    tree = content.tree
    own = set(nodes)
    topmost = nodes if len(nodes) < 2 else [node for node in nodes if own.isdisjoint(_above(content, node))]  # noqa: PLR2004 -- one
    shares = sum(tree.below_live[node] for node in topmost) - sum(tree.live[node] for node in nodes)
    people = sum(tree.below_reach[node] for node in topmost)
    return shares, people - sum(tree.credit[node] for node in nodes)


def _above(content: Content, node: int) -> list[int]:
    _, *above = content.tree.path(node)
    return above

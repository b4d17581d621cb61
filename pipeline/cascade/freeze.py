"""`freeze`: read the rows of everything that changed since the last freeze, with the version that they hold for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade import reach, span
from pipeline.cascade.codes import BASES, MINUTE_US, NOBODY, PLACED, SPREAD_KINDS, THE_ROOT, UNKNOWN
from pipeline.cascade.virality import reproduction, structural_virality
from schemas.rows import PARENT_STATUS, Blocks

if TYPE_CHECKING:
    from pipeline.cascade.content import Content

SLOTS = 64
"""Depths that have a slot of their own in the arrays by depth; one more slot holds all that is deeper."""
_COUNTED = ("share", "like", "comment", "click", "view")


def freeze(content: Content, *, partition: int, offset: int, version: int, out: Blocks) -> None:
    """Append to `out` the present rows of all that changed, then forget what changed.

    `offset` is that of the last record applied to the content, `version` is epoch << 48 | offset. A row frozen again under the same
    version is the same row; so a repeated write changes nothing.
    """
    _freeze(content, partition, offset, version, out)


def _freeze(content: Content, partition: int, offset: int, version: int, out: Blocks) -> None:
    if not content.changed:
        return
    out["contents"].rows.append(_content_row(content, partition, offset, version))
    _edge_rows(content, version, out["edges"].rows)
    out["content_minutes"].rows.extend([_minute_row(content, row, version) for row in sorted(content.minutes.changed)])
    actors = sorted(_changed_actors(content))
    out["amplifiers"].rows.extend([_amplifier_row(content, actor, version) for actor in actors])
    discard(content)


def discard(content: Content) -> None:
    """Forget what changed, without making rows: they were written before (state that is rebuilt)."""
    content.changed = False
    content.tree.forget_marks()
    content.minutes.changed.clear()
    content.actors.changed.clear()


def _changed_actors(content: Content) -> set[int]:
    spreads = content.spreads
    return content.actors.changed.union([spreads.actor[node] for node in content.tree.marked])


def _edge_rows(content: Content, version: int, rows: list[tuple[object, ...]]) -> None:
    tree = content.tree
    placed = [node for node in sorted(tree.marked) if tree.mark[node] & PLACED]
    rows.extend([_edge_row(content, node, version) for node in placed])


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
    spreads, tree, names = content.spreads, content.tree, content.events.names
    actor, parent = spreads.actor[node], tree.parent[node]
    campaign = spreads.campaign[node]
    return (
        content.content_id,
        names.text(spreads.event[node]),
        SPREAD_KINDS[spreads.kind[node]],
        content.platforms[content.actors.platform[actor]],
        "" if campaign < 0 else content.campaigns.text(campaign),
        content.actors.names.text(actor),
        spreads.time[node],
        names.text(spreads.event[parent]) if parent >= 0 else "",
        _named(content, node),
        BASES[spreads.basis[node]],
        PARENT_STATUS[spreads.status[node]],
        tree.depth[node],
        tree.exact[node],
        spreads.audience[node],
        tree.live[node] == 0,
        version,
    )


def _named(content: Content, node: int) -> str:
    named = content.spreads.named[node]
    if named == THE_ROOT:
        return content.content_id
    return "" if named < 0 else content.events.names.text(named)


def _minute_row(content: Content, row: int, version: int) -> tuple[object, ...]:
    minutes = content.minutes
    return (
        content.content_id,
        content.platforms[minutes.platform[row]],
        minutes.minute[row] * MINUTE_US,
        minutes.acts[row],
        *minutes.lives(row),
        minutes.depth(row),
        minutes.reach[row],
        version,
    )


def _amplifier_row(content: Content, actor: int, version: int) -> tuple[object, ...]:
    spreads, tree, actors = content.spreads, content.tree, content.actors
    only = actors.first[actor]
    if only < 0:
        return _row_of_several(content, actor, version)
    live = tree.live[only]
    return (
        content.content_id,
        content.platforms[actors.platform[actor]],
        actors.names.text(actor),
        1,
        int(live),
        spreads.audience[only] if live else UNKNOWN,
        tree.depth[only],
        spreads.time[only],
        tree.below_live[only] - live,
        tree.below_reach[only] - tree.credit[only],
        version,
    )


def _row_of_several(content: Content, actor: int, version: int) -> tuple[object, ...]:
    """The row of an actor with no spread, or with more than one."""
    spreads, tree, actors = content.spreads, content.tree, content.actors
    nodes = actors.spreads(actor)
    live = [node for node in nodes if tree.live[node]]
    first = (live or nodes or [NOBODY])[0]
    return (
        content.content_id,
        content.platforms[actors.platform[actor]],
        actors.names.text(actor),
        len(nodes),
        len(live),
        max([spreads.audience[node] for node in live], default=UNKNOWN),
        tree.depth[first] if nodes else 0,
        spreads.time[first] if nodes else 0,
        *_downstream(content, nodes),
        version,
    )


def _downstream(content: Content, nodes: list[int]) -> tuple[int, int]:
    """(live spreads, reach) by others below the actor's spreads, each counted once: the subtrees of its topmost spreads less its own."""
    tree = content.tree
    own = set(nodes)
    shares = people = 0
    for node in nodes:
        shares -= tree.live[node]
        people -= tree.credit[node]
        if not _is_below(content, node, own):
            shares += tree.below_live[node]
            people += tree.below_reach[node]
    return shares, people


def _is_below(content: Content, node: int, own: set[int]) -> bool:
    tree = content.tree
    above = tree.parent[node]
    while above >= 0:
        if above in own:
            return True
        above = tree.parent[above]
    return False

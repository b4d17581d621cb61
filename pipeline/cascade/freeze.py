"""`freeze`: read the rows of everything that changed since the last freeze, with the version that they hold for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade import reach, span
from pipeline.cascade.blocks import Amplifiers, ContentMinutes, Edges
from pipeline.cascade.codes import BASES, MINUTE_US, NOBODY, PLACED, SPREAD_KINDS, THE_ROOT, UNKNOWN
from pipeline.cascade.virality import reproduction, structural_virality
from schemas.rows import PARENT_STATUS

if TYPE_CHECKING:
    from pipeline.cascade.content import Content
    from pipeline.cascade.names import Names
    from pipeline.cascade.packed import Column
    from schemas.rows import Blocks

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
    out.loose("contents").rows.append(_content_row(content, partition, offset, version))
    _edge_rows(content, version, out)
    _minute_rows(content, version, out)
    _amplifier_rows(content, version, out)
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


def _edge_rows(content: Content, version: int, out: Blocks) -> None:
    tree = content.tree
    placed = [node for node in sorted(tree.marked) if tree.mark[node] & PLACED]
    if placed:
        block = out.packed("edges", Edges)
        for node in placed:
            _edge_row(content, node, version, block)


def _minute_rows(content: Content, version: int, out: Blocks) -> None:
    changed = sorted(content.minutes.changed)
    if changed:
        block = out.packed("content_minutes", ContentMinutes)
        for row in changed:
            _minute_row(content, row, version, block)


def _amplifier_rows(content: Content, version: int, out: Blocks) -> None:
    changed = sorted(_changed_actors(content))
    if changed:
        block = out.packed("amplifiers", Amplifiers)
        for actor in changed:
            _amplifier_row(content, actor, version, block)


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


def _edge_row(content: Content, node: int, version: int, out: Edges) -> None:
    spreads, tree, actors, names = content.spreads, content.tree, content.actors, content.events.names
    actor, parent, campaign = spreads.actor[node], tree.parent[node], spreads.campaign[node]
    out.content_id.add_text(content.content_id)
    names.pack(spreads.event[node], out.event_id)
    out.kind.add_coded(SPREAD_KINDS[spreads.kind[node]])
    out.platform.add_coded(content.platforms[actors.platform[actor]])
    _pack(content.campaigns, campaign, out.campaign_id)
    actors.names.pack(actor, out.actor_id)
    out.occurred_at.add_number(spreads.time[node])
    _pack(names, spreads.event[parent] if parent >= 0 else NOBODY, out.parent_event_id)
    _pack_named(content, node, out.named_parent_event_id)
    out.parent_basis.add_coded(BASES[spreads.basis[node]])
    out.parent_status.add_coded(PARENT_STATUS[spreads.status[node]])
    out.depth.add_number(tree.depth[node])
    out.depth_exact.add_number(tree.exact[node])
    out.audience_size.add_number(spreads.audience[node])
    out.retracted.add_flag(tree.live[node] == 0)
    out.version.add_number(version)


def _pack(names: Names, number: int, out: Column) -> None:
    if number < 0:
        out.add_text("")
    else:
        names.pack(number, out)


def _pack_named(content: Content, node: int, out: Column) -> None:
    named = content.spreads.named[node]
    if named == THE_ROOT:
        out.add_text(content.content_id)
    else:
        _pack(content.events.names, named, out)


def _minute_row(content: Content, row: int, version: int, out: ContentMinutes) -> None:
    minutes = content.minutes
    posts, shares, likes, comments, mentions, clicks, views, follows = minutes.lives(row)
    out.content_id.add_text(content.content_id)
    out.platform.add_coded(content.platforms[minutes.platform[row]])
    out.minute.add_number(minutes.minute[row] * MINUTE_US)
    out.acts.add_number(minutes.acts[row])
    out.posts.add_number(posts)
    out.shares.add_number(shares)
    out.likes.add_number(likes)
    out.comments.add_number(comments)
    out.mentions.add_number(mentions)
    out.clicks.add_number(clicks)
    out.views.add_number(views)
    out.follows.add_number(follows)
    out.depth.add_number(minutes.depth(row))
    out.secondary_reach.add_number(minutes.reach[row])
    out.version.add_number(version)


def _amplifier_row(content: Content, actor: int, version: int, out: Amplifiers) -> None:
    actors = content.actors
    out.content_id.add_text(content.content_id)
    out.platform.add_coded(content.platforms[actors.platform[actor]])
    actors.names.pack(actor, out.actor_id)
    if actors.first[actor] >= 0:
        _one_spread(content, actors.first[actor], out)
    else:
        _several_spreads(content, actor, out)
    out.version.add_number(version)


def _one_spread(content: Content, only: int, out: Amplifiers) -> None:
    spreads, tree = content.spreads, content.tree
    live = tree.live[only]
    out.spreads.add_number(1)
    out.shares.add_number(live)
    out.audience_size.add_number(spreads.audience[only] if live else UNKNOWN)
    out.depth.add_number(tree.depth[only])
    out.first_shared_at.add_number(spreads.time[only])
    out.downstream_shares.add_number(tree.below_live[only] - live)
    out.downstream_reach.add_number(tree.below_reach[only] - tree.credit[only])


def _several_spreads(content: Content, actor: int, out: Amplifiers) -> None:
    """Of an actor with no spread, or with more than one."""
    spreads, tree = content.spreads, content.tree
    nodes = content.actors.spreads(actor)
    live = [node for node in nodes if tree.live[node]]
    first = (live or nodes or [NOBODY])[0]
    shares, people = downstream(content, nodes)
    out.spreads.add_number(len(nodes))
    out.shares.add_number(len(live))
    out.audience_size.add_number(max([spreads.audience[node] for node in live], default=UNKNOWN))
    out.depth.add_number(tree.depth[first] if nodes else 0)
    out.first_shared_at.add_number(spreads.time[first] if nodes else 0)
    out.downstream_shares.add_number(shares)
    out.downstream_reach.add_number(people)


def downstream(content: Content, nodes: list[int]) -> tuple[int, int]:
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

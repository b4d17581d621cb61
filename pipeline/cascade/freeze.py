"""`freeze`: read the rows of everything that changed since the last freeze, with the version that they hold for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade import reach, span
from pipeline.cascade.blocks import Amplifiers, ContentMinutes, Edges
from pipeline.cascade.codes import BASES, BELOW, MINUTE_US, NOBODY, PLACED, SPREAD_KINDS, THE_ROOT, UNKNOWN
from pipeline.cascade.virality import reproduction, structural_virality
from schemas.rows import PARENT_STATUS

if TYPE_CHECKING:
    from array import array

    from pipeline.cascade.content import Content
    from pipeline.cascade.names import Names
    from pipeline.cascade.packed import Column
    from pipeline.cascade.stack import Stack
    from schemas.rows import Blocks

SLOTS = 64
"""Depths that have a slot of their own in the arrays by depth; one more slot holds all that is deeper."""
AT_ONCE = 8192
"""Rows of amplifiers of one content that a freeze makes although only what is below them changed."""
_MANY = 64
_COUNTED = ("share", "like", "comment", "click", "view")


def freeze(content: Content, *, partition: int, offset: int, version: int, out: Blocks, at_once: int = AT_ONCE) -> bool:
    """Append to `out` the present rows of all that changed, then forget what changed.

    `offset` is that of the last record applied to the content, `version` is epoch << 48 | offset. A row frozen again under the same
    version is the same row; so a repeated write changes nothing.

    One spread changes the sums of every amplifier above it, so in a large and deep cascade most rows would be those of amplifiers who did nothing
    themselves. Of these `at_once` at most are made; the others wait for the next freezes, in turn. Returns whether any wait. They are not in the
    changelog: see `suspect`.
    """
    _freeze(content, partition, offset, version, out, at_once)
    return is_behind(content)


def _freeze(content: Content, partition: int, offset: int, version: int, out: Blocks, at_once: int) -> None:
    if content.changed:
        out.loose("contents").rows.append(_content_row(content, partition, offset, version))
        _edge_rows(content, version, out)
        _minute_rows(content, version, out)
        _note_amplifiers(content)
        content.changed = False
        content.tree.forget_marks()
        content.minutes.forget_marks()
    _amplifier_rows(content, version, out, at_once)


def discard(content: Content) -> None:
    """Forget what changed without making rows: they were written before (state that is rebuilt)."""
    content.changed = False
    content.tree.forget_marks()
    content.minutes.forget_marks()
    content.actors.forget_marks()


def suspect(content: Content, at_once: int = AT_ONCE) -> bool:
    """After `discard`: whoever wrote the rows before may have left those of amplifiers for later, so let them all be made again where there are
    more than `at_once`. Returns whether any wait.
    """
    if content.actors.rows > at_once:
        content.actors.change_all(BELOW)
    return is_behind(content)


def is_behind(content: Content) -> bool:
    """Whether rows of amplifiers wait although nothing changed since the last freeze."""
    return not content.changed and content.actors.changed.rows > 0


def _edge_rows(content: Content, version: int, out: Blocks) -> None:
    tree, marked = content.tree, content.tree.marked
    if marked.rows:
        _put_in_order(marked, tree.mark, tree.rows)
        block = out.packed("edges", Edges)
        for place in range(marked.rows):
            node = marked.number[place]
            if tree.mark[node] & PLACED:
                _edge_row(content, node, version, block)


def _minute_rows(content: Content, version: int, out: Blocks) -> None:
    changed = content.minutes.changed
    if changed.rows:
        block = out.packed("content_minutes", ContentMinutes)
        for place in range(changed.rows):
            _minute_row(content, changed.number[place], version, block)


def _note_amplifiers(content: Content) -> None:
    tree, marked = content.tree, content.tree.marked
    for place in range(marked.rows):
        node = marked.number[place]
        content.actors.change(content.spreads.actor[node], tree.mark[node])


def _amplifier_rows(content: Content, version: int, out: Blocks, at_once: int) -> None:
    actors, changed = content.actors, content.actors.changed
    if changed.rows:
        block = out.packed("amplifiers", Amplifiers)
        if changed.rows > at_once:
            _some_amplifier_rows(content, version, block, at_once)
            return
        _put_in_order(changed, actors.mark, actors.rows)
        for place in range(changed.rows):
            _amplifier_row(content, changed.number[place], version, block)
        actors.forget_marks()


def _some_amplifier_rows(content: Content, version: int, block: Amplifiers, left: int) -> None:
    """Rows of all who did something, and of `left` others from the one whose turn it is on."""
    actors = content.actors
    actor = actors.turn
    for _ in range(actors.rows):
        if actor >= actors.rows:
            actor = 0
        if actors.mark[actor] & PLACED or (actors.mark[actor] and left > 0):
            if not actors.mark[actor] & PLACED:
                left -= 1
                actors.turn = actor + 1
            actors.mark[actor] = 0
            _amplifier_row(content, actor, version, block)
        actor += 1
    actors.drop_made()


def _put_in_order(changed: Stack, mark: array[int], rows: int) -> None:
    """So that many are read from the front of memory to its end. Few stay as they came. `changed` holds those of `rows` that have a mark."""
    if changed.rows < _MANY or changed.rows < rows // _MANY:
        return
    place = 0
    for number in range(rows):
        if mark[number]:
            changed.number[place] = number
            place += 1


def _content_row(content: Content, partition: int, offset: int, version: int) -> tuple[object, ...]:
    tree, levels, counts = content.tree, content.tree.levels, content.counts
    breadth = levels.listed(levels.nodes)
    slots = _slots(breadth, len(breadth))
    first, last = span.seen(content)
    posts, shares, likes, comments, mentions, clicks, views, follows = counts
    _, _, _, _, unresolved, to_self, not_a_spread, cycles = content.status_counts
    return (
        content.content_id,
        span.campaign(content),
        sorted(name for name, acts in zip(content.platforms, content.acts_by_platform, strict=True) if acts),
        first,
        last,
        0 if content.is_merged else content.size,
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
        len(breadth) - 1,
        len(levels.listed(levels.exact)) - 1,
        slots,
        _slots(levels.listed(levels.live), len(breadth)),
        _slots(levels.listed(levels.reach), len(breadth)),
        max(slots),
        structural_virality(content.size, tree.depth_sum, tree.square_sum()),
        reproduction(breadth),
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
    """Totals that platforms tell, summed over platforms and posts, in the order of the row model."""
    totals = dict.fromkeys(_COUNTED, 0)
    for (kind, _, _), (_, _, count) in content.counters.items():
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


def hide(content: Content, *, version: int, out: Blocks) -> None:
    """Append the rows that hide all rows of a content whose facts belong to another one now: spreads at depth 0, minutes without acts, actors
    without spreads. That of the content itself comes from the state that takes its place.
    """
    for node in range(content.spreads.rows):
        _void_edge(content, node, version, out.packed("edges", Edges))
    for row in range(content.minutes.rows):
        _void_minute(content, row, version, out.packed("content_minutes", ContentMinutes))
    for actor in range(content.actors.rows):
        _void_amplifier(content, actor, version, out.packed("amplifiers", Amplifiers))


def _void_edge(content: Content, node: int, version: int, out: Edges) -> None:
    spreads, actors = content.spreads, content.actors
    out.content_id.add_text(content.content_id)
    content.events.names.pack(spreads.event[node], out.event_id)
    out.kind.add_coded(SPREAD_KINDS[spreads.kind[node]])
    out.platform.add_coded(content.platforms[actors.platform[spreads.actor[node]]])
    out.occurred_at.add_number(spreads.time[node])
    out.parent_basis.add_coded(BASES[spreads.basis[node]])
    out.parent_status.add_coded(PARENT_STATUS[spreads.status[node]])
    for text in (out.campaign_id, out.actor_id, out.parent_event_id, out.named_parent_event_id):
        text.add_text("")
    for number in (out.depth, out.depth_exact):
        number.add_number(0)
    out.audience_size.add_number(UNKNOWN)
    out.retracted.add_flag(True)
    out.version.add_number(version)


def _void_minute(content: Content, row: int, version: int, out: ContentMinutes) -> None:
    minutes = content.minutes
    out.content_id.add_text(content.content_id)
    out.platform.add_coded(content.platforms[minutes.platform[row]])
    out.minute.add_number(minutes.minute[row] * MINUTE_US)
    for count in (out.acts, out.posts, out.shares, out.likes, out.comments, out.mentions, out.clicks, out.views):
        count.add_number(0)
    for count in (out.follows, out.depth, out.secondary_reach):
        count.add_number(0)
    out.version.add_number(version)


def _void_amplifier(content: Content, actor: int, version: int, out: Amplifiers) -> None:
    out.content_id.add_text(content.content_id)
    out.platform.add_coded(content.platforms[content.actors.platform[actor]])
    content.actors.names.pack(actor, out.actor_id)
    for count in (out.spreads, out.shares, out.depth, out.first_shared_at, out.downstream_shares, out.downstream_reach):
        count.add_number(0)
    out.audience_size.add_number(UNKNOWN)
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
    first, shares, audience = NOBODY, 0, UNKNOWN
    for place in range(nodes.rows):
        node = nodes.number[place]
        if tree.live[node]:
            first = node if not shares else first
            shares += 1
            audience = max(audience, spreads.audience[node])
    if nodes.rows and not shares:
        first = nodes.number[0]
    others, people = downstream(content, actor, nodes)
    out.spreads.add_number(nodes.rows)
    out.shares.add_number(shares)
    out.audience_size.add_number(audience)
    out.depth.add_number(tree.depth[first] if nodes.rows else 0)
    out.first_shared_at.add_number(spreads.time[first] if nodes.rows else 0)
    out.downstream_shares.add_number(others)
    out.downstream_reach.add_number(people)


def downstream(content: Content, actor: int, nodes: Stack) -> tuple[int, int]:
    """(live spreads, reach) by others below an actor's spreads `nodes`, each counted once: the subtrees of its topmost spreads less its own."""
    tree = content.tree
    others = people = 0
    top, bottom = _span(content, nodes)
    for place in range(nodes.rows):
        node = nodes.number[place]
        others -= tree.live[node]
        people -= tree.credit[node]
        if not (top < tree.depth[node] < bottom and _is_below(content, node, actor, tree.depth[node] - top)):
            others += tree.below_live[node]
            people += tree.below_reach[node]
    return others, people


def _span(content: Content, nodes: Stack) -> tuple[int, int]:
    """Only at depths between these two may a spread be below one of `nodes`: a subtree of s nodes goes less than s deeper than its top."""
    tree = content.tree
    top, bottom = tree.rows, 0
    for place in range(nodes.rows):
        node = nodes.number[place]
        if tree.size[node] > 1:
            top = min(top, tree.depth[node])
            bottom = max(bottom, tree.depth[node] + tree.size[node])
    return top, bottom


def _is_below(content: Content, node: int, actor: int, steps: int) -> bool:
    """Whether one of the `steps` spreads above is the actor's too."""
    tree, spreads = content.tree, content.spreads
    above = tree.parent[node]
    while above >= 0 and steps > 0:
        if spreads.actor[above] == actor:
            return True
        above = tree.parent[above]
        steps -= 1
    return False

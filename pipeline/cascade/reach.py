"""Reach: whose audience counts, how much of it, and for which spread.

Each actor counts once per content: with the largest known audience among its live spreads, attributed to the earliest of them by
(occurred_at, event_id). The author of a post counts for primary reach and never for secondary reach, whenever the post arrives.

Estimated unique reach per platform is U = N·(1 − Π(1 − f/N)) over the audiences f counted, as if each were drawn at random from the
addressable population N. The product is kept as Σ log1p(−f/N) in fixed point (units of 2⁻⁴⁰), so that taking a value out again
leaves exactly what was there before.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pipeline.cascade import minutes
from pipeline.cascade.ages import people
from pipeline.cascade.codes import NOBODY, SEVERAL, UNKNOWN
from pipeline.cascade.logs import UNIT, log_not_reached

if TYPE_CHECKING:
    from pipeline.cascade.content import Content


def add_spread(content: Content, node: int) -> None:
    """Enter a spread among its actor's spreads and count it if it is live."""
    actors, spreads = content.actors, content.spreads
    actor = spreads.actor[node]
    _list_spread(content, actor, node)
    if not content.tree.live[node] or (actors.posts and actor in actors.posts):
        return
    counted, value = actors.counted[actor], actors.value[actor]
    if counted == NOBODY or spreads.before(node, counted):
        counted = node
    _count(content, actor, counted, max(value, spreads.audience[node]))


def remove_spread(content: Content, node: int) -> None:
    """Take a spread out of its actor's spreads (another copy, perhaps of another actor, takes its place)."""
    actors = content.actors
    actor = content.spreads.actor[node]
    if actors.first[actor] == SEVERAL:
        left = actors.more[actor]
        left.remove(node)
        if len(left) == 1:
            actors.first[actor] = left[0]
            del actors.more[actor]
    else:
        actors.first[actor] = NOBODY
    actors.changed.add(actor)
    recount(content, actor)


def recount(content: Content, actor: int) -> None:
    """Judge again, from all its spreads, where and with what audience an actor counts."""
    actors, spreads, tree = content.actors, content.spreads, content.tree
    theirs = actors.spreads(actor)
    if theirs:
        actors.changed.add(actor)
    counting = [] if actor in actors.posts else [node for node in theirs if tree.live[node]]
    value = max([spreads.audience[node] for node in counting], default=UNKNOWN)
    _count(content, actor, counting[0] if counting else NOBODY, value)


def add_post(content: Content, act: int, audience: int) -> None:
    """Enter a post: its actor is an author from now on."""
    actor = content.acts.actor[act]
    posts = content.actors.posts.get(actor)
    if posts is None:
        posts = content.actors.posts[actor] = []
        recount(content, actor)
    posts.append((act, audience))
    content.ages.add(content.acts.time[act], 0, people(audience))
    recount_author(content, actor)


def audience_of(content: Content, act: int) -> int:
    """The audience of a post, or UNKNOWN."""
    audience: int = dict(content.actors.posts[content.acts.actor[act]])[act]
    return audience


def recount_author(content: Content, actor: int) -> None:
    """Judge again with what audience an author counts for primary reach."""
    actors, acts = content.actors, content.acts
    audience = max([audience for act, audience in actors.posts[actor] if acts.live[act]], default=UNKNOWN)
    before = actors.author_value.get(actor, UNKNOWN)
    actors.author_value[actor] = audience
    content.primary_reach += max(audience, 0) - max(before, 0)
    _add_log(content, actor, before, -1)
    _add_log(content, actor, audience, 1)


def estimated(content: Content) -> float:
    """Estimated unique reach over all platforms, in people."""
    sums = sorted(zip(content.platforms, content.people, content.log_sums, strict=True))
    return math.fsum([-people * math.expm1(total / UNIT) for _, people, total in sums if total])


def _list_spread(content: Content, actor: int, node: int) -> None:
    actors = content.actors
    if actors.first[actor] == NOBODY:
        actors.first[actor] = node
        return
    theirs = actors.more[actor] = actors.spreads(actor)
    theirs.insert(content.spreads.position(theirs, node, True), node)
    actors.first[actor] = SEVERAL


def _count(content: Content, actor: int, node: int, value: int) -> None:
    """Let the actor count `value` people (or UNKNOWN) at `node` (or nowhere) instead of what it had."""
    actors = content.actors
    old_node, old_value = actors.counted[actor], actors.value[actor]
    if node == old_node and value == old_value:
        return
    actors.counted[actor], actors.value[actor] = node, value
    if old_node != NOBODY:
        _attribute(content, actor, old_node, old_value, -1)
    if node != NOBODY:
        _attribute(content, actor, node, value, 1)


def _attribute(content: Content, actor: int, node: int, value: int, sign: int) -> None:
    people = max(value, 0)
    content.sharers += sign
    content.sharers_known += sign * (value != UNKNOWN)
    if people:
        content.secondary_reach += sign * people
        content.tree.set_credit(node, people if sign > 0 else 0)
        minutes.add_reach(content, node, sign * people)
        _add_log(content, actor, people, sign)


def _add_log(content: Content, actor: int, audience: int, sign: int) -> None:
    if audience <= 0:
        return
    platform = content.actors.platform[actor]
    people: int = content.people[platform]
    content.log_sums[platform] += sign * log_not_reached(min(audience, people - 1), people)

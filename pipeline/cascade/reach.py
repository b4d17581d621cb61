"""Reach: whose audience counts, how much of it, and for which spread.

Each actor counts once per content: with the largest known audience among its live spreads, attributed to the earliest of them by
(occurred_at, event_id). The author of a post counts for primary reach and never for secondary reach, whenever the post arrives.

Estimated unique reach per platform is U = N·(1 − Π(1 − f/N)) over the audiences f counted, as if each were drawn at random from the
addressable population N. The product is kept as Σ log1p(−f/N) in fixed point (units of 2⁻⁴⁰), so that taking a value out again
leaves exactly what was there before.
"""

from __future__ import annotations

import math
from bisect import insort

from pipeline.cascade import minutes
from pipeline.cascade.content import NOBODY, UNKNOWN, Content

OTHER_POPULATION = 100_000_000
"""People that could be reached on a platform that the settings do not name."""
_FIXED_POINT = 1 << 40


def add_spread(content: Content, node: int) -> None:
    """Enter a spread among its actor's spreads and count it if it is live."""
    actors, spreads = content.actors, content.spreads
    actor = spreads.actor[node]
    actors.changed.add(actor)
    _list_spread(content, actor, node)
    if not content.tree.live[node] or actor in actors.posts:
        return
    counted, value = actors.counted[actor], actors.value[actor]
    if counted == NOBODY or spreads.key(node) < spreads.key(counted):
        counted = node
    _count(content, actor, counted, max(value, spreads.audience[node]))


def remove_spread(content: Content, node: int) -> None:
    """Take a spread out of its actor's spreads (another copy, perhaps of another actor, takes its place)."""
    actors = content.actors
    actor = content.spreads.actor[node]
    if actor in actors.more:
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
    actors, spreads, live = content.actors, content.spreads, content.tree.live
    theirs = actors.spreads(actor)
    if theirs:
        actors.changed.add(actor)
    counting = [] if actor in actors.posts else [node for node in theirs if live[node]]
    value = max((spreads.audience[node] for node in counting), default=UNKNOWN)
    _count(content, actor, counting[0] if counting else NOBODY, value)


def add_post(content: Content, act: int, audience: int) -> None:
    """Enter a post: its actor is an author from now on."""
    actor = content.acts.actor[act]
    posts = content.actors.posts.get(actor)
    if posts is None:
        posts = content.actors.posts[actor] = []
        recount(content, actor)
    posts.append((act, audience))
    recount_author(content, actor)


def recount_author(content: Content, actor: int) -> None:
    """Judge again with what audience an author counts for primary reach."""
    actors, live = content.actors, content.acts.live
    audience = max((audience for act, audience in actors.posts[actor] if live[act]), default=UNKNOWN)
    before = actors.author_value.get(actor, UNKNOWN)
    actors.author_value[actor] = audience
    content.primary_reach += max(audience, 0) - max(before, 0)
    _add_log(content, actor, before, -1)
    _add_log(content, actor, audience, 1)


def estimated(content: Content) -> float:
    """Estimated unique reach over all platforms, in people."""
    names = content.platforms
    return math.fsum(
        -_population(content, platform) * math.expm1(total / _FIXED_POINT)
        for platform, total in sorted(content.log_sums.items(), key=lambda item: names[item[0]])
    )


def _list_spread(content: Content, actor: int, node: int) -> None:
    actors = content.actors
    if actor in actors.more:
        insort(actors.more[actor], node, key=content.spreads.key)
    elif actors.first[actor] == NOBODY:
        actors.first[actor] = node
    else:
        actors.more[actor] = sorted((actors.first[actor], node), key=content.spreads.key)
        actors.first[actor] = NOBODY


def _count(content: Content, actor: int, node: int, value: int) -> None:
    """Let the actor count `value` people (or UNKNOWN) at `node` (or nowhere) instead of what it had."""
    actors = content.actors
    old_node, old_value = actors.counted[actor], actors.value[actor]
    if (node, value) == (old_node, old_value):
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


def _population(content: Content, platform: int) -> int:
    return content.population.get(content.platforms[platform], OTHER_POPULATION)


def _add_log(content: Content, actor: int, audience: int, sign: int) -> None:
    if audience <= 0:
        return
    platform = content.actors.platform[actor]
    people = _population(content, platform)
    term = round(math.log1p(-min(audience, people - 1) / people) * _FIXED_POINT)
    content.log_sums[platform] = content.log_sums.get(platform, 0) + sign * term

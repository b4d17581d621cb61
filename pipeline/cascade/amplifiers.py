"""Who carried a content furthest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline.cascade.codes import NOBODY, UNKNOWN
from pipeline.cascade.freeze import downstream

if TYPE_CHECKING:
    from pipeline.cascade.content import Content

_Rank = tuple[int, int, int, int]
_SPARE = 100  # candidates that are kept before the best of them are picked


class Amplifier(NamedTuple):
    """An actor with a spread, and what came of it; the figures are those of the amplifiers table."""

    platform: str
    actor_id: str
    downstream_shares: int
    downstream_reach: int
    audience: int | None
    """The largest known one among live spreads; None = not known."""
    depth: int
    """Of the earliest live spread."""


def top_amplifiers(content: Content, n: int = 3) -> list[Amplifier]:
    """The `n` actors with the greatest downstream reach; ties by downstream shares, audience, the earlier spread, then platform and id.

    O(actors), some 50 ms for a million: for alerts, not for every refresh.
    """
    found: list[tuple[_Rank, int]] = []
    least_reach = least_shares = -1
    least_people, latest = UNKNOWN, 0
    for actor in range(content.actors.rows):
        if content.actors.first[actor] == NOBODY:
            continue
        reach = _most_reach(content, actor)
        if reach < least_reach:
            continue
        shares = _most_shares(content, actor)
        if reach == least_reach and shares <= least_shares:
            people = _audience(content, actor)
            if shares < least_shares or people < least_people:
                continue
            if people == least_people and _first_time(content, actor) > latest:
                continue
        found.append((_rank(content, actor), actor))
        if len(found) >= n + _SPARE:
            found = _best(content, found, n)
            least_reach, least_shares, least_people = [-part for part in found[-1][0][:3]]
            latest = found[-1][0][3]
    return [_amplifier(content, actor, -rank[1], -rank[0]) for rank, actor in _best(content, found, n)]


def _rank(content: Content, actor: int) -> _Rank:
    shares, reach = downstream(content, content.actors.spreads(actor))
    return -reach, -shares, -_audience(content, actor), _first_time(content, actor)


def _most_reach(content: Content, actor: int) -> int:
    """Downstream reach of an actor with one spread; of one with several, whose subtrees may overlap, no less than that."""
    tree, only = content.tree, content.actors.first[actor]
    if only >= 0:
        return tree.below_reach[only] - tree.credit[only]
    return sum([tree.below_reach[node] - tree.credit[node] for node in content.actors.spreads(actor)])


def _most_shares(content: Content, actor: int) -> int:
    """The same for downstream shares."""
    tree, only = content.tree, content.actors.first[actor]
    if only >= 0:
        return tree.below_live[only] - tree.live[only]
    return sum([tree.below_live[node] - tree.live[node] for node in content.actors.spreads(actor)])


def _best(content: Content, found: list[tuple[_Rank, int]], n: int) -> list[tuple[_Rank, int]]:
    named = [
        (rank, content.platforms[content.actors.platform[actor]], _name(content, actor), actor) for rank, actor in found
    ]
    return [(rank, actor) for rank, _, _, actor in sorted(named)[: max(n, 1)]][:n]


def _name(content: Content, actor: int) -> str:
    return content.actors.names.text(actor)


def _earliest(content: Content, actor: int) -> int:
    """Its earliest live spread, else its earliest."""
    only = content.actors.first[actor]
    if only >= 0:
        return only
    nodes = content.actors.spreads(actor)
    for node in nodes:
        if content.tree.live[node]:
            return node
    return nodes[0]


def _first_time(content: Content, actor: int) -> int:
    return content.spreads.time[_earliest(content, actor)]


def _audience(content: Content, actor: int) -> int:
    """The largest known audience among its live spreads, or UNKNOWN."""
    only = content.actors.first[actor]
    if only >= 0:
        return content.spreads.audience[only] if content.tree.live[only] else UNKNOWN
    known = [content.spreads.audience[node] for node in content.actors.spreads(actor) if content.tree.live[node]]
    return max(known, default=UNKNOWN)


def _amplifier(content: Content, actor: int, shares: int, reach: int) -> Amplifier:
    audience = _audience(content, actor)
    return Amplifier(
        content.platforms[content.actors.platform[actor]],
        _name(content, actor),
        shares,
        reach,
        None if audience == UNKNOWN else audience,
        content.tree.depth[_earliest(content, actor)],
    )

"""The slow and obvious reading of the rules: which copies stand, which acts are undone, who hangs on whom.

Nothing here is clever or incremental, and nothing is shared with `pipeline.cascade`: the core is tested against this.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from schemas.wire import fingerprint

if TYPE_CHECKING:
    from schemas.wire import WireEvent

SPREADS = ("share", "repin", "quote")
ACTS = ("post", *SPREADS, "like", "comment", "mention", "click", "view", "follow")
BASIS_RANK = {"exact": 0, "inferred": 1, "root_only": 2, "none": 3}
ROOT = ""
"""Stands for the virtual root where an event id is expected."""

Actor = tuple[str, str]


def microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def moment_key(event: WireEvent) -> tuple[int, str]:
    return microseconds(event.occurred_at), event.event_id


def actor_of(event: WireEvent) -> Actor:
    return event.platform, event.actor_id


def copy_rank(event: WireEvent) -> tuple[int, int, int]:
    return BASIS_RANK[event.parent_basis], microseconds(event.occurred_at), fingerprint(event)


def standing_copies(events: list[WireEvent]) -> dict[str, WireEvent]:
    """The copy of each event id that stands. The first copy tells whether the id is a spread."""
    standing = {}
    for event in events:
        copies = [other for other in events if other.event_id == event.event_id]
        spreads = [other for other in copies if other.kind in SPREADS]
        standing[event.event_id] = min(spreads, key=copy_rank) if copies[0].kind in SPREADS else copies[0]
    return standing


def largest_audience(events: list[WireEvent]) -> int | None:
    return max((event.audience_size for event in events if event.audience_size is not None), default=None)


def mean_distance(neighbours: dict[str, list[str]]) -> float:
    """Mean number of edges between all pairs of nodes: a walk from every node to every other."""
    total = pairs = 0
    for start in neighbours:
        distance = {start: 0}
        queue = [start]
        for node in queue:
            for neighbour in neighbours[node]:
                if neighbour not in distance:
                    distance[neighbour] = distance[node] + 1
                    queue.append(neighbour)
        total += sum(distance.values())
        pairs += len(distance) - 1
    return total / pairs if pairs else 0.0


def unique_reach(audiences: list[int], population: int) -> float:
    """N·(1 - Π(1 - f/N)) over the sum of log1p(-f/N) in units of 2^-40, which is how the figure is defined."""
    units = sum(round(math.log1p(-min(audience, population - 1) / population) * 2**40) for audience in audiences)
    return -population * math.expm1(units / 2**40)


class Facts:
    """One content as the list of its events tells it."""

    def __init__(self, events: list[WireEvent], content_id: str) -> None:
        self.content_id = content_id
        self.log = events
        self.standing = standing_copies(events)
        self.acts = [event for event in self.standing.values() if event.kind in ACTS]
        self.posts = [event for event in self.acts if event.kind == "post"]
        self.spreads = [event for event in self.acts if event.kind in SPREADS]
        self.spread_ids = {event.event_id for event in self.spreads}
        self.post_ids = {event.event_id for event in self.posts}
        self.retractions = [event for event in self.standing.values() if event.kind == "retract"]

    # Retractions

    def takes_effect(self, retraction: WireEvent) -> bool:
        target = self.standing.get(retraction.target_event_id)
        if target is None or target.kind not in ACTS:
            return False
        return actor_of(retraction) == actor_of(target) or retraction.attributes.get("right") == "moderate"

    @cached_property
    def undone(self) -> set[str]:
        return {retraction.target_event_id for retraction in self.retractions if self.takes_effect(retraction)}

    def live(self, events: list[WireEvent]) -> list[WireEvent]:
        return [event for event in events if event.event_id not in self.undone]

    # The tree

    @cached_property
    def authors(self) -> set[Actor]:
        return {actor_of(post) for post in self.posts}

    def desired_parent(self, spread: WireEvent) -> tuple[str, str]:
        """Where the spread wants to hang, and why: (event id or ROOT, status)."""
        named = spread.parent_event_id
        if named is not None:
            if named == spread.event_id:
                return ROOT, "self"
            if named == self.content_id or named in self.post_ids:
                return ROOT, "root"
            if named in self.spread_ids:
                return named, "event"
            if named in self.standing:
                return ROOT, "not_a_spread"
        if spread.parent_actor_id is not None:
            return self.parent_by_actor(spread, (spread.platform, spread.parent_actor_id))
        return ROOT, "none" if named is None else "unresolved"

    def parent_by_actor(self, spread: WireEvent, actor: Actor) -> tuple[str, str]:
        earlier = [
            other for other in self.spreads if actor_of(other) == actor and moment_key(other) < moment_key(spread)
        ]
        if earlier:
            return max(earlier, key=moment_key).event_id, "actor"
        return ROOT, "root" if actor in self.authors else "unresolved"

    @cached_property
    def desired(self) -> dict[str, tuple[str, str]]:
        return {spread.event_id: self.desired_parent(spread) for spread in self.spreads}

    def cycle_through(self, event_id: str) -> list[str]:
        """The nodes of the cycle that contains `event_id`, or nothing."""
        walk = [event_id]
        for _ in self.spreads:
            parent = self.desired[walk[-1]][0]
            if parent == ROOT:
                return []
            if parent == event_id:
                return walk
            walk.append(parent)
        return []

    @cached_property
    def placed(self) -> dict[str, tuple[str, str]]:
        """The parent that each spread has, and its status: as desired, but each cycle is cut at its earliest node."""
        placed = dict(self.desired)
        for event_id in self.spread_ids:
            cycle = self.cycle_through(event_id)
            if cycle and event_id == min(cycle, key=lambda member: moment_key(self.standing[member])):
                placed[event_id] = ROOT, "cycle"
        return placed

    @cached_property
    def ancestors(self) -> dict[str, list[str]]:
        """The proper ancestors of each spread, nearest first, the root left out."""
        ancestors = {}
        for event_id in self.spread_ids:
            path: list[str] = []
            parent = self.placed[event_id][0]
            while parent != ROOT:
                path.append(parent)
                parent = self.placed[parent][0]
            ancestors[event_id] = path
        return ancestors

    def depth(self, spread: WireEvent) -> int:
        return 1 + len(self.ancestors[spread.event_id])

    def depth_exact(self, spread: WireEvent) -> int:
        depth = 1
        for parent in self.ancestors[spread.event_id]:
            if spread.parent_basis != "exact":
                break
            depth += 1
            spread = self.standing[parent]
        return depth

    def structural_virality(self) -> float:
        neighbours: dict[str, list[str]] = {
            node: [] for node in [ROOT, *(f"node {event_id}" for event_id in self.spread_ids)]
        }
        for event_id, (parent, _) in self.placed.items():
            above = f"node {parent}" if parent != ROOT else ROOT
            neighbours[f"node {event_id}"].append(above)
            neighbours[above].append(f"node {event_id}")
        return mean_distance(neighbours)

    # Reach

    def live_spreads_of(self, actor: Actor) -> list[WireEvent]:
        return [spread for spread in self.live(self.spreads) if actor_of(spread) == actor]

    @cached_property
    def sharers(self) -> set[Actor]:
        return {actor_of(spread) for spread in self.live(self.spreads)} - self.authors

    @cached_property
    def reach(self) -> dict[str, int]:
        """Secondary reach by the event id of the spread that it is attributed to, one per sharer."""
        reach = {}
        for sharer in self.sharers:
            live = self.live_spreads_of(sharer)
            reach[min(live, key=moment_key).event_id] = largest_audience(live) or 0
        return reach

    def reach_of(self, spreads: list[WireEvent]) -> int:
        return sum(self.reach.get(spread.event_id, 0) for spread in spreads)

    @cached_property
    def author_audiences(self) -> dict[Actor, int | None]:
        return {
            author: largest_audience([post for post in self.live(self.posts) if actor_of(post) == author])
            for author in self.authors
        }

    @cached_property
    def sharer_audiences(self) -> dict[Actor, int | None]:
        return {sharer: largest_audience(self.live_spreads_of(sharer)) for sharer in self.sharers}

    def estimated_reach(self, population: dict[str, int]) -> float:
        audiences = [*self.author_audiences.items(), *self.sharer_audiences.items()]
        platforms = {platform for (platform, _), _ in audiences}
        return math.fsum(
            unique_reach(
                [audience or 0 for actor, audience in audiences if actor[0] == platform],
                population.get(platform, 100_000_000),
            )
            for platform in platforms
        )

    @cached_property
    def actors_above(self) -> dict[str, set[Actor]]:
        return {
            event_id: {actor_of(self.standing[above]) for above in path} for event_id, path in self.ancestors.items()
        }

    def below(self, actor: Actor) -> list[WireEvent]:
        """Spreads by others that have a spread of `actor` among their ancestors."""
        return [
            spread
            for spread in self.spreads
            if actor_of(spread) != actor and actor in self.actors_above[spread.event_id]
        ]

"""Random logs of one content, from pools so small that copies, cycles, late parents and retractions meet all the time."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from msgspec.structs import replace
from support.events import CONTENT, START, START_US, act

from schemas.wire import COUNTED, SPREADS, WireEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from hypothesis.strategies import SearchStrategy

EFFORT = float(os.environ.get("CASCADES_TEST_EFFORT", "1"))
"""Multiplies the examples of each property: 1 in `make test`, more for a campaign."""

POPULATION = {"x": 1_000, "y": 1}
"""`z` is left out, so that it has the default."""

MINUTES = (0, 0, 1, 2, 4, 5, 6, 59, 60, 61, 1439, 1440, 1441, 5000, -1)
UNKNOWN = "nowhere"
AUDIENCES = (None, None, 0, 1, 7, 500, 999, 1_000, 10**12)

times = st.builds(
    lambda minute, microsecond: START + timedelta(minutes=minute, microseconds=microsecond),
    st.sampled_from(MINUTES),
    st.sampled_from((0, 0, 1, 59_999_999)),
)


class Pool:
    """Events over a few ids and people. The fewer there are, the more the events meet."""

    def __init__(self, event_ids: Iterable[str], actors: str, platforms: str, times: SearchStrategy[datetime]) -> None:
        self.ids = (*event_ids, CONTENT)
        self.actors = tuple(actors)
        self.common = {
            "platform": st.sampled_from(platforms),
            "content_id": st.just(CONTENT),
            "actor_id": st.sampled_from(actors),
            "occurred_at": times,
            "campaign_id": st.sampled_from((None, None, "spring", "autumn")),
        }

    def event(self, *kinds: str, own_ids: str = "", **fields: SearchStrategy[Any]) -> SearchStrategy[WireEvent]:
        """Under one of `own_ids`, or now and then under an id of the pool: two kinds of event then claim one id."""
        ids = (*own_ids, *own_ids, *self.ids[:2]) if own_ids else self.ids
        return st.builds(WireEvent, event_id=st.sampled_from(ids), kind=st.sampled_from(kinds), **self.common, **fields)

    def spreads(self) -> SearchStrategy[WireEvent]:
        return self.event(
            *sorted(SPREADS),
            parent_event_id=st.sampled_from((*self.ids, *self.ids, UNKNOWN, None, None)),
            parent_actor_id=st.sampled_from((*self.actors, UNKNOWN, None, None)),
            parent_basis=st.sampled_from(("exact", "exact", "exact", "inferred", "root_only", "none")),
            audience_size=st.sampled_from(AUDIENCES),
        )

    def counted(self, *kinds: str) -> SearchStrategy[WireEvent]:
        return self.event(*kinds, audience_size=st.sampled_from(AUDIENCES))

    def retractions(self) -> SearchStrategy[WireEvent]:
        rights = st.sampled_from(({}, {"right": "moderate"}, {"right": "none"}))
        return self.event(
            "retract", own_ids="rst", target_event_id=st.sampled_from((*self.ids, UNKNOWN)), attributes=rights
        )

    def counters(self) -> SearchStrategy[WireEvent]:
        kinds = st.sampled_from(("share", "like", "comment", "click", "view"))
        return self.event("counter", own_ids="klmn", counter_kind=kinds, count=st.integers(0, 50))

    def events(self) -> SearchStrategy[WireEvent]:
        """Of any kind; spreads are the most frequent."""
        spreads, posts, retractions = self.spreads(), self.counted("post"), self.retractions()
        links = self.event("link", target_content_id=st.just("other"))
        return st.one_of(
            spreads, spreads, spreads, posts, self.counted(*COUNTED), retractions, retractions, self.counters(), links
        )


wide = Pool("abdefghi", actors="uvw", platforms="xxxyz", times=times)
narrow = Pool("abd", actors="uv", platforms="x", times=st.sampled_from((START, START + timedelta(seconds=1))))
tall = Pool([f"n{node}" for node in range(14)], actors="uvw", platforms="xxxy", times=times)


def examples(usual: int) -> int:
    """How many a property is tried on."""
    return round(usual * EFFORT)


def delivered(log: SearchStrategy[list[WireEvent]]) -> SearchStrategy[list[WireEvent]]:
    """The log in any order, with some of its events delivered again."""
    return log.flatmap(
        lambda log: st.lists(st.sampled_from(log), max_size=3).flatmap(lambda repeats: st.permutations(log + repeats))
    )


def lists_of(event: SearchStrategy[WireEvent], max_size: int) -> SearchStrategy[list[WireEvent]]:
    """All lengths are as likely: lists alone would mostly be short."""
    return st.integers(1, max_size).flatmap(lambda length: st.lists(event, min_size=length, max_size=length))


def chained(spreads: list[WireEvent], steps: list[int | None]) -> list[WireEvent]:
    """The spreads as nodes n0, n1, …; each names the node that lies `step` away from it, or keeps the parent that it has."""
    named = [
        spread.parent_event_id if step is None else f"n{node + step}"
        for node, (spread, step) in enumerate(zip(spreads, steps, strict=False))
    ]
    return [replace(spreads[node], event_id=f"n{node}", parent_event_id=parent) for node, parent in enumerate(named)]


structure_logs = delivered(lists_of(wide.spreads(), max_size=16))
"""Spreads only: cycles, late parents and better copies at their densest."""

retraction_logs = delivered(
    lists_of(st.one_of(narrow.spreads(), narrow.spreads(), narrow.retractions(), narrow.counted("post", "like")), 14)
)
"""Two people, one platform, four ids: nearly every retraction finds its target, and copies change whose it is."""

tall_logs = delivered(
    st.builds(
        lambda spreads, steps, others: chained(spreads, steps) + others,
        lists_of(tall.spreads(), max_size=14),
        st.lists(st.sampled_from((-1, -1, -1, -1, -2, -3, 1, 3, None)), min_size=14, max_size=14),
        st.lists(tall.retractions() | tall.spreads() | tall.counted("post"), max_size=5),
    )
)
"""Mostly one long chain with branches, loops and a few better copies: subtrees move and generations are many."""

any_logs = delivered(lists_of(wide.events(), max_size=24)) | structure_logs | retraction_logs | tall_logs


def consistent(log: list[WireEvent]) -> list[WireEvent]:
    """The log of honest sources: an id is a spread or is not, and copies of what is no spread are identical."""
    first: dict[str, WireEvent] = {}
    for event in log:
        first.setdefault(event.event_id, event)
    return [
        event if event.kind in SPREADS and first[event.event_id].kind in SPREADS else first[event.event_id]
        for event in log
    ]


consistent_logs = any_logs.map(consistent)

cut_points = st.just([True]) | st.just([False]) | st.lists(st.booleans(), min_size=2, max_size=9)
"""After which events to freeze; repeated as long as the log lasts."""

moments = st.builds(
    lambda minute, microsecond: START_US + minute * 60_000_000 + microsecond,
    st.sampled_from((*MINUTES, 3, 64, 65, 119, 1444, 1500, 2880, 9999)),
    st.sampled_from((0, 1, 30_000_000, 59_999_999)),
)
"""Times at which windows are asked for."""


# Larger trees, by shape: the parent of each node, mostly among the nodes before it; a negative number is the root.

SHAPES: dict[str, Callable[[int, random.Random], int]] = {
    "star": lambda _node, _rng: -1,
    "path": lambda node, _rng: node - 1,
    "caterpillar": lambda node, _rng: node - (node % 3 or 3),
    "recursive tree": lambda node, rng: rng.randrange(-1, node),
    "recent first": lambda node, rng: node - 1 - rng.randrange(4),
    "loops": lambda node, rng: node - 5 + rng.randrange(9),
    "shallow": lambda node, rng: rng.randrange(node) if node and rng.random() < 0.25 else -1,
}


def large_log(shape: str, nodes: int, seed: int) -> list[WireEvent]:
    """A shuffled cascade with repeat sharers, an author who shares, parents by actor, retractions, likes and worse copies."""
    rng = random.Random(seed)
    spreads = [large_spread(node, SHAPES[shape](node, rng), nodes, rng) for node in range(nodes)]
    if shape != "path":
        spreads = [by_actor(spread, nodes, rng) if rng.random() < 0.1 else spread for spread in spreads]
    log = [act("post", "post", by="user 0", audience_size=300), *spreads]
    log += [worse_copy(spread, nodes, rng) for spread in rng.sample(spreads, nodes // 10)]
    log += [retraction_of(spread) for spread in rng.sample(spreads, nodes // 20)]
    log += [act(f"like {like}", "like", at=rng.randrange(90_000)) for like in range(nodes // 10)]
    rng.shuffle(log)
    return log


def large_spread(node: int, parent: int, nodes: int, rng: random.Random) -> WireEvent:
    return act(
        f"n{node}",
        by=f"user {rng.randrange(nodes)}",
        at=node * 40 + rng.randrange(-60, 60),
        parent_event_id="post" if parent < 0 else f"n{parent}",
        parent_basis=rng.choice(("exact", "exact", "exact", "exact", "inferred")),
        audience_size=rng.choice((None, rng.randrange(5_000))),
    )


def by_actor(spread: WireEvent, nodes: int, rng: random.Random) -> WireEvent:
    return replace(spread, parent_event_id=None, parent_actor_id=f"user {rng.randrange(nodes)}")


def worse_copy(spread: WireEvent, nodes: int, rng: random.Random) -> WireEvent:
    """Stands until the better copy comes, under another parent."""
    parent = rng.choice((None, f"n{rng.randrange(nodes)}"))
    return replace(spread, parent_event_id=parent, parent_actor_id="user 1", parent_basis="root_only", audience_size=1)


def retraction_of(spread: WireEvent) -> WireEvent:
    return act(f"undo {spread.event_id}", "retract", by=spread.actor_id, at=90_000, target_event_id=spread.event_id)

"""What `v_content` must show for a file of shares, computed plainly from the whole set: no stream, no increments, none of the product's code."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.real_data import Share

SLOTS = 64


@dataclass(frozen=True, slots=True)
class Expected:
    """Figures of one content."""

    size: int
    shares: int
    depth: int
    breadth: tuple[int, ...]
    structural_virality: float
    secondary_reach: int
    primary_reach: int
    duplicates: int


def expected(shares: Iterable[Share]) -> dict[str, Expected]:
    """The figures of every content, from all its events in any order, copies included."""
    contents: dict[str, list[Share]] = defaultdict(list)
    for share in shares:
        contents[share.content].append(share)
    return {content: _of(events) for content, events in contents.items()}


def _of(events: list[Share]) -> Expected:
    known = {event.event: event for event in events}
    posts = {name for name, event in known.items() if event.kind == "post"}
    nodes = {name: event for name, event in known.items() if event.kind == "share"}
    undone = {
        event.target for event in known.values() if event.kind == "retract" and event.actor == known[event.target].actor
    }
    depth = {name: _depth(name, nodes) for name in nodes}
    breadth = Counter(depth.values())
    deepest = max(breadth, default=0)
    return Expected(
        size=1 + len(nodes),
        shares=len(nodes.keys() - undone),
        depth=deepest,
        breadth=(1, *(breadth[level] for level in range(1, deepest + 1))),
        structural_virality=_mean_distance(nodes),
        secondary_reach=_secondary(nodes, undone, {known[post].actor for post in posts}),
        primary_reach=_largest((known[post].actor, known[post].audience) for post in posts - undone),
        duplicates=len(events) - len(known),
    )


def _depth(name: str, nodes: dict[str, Share]) -> int:
    steps = 0
    while name in nodes:
        name, steps = nodes[name].parent, steps + 1
    return steps


def _mean_distance(nodes: dict[str, Share]) -> float:
    """Mean distance over all pairs, by counting for each edge the pairs on its two sides."""
    total = 1 + len(nodes)
    below = Counter[str]()
    for name in nodes:
        current = name
        while current in nodes:
            below[current] += 1
            current = nodes[current].parent
    return sum(side * (total - side) for side in below.values()) / (total * (total - 1) / 2) if nodes else 0.0


def _secondary(nodes: dict[str, Share], undone: set[str], authors: set[str]) -> int:
    return _largest(
        (share.actor, share.audience)
        for name, share in nodes.items()
        if name not in undone and share.actor not in authors
    )


def _largest(pairs: Iterable[tuple[str, int]]) -> int:
    largest: dict[str, int] = {}
    for actor, audience in pairs:
        largest[actor] = max(audience, largest.get(actor, 0))
    return sum(largest.values())

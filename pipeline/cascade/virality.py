"""Formulas on the sums of a tree. Pure functions of a few numbers."""

from __future__ import annotations


def structural_virality(nodes: int, depth_sum: int, square_sum: int) -> float:
    """Mean distance over all pairs of nodes, ν (Goel et al. 2016); 0 for a single node.

    W = n·A − B with A = Σ depth over nodes and B = Σ (subtree size)² over nodes other than the root: every edge (v, parent) lies on
    s(v)·(n − s(v)) shortest paths, and Σ s(v) = A. ν = 2W / (n(n − 1)). A star has 2(n−1)/n, a path (n+1)/3.

    `nodes` counts the root.
    """
    if nodes < 2:  # noqa: PLR2004 -- one node has no pair
        return 0.0
    return 2 * (nodes * depth_sum - square_sum) / (nodes * (nodes - 1))


def reproduction(breadth: list[int]) -> float:
    """Headline R = Σ_{g≥1} b(g+1) / Σ_{g≥1} b(g): spreads begotten by a spread. The root's own broadcast is left out; 0 without spreads."""
    spreads = sum(breadth[1:])
    return (spreads - breadth[1]) / spreads if spreads else 0.0


def live_reproduction(breadth: list[int], lives: float) -> float:
    """Live R = Σ_{g≥1} b(g+1) / Σ_{d(v)≥1} Φ(t − t_v): spreads begotten per life of a spread that has passed, so that young ones weigh little.

    `lives` is that sum of Φ (`ages.Evidence.lived`), over retracted spreads too, as they count in `breadth`; 0 without spreads.
    """
    return (sum(breadth[1:]) - breadth[1]) / lives if lives > 0 and len(breadth) > 1 else 0.0

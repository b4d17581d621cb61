"""The tree of one cascade and the sums that are kept on it.

Columns instead of node objects: a node is a number, its facts stand in arrays at that index. The root is virtual (`ROOT`,
depth 0) and is not stored. Everything here is a function of the present tree; who hangs on whom is decided in `parents`.

Sources: structural virality as the Wiener index over pairs, Goel et al., "The Structural Virality of Online Diffusion" (2016);
its incremental form W = n·A − B is in `virality`.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = -1
_NONE = -1  # end of a list of children


class Tree:
    """Present shape: parents, depths, subtree sums; O(depth) per new leaf, O(depth + moved nodes) per move."""

    __slots__ = (
        "below_live",
        "below_reach",
        "breadth",
        "changed_below",
        "credit",
        "depth",
        "depth_sum",
        "exact",
        "exact_breadth",
        "exact_edge",
        "first_child",
        "live",
        "live_breadth",
        "next_sibling",
        "parent",
        "placed",
        "previous_sibling",
        "reach_breadth",
        "size",
        "square_sum",
    )

    def __init__(self) -> None:
        self.parent = array("i")
        self.depth = array("i")
        self.exact = array("i")  # depth when every edge that is not exact leads to the root
        self.exact_edge = array("b")
        self.size = array("i")  # nodes of the subtree, itself included: s(v)
        self.live = array("b")  # 0 = retracted
        self.below_live = array("i")  # live nodes of the subtree, itself included
        self.credit = array("q")  # secondary reach attributed to this node
        self.below_reach = array("q")  # its sum over the subtree, itself included
        self.first_child = array("i")
        self.next_sibling = array("i")
        self.previous_sibling = array("i")
        self.breadth = [1]  # nodes by depth, the root first; never ends in 0
        self.exact_breadth = [1]
        self.live_breadth = [0]
        self.reach_breadth = [0]
        self.depth_sum = 0  # A = Σ d(v)
        self.square_sum = 0  # B = Σ s(v)²
        self.placed: set[int] = set()  # nodes whose own place or facts changed since the last freeze
        self.changed_below: set[int] = set()  # nodes with a changed subtree sum

    def add(self, parent: int, *, exact_edge: bool, live: bool) -> int:
        """Hang a new leaf on `parent` (or `ROOT`); return its number."""
        node = len(self.parent)
        depth = self.depth[parent] + 1 if parent >= 0 else 1
        exact = self.exact[parent] + 1 if exact_edge and parent >= 0 else 1
        self.parent.append(parent)
        self.depth.append(depth)
        self.exact.append(exact)
        self.exact_edge.append(exact_edge)
        self.size.append(1)
        self.live.append(live)
        self.below_live.append(live)
        self.credit.append(0)
        self.below_reach.append(0)
        self.first_child.append(_NONE)
        self.next_sibling.append(_NONE)
        self.previous_sibling.append(_NONE)
        self.depth_sum += depth
        self.square_sum += 1
        count(self.breadth, depth, 1)
        count(self.exact_breadth, exact, 1)
        count(self.live_breadth, depth, int(live))
        self.placed.add(node)
        if parent >= 0:
            self._link(node, parent)
            self._grow(parent, 1, int(live), 0)
        return node

    def move(self, node: int, parent: int) -> list[tuple[int, int]]:
        """Hang `node` with its subtree on `parent` (not in that subtree). Returns (node, old depth) for every node whose depth changed."""
        old = self.parent[node]
        nodes, live, reach = self.size[node], self.below_live[node], self.below_reach[node]
        if old >= 0:
            self._unlink(node, old)
            self._grow(old, -nodes, -live, -reach)
        self.parent[node] = parent
        if parent >= 0:
            self._link(node, parent)
            self._grow(parent, nodes, live, reach)
        self.placed.add(node)
        return self._place_again(node)

    def set_exact_edge(self, node: int, *, exact: bool) -> None:
        """Say whether the edge from `node` to its parent is exact; exact depths below follow."""
        self.exact_edge[node] = exact
        self._place_again(node)

    def set_live(self, node: int, *, live: bool) -> None:
        """Mark `node` as retracted or live again."""
        change = int(live) - self.live[node]
        if not change:
            return
        self.live[node] = live
        count(self.live_breadth, self.depth[node], change)
        self.placed.add(node)
        self._grow_sums(node, change, 0)

    def set_credit(self, node: int, reach: int) -> None:
        """Attribute `reach` people to `node`, instead of what it had."""
        change = reach - self.credit[node]
        if not change:
            return
        self.credit[node] = reach
        count(self.reach_breadth, self.depth[node], change)
        self._grow_sums(node, 0, change)

    def path(self, node: int) -> Iterator[int]:
        """`node` and its ancestors, upwards, without the root."""
        while node >= 0:
            yield node
            node = self.parent[node]

    def _grow(self, node: int, nodes: int, live: int, reach: int) -> None:
        """Add a subtree's sums to `node` and its ancestors: each B gains (s + m)² − s²."""
        parent, size, below_live, below_reach = self.parent, self.size, self.below_live, self.below_reach
        changed = self.changed_below
        squares = 0
        while node >= 0:
            before = size[node]
            squares += nodes * (2 * before + nodes)
            size[node] = before + nodes
            below_live[node] += live
            below_reach[node] += reach
            changed.add(node)
            node = parent[node]
        self.square_sum += squares

    def _grow_sums(self, node: int, live: int, reach: int) -> None:
        parent, below_live, below_reach = self.parent, self.below_live, self.below_reach
        changed = self.changed_below
        while node >= 0:
            below_live[node] += live
            below_reach[node] += reach
            changed.add(node)
            node = parent[node]

    def _link(self, node: int, parent: int) -> None:
        first = self.first_child[parent]
        self.next_sibling[node] = first
        self.previous_sibling[node] = _NONE
        if first >= 0:
            self.previous_sibling[first] = node
        self.first_child[parent] = node

    def _unlink(self, node: int, parent: int) -> None:
        before, after = self.previous_sibling[node], self.next_sibling[node]
        if before >= 0:
            self.next_sibling[before] = after
        else:
            self.first_child[parent] = after
        if after >= 0:
            self.previous_sibling[after] = before

    def _place_again(self, top: int) -> list[tuple[int, int]]:
        """Give every node of the subtree its depths again; nodes that keep both are passed over with all below them."""
        moved: list[tuple[int, int]] = []
        stack = [top]
        while stack:
            node = stack.pop()
            parent = self.parent[node]
            depth = self.depth[parent] + 1 if parent >= 0 else 1
            exact = self.exact[parent] + 1 if parent >= 0 and self.exact_edge[node] else 1
            before = self.depth[node]
            if depth == before and exact == self.exact[node]:
                continue
            self._set_depths(node, depth, exact)
            if depth != before:
                moved.append((node, before))
            child = self.first_child[node]
            while child >= 0:
                stack.append(child)
                child = self.next_sibling[child]
        return moved

    def _set_depths(self, node: int, depth: int, exact: int) -> None:
        before = self.depth[node]
        self.placed.add(node)
        if exact != self.exact[node]:
            shift(self.exact_breadth, self.exact[node], exact, 1)
            self.exact[node] = exact
        if depth != before:
            self.depth[node] = depth
            self.depth_sum += depth - before
            shift(self.breadth, before, depth, 1)
            shift(self.live_breadth, before, depth, self.live[node])
            shift(self.reach_breadth, before, depth, self.credit[node])


def count(histogram: list[int], slot: int, change: int) -> None:
    """Add `change` at `slot` of a list that grows as needed and keeps no zeros at its end (slot 0 always stays)."""
    if slot >= len(histogram):
        if not change:
            return
        histogram.extend([0] * (slot + 1 - len(histogram)))
    histogram[slot] += change
    while len(histogram) > 1 and not histogram[-1]:
        histogram.pop()


def shift(histogram: list[int], old: int, new: int, amount: int) -> None:
    """Move `amount` from slot `old` to slot `new`."""
    count(histogram, new, amount)
    count(histogram, old, -amount)

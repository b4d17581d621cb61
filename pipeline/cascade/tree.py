"""The tree of one cascade and the sums that are kept on it.

Columns instead of node objects: a node is a number, its facts stand in columns at that index. The root is virtual (`ROOT`,
depth 0) and is not stored. Everything here is a function of the present tree; who hangs on whom is decided in `parents`.

Sources: structural virality as the Wiener index over pairs, Goel et al., "The Structural Virality of Online Diffusion" (2016);
its incremental form W = n·A − B is in `virality`.
"""

from __future__ import annotations

from pipeline.cascade.codes import BELOW, PLACED, ROOT
from pipeline.cascade.columns import Columns
from pipeline.cascade.levels import Levels
from pipeline.cascade.stack import Stack

_MOST = 1 << 61
_NONE = ROOT  # end of a list of children


class Tree(Columns):
    """Present shape: parents, depths, subtree sums; O(depth) per new leaf, O(depth + moved nodes) per move."""

    __slots__ = (
        "below_live",
        "below_reach",
        "credit",
        "deferred",
        "depth",
        "depth_sum",
        "exact",
        "exact_edge",
        "first_child",
        "levels",
        "live",
        "mark",
        "marked",
        "next_sibling",
        "parent",
        "previous_sibling",
        "size",
        "squares",
        "squares_before",
    )

    def __init__(self) -> None:
        super().__init__()
        self.parent = self.no_ints()
        self.depth = self.no_ints()
        self.exact = self.no_ints()  # depth when every edge that is not exact leads to the root
        self.exact_edge = self.no_bytes()
        self.size = self.no_ints()  # nodes of the subtree, itself included: s(v)
        self.live = self.no_bytes()  # 0 = retracted
        self.below_live = self.no_ints()  # live nodes of the subtree, itself included
        self.credit = self.no_longs()  # secondary reach attributed to this node
        self.below_reach = self.no_longs()  # its sum over the subtree, itself included
        self.first_child = self.no_ints()
        self.next_sibling = self.no_ints()
        self.previous_sibling = self.no_ints()
        self.mark = self.no_bytes()  # PLACED | BELOW since the last freeze
        self.marked = Stack()  # nodes with a mark
        self.levels = Levels()
        self.depth_sum = 0  # A = Σ d(v)
        self.squares_before = 0  # B = Σ s(v)², together with
        self.squares = 0  # what came since and fits 64 bits
        self.deferred = False  # sums over subtrees and marks wait for `make_sums`

    def _reserve(self) -> None:
        room = self.more_room()
        self.parent = self.longer_ints(self.parent, room)
        self.depth = self.longer_ints(self.depth, room)
        self.exact = self.longer_ints(self.exact, room)
        self.exact_edge = self.longer_bytes(self.exact_edge, room)
        self.size = self.longer_ints(self.size, room)
        self.live = self.longer_bytes(self.live, room)
        self.below_live = self.longer_ints(self.below_live, room)
        self.credit = self.longer_longs(self.credit, room)
        self.below_reach = self.longer_longs(self.below_reach, room)
        self.first_child = self.longer_ints(self.first_child, room)
        self.next_sibling = self.longer_ints(self.next_sibling, room)
        self.previous_sibling = self.longer_ints(self.previous_sibling, room)
        self.mark = self.longer_bytes(self.mark, room)
        self.room = room

    def add(self, parent: int, exact_edge: bool) -> int:
        """Hang a new live leaf on `parent` (or `ROOT`); return its number."""
        node = self.rows
        if node == self.room:
            self._reserve()
        self.rows = node + 1
        depth = exact = 1
        if parent >= 0:
            depth += self.depth[parent]
            if exact_edge:
                exact += self.exact[parent]
        self.parent[node] = parent
        self.depth[node] = depth
        self.exact[node] = exact
        self.exact_edge[node] = exact_edge
        self.size[node] = self.live[node] = self.below_live[node] = 1
        self.credit[node] = self.below_reach[node] = self.mark[node] = 0
        self.first_child[node] = self.next_sibling[node] = self.previous_sibling[node] = _NONE
        self.depth_sum += depth
        self._add_squares(1)
        levels = self.levels
        if depth >= levels.rows:
            levels.reserve(depth)
        levels.nodes[depth] += 1
        levels.exact[exact] += 1
        levels.live[depth] += 1
        self.place(node)
        if parent >= 0:
            self._link(node, parent)
            self._grow(parent, 1, 1, 0)
        return node

    def defer_sums(self) -> None:
        """For many events at once, of which nothing will be frozen: leave marks and sums over subtrees alone until `make_sums`."""
        self.deferred = True

    def make_sums(self) -> None:
        """Sums over all subtrees at once, each node after all that is below it. Same numbers as if they had been kept all along."""
        self.deferred = False
        self.squares_before = self.squares = 0
        for node in range(self.rows):
            self.size[node] = 1
            self.below_live[node] = self.live[node]
            self.below_reach[node] = self.credit[node]
        for top in range(self.rows):
            if self.parent[top] == ROOT:
                self._sum_up(top)

    def _sum_up(self, top: int) -> None:
        """Walk one subtree: down to a leaf, then to its sibling, or up when there is none."""
        node = self._leaf(top)
        while node != top:
            parent = self.parent[node]
            self._close(node)
            self.size[parent] += self.size[node]
            self.below_live[parent] += self.below_live[node]
            self.below_reach[parent] += self.below_reach[node]
            following = self.next_sibling[node]
            node = parent if following == _NONE else self._leaf(following)
        self._close(top)

    def _leaf(self, node: int) -> int:
        while self.first_child[node] != _NONE:
            node = self.first_child[node]
        return node

    def _close(self, node: int) -> None:
        size = self.size[node]
        self._add_squares(size * size)

    def _add_squares(self, change: int) -> None:
        self.squares += change
        if self.squares > _MOST or self.squares < -_MOST:
            self.squares_before += self.squares
            self.squares = 0

    def square_sum(self) -> int:
        """B = Σ s(v)², however large."""
        return self.squares_before + self.squares

    def place(self, node: int) -> None:
        """Remember that the row of this node changed."""
        if self.deferred:
            return
        if not self.mark[node]:
            self.marked.push(node)
        self.mark[node] |= PLACED

    def forget_marks(self) -> None:
        """From now on, nothing has changed."""
        for place in range(self.marked.rows):
            self.mark[self.marked.number[place]] = 0
        self.marked.clear()

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
        self.place(node)
        return self._place_again(node)

    def set_exact_edge(self, node: int, exact: bool) -> None:
        """Say whether the edge from `node` to its parent is exact; exact depths below follow."""
        self.exact_edge[node] = exact
        self._place_again(node)

    def set_live(self, node: int, live: bool) -> None:
        """Mark `node` as retracted or live again."""
        change = live - self.live[node]
        if not change:
            return
        self.live[node] = live
        self.levels.live[self.depth[node]] += change
        self.place(node)
        self._grow_sums(node, change, 0)

    def set_credit(self, node: int, reach: int) -> None:
        """Attribute `reach` people to `node`, instead of what it had."""
        change = reach - self.credit[node]
        if not change:
            return
        self.credit[node] = reach
        self.levels.reach[self.depth[node]] += change
        self._grow_sums(node, 0, change)

    def under(self, node: int, ancestor: int) -> bool:
        """Whether `ancestor` is `node` or above it."""
        while node >= 0:
            if node == ancestor:
                return True
            node = self.parent[node]
        return False

    def top(self, node: int) -> int:
        """The ancestor of `node` that hangs on the root (`node` itself, perhaps)."""
        while self.parent[node] >= 0:
            node = self.parent[node]
        return node

    def _grow(self, node: int, nodes: int, live: int, reach: int) -> None:
        """Add a subtree's sums to `node` and its ancestors: each B gains (s + m)² − s²."""
        if self.deferred:
            return
        squares = 0
        while node >= 0:
            before = self.size[node]
            squares += nodes * (2 * before + nodes)
            self.size[node] = before + nodes
            self.below_live[node] += live
            self.below_reach[node] += reach
            if not self.mark[node]:
                self.mark[node] = BELOW
                self.marked.push(node)
            node = self.parent[node]
        self._add_squares(squares)

    def _grow_sums(self, node: int, live: int, reach: int) -> None:
        if self.deferred:
            return
        while node >= 0:
            self.below_live[node] += live
            self.below_reach[node] += reach
            if not self.mark[node]:
                self.mark[node] = BELOW
                self.marked.push(node)
            node = self.parent[node]

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
        before, exact_before, levels = self.depth[node], self.exact[node], self.levels
        self.place(node)
        if exact != exact_before:
            levels.reserve(exact)
            levels.exact[exact_before] -= 1
            levels.exact[exact] += 1
            self.exact[node] = exact
        if depth != before:
            self.depth[node] = depth
            self.depth_sum += depth - before
            levels.reserve(depth)
            levels.nodes[before] -= 1
            levels.nodes[depth] += 1
            levels.live[before] -= self.live[node]
            levels.live[depth] += self.live[node]
            levels.reach[before] -= self.credit[node]
            levels.reach[depth] += self.credit[node]

"""Which spreads of a cascade are drawn. Up to `DRAWN` all of them; of larger cascades an honest part, the rest counted where it hangs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DRAWN = 2_000
READ = 20_000
"""Above this many spreads only those with spreads below them are read from ClickHouse."""


class Node(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One drawn spread. On the wire an array in this order: the tree is most of what the page receives.

    `parent` is None on the root. `audience` is None when unknown. `at` is event time in milliseconds since 1970.
    `hidden` counts the spreads below it that are not drawn and whose nearest drawn ancestor it is.
    """

    event_id: str
    parent: str | None
    depth: int
    audience: int | None
    at: int
    platform: str
    actor_id: str
    basis: str
    retracted: bool
    hidden: int = 0


class Change(msgspec.Struct, frozen=True):
    """What leads from one drawing to the next."""

    total: int
    rule: str
    hidden: int
    put: list[Node]
    gone: list[str]


class Drawing(msgspec.Struct, frozen=True):
    """The drawn part of a cascade. `total` counts all spreads, `hidden` those not drawn that hang on the root.

    `rule` says what is drawn: `all`; `largest`: the spreads with most spreads below them, the earliest first among equals; `parents`: the
    spreads with most direct spreads below (leaves are only counted).
    """

    total: int
    rule: str
    hidden: int
    nodes: list[Node]

    def delta(self, before: object) -> Change | None:
        """See `pipeline.serve.feed.Diffable`."""
        if not isinstance(before, Drawing):
            return None
        old = {node.event_id: node for node in before.nodes}
        put = [node for node in self.nodes if old.pop(node.event_id, None) != node]
        if len(put) + len(old) > len(self.nodes):
            return None
        return Change(self.total, self.rule, self.hidden, put, list(old))


def draw(rows: Iterable[Mapping[str, Any]], limit: int = DRAWN) -> Drawing:
    """The drawing of a cascade whose spreads were all read.

    What is drawn is closed under ancestors: an ancestor has more spreads below it than its descendant, so it ranks before it.
    """
    nodes = sorted(map(_node, rows), key=lambda node: (node.depth, node.at, node.event_id))
    placed = _placed(nodes)
    below = _below(placed)
    rank = sorted(placed, key=lambda node: (-below[node.event_id], node.depth, node.at, node.event_id))
    drawn = {node.event_id for node in rank[:limit]}
    hidden = Counter[str | None]()
    for node in rank[limit:]:
        if node.parent is None or node.parent in drawn:
            hidden[node.parent] += below[node.event_id] + 1
    chosen = [_with_hidden(node, hidden[node.event_id]) for node in placed if node.event_id in drawn]
    return Drawing(len(placed), "all" if len(placed) <= limit else "largest", hidden[None], chosen)


def draw_parents(rows: Iterable[Mapping[str, Any]], total: int, on_root: int, limit: int = DRAWN) -> Drawing:
    """The drawing of a very large cascade of `total` spreads, `on_root` of them directly on the root, from the spreads with children."""
    rows = list(rows)
    children = {row["event_id"]: row["children"] for row in rows}
    by_depth = sorted(map(_node, rows), key=lambda node: (node.depth, -children[node.event_id], node.at, node.event_id))
    drawn: dict[str, Node] = {}
    for node in by_depth:
        if len(drawn) < limit and (node.parent is None or node.parent in drawn):
            drawn[node.event_id] = node
    inside = Counter(node.parent for node in drawn.values())
    chosen = [_with_hidden(node, children[node.event_id] - inside[node.event_id]) for node in drawn.values()]
    return Drawing(total, "parents", on_root - inside[None], chosen)


def _node(row: Mapping[str, Any]) -> Node:
    return Node(
        row["event_id"],
        row["parent_event_id"],
        row["depth"],
        row["audience_size"],
        row["at"],
        row["platform"],
        row["actor_id"],
        row["parent_basis"],
        row["retracted"],
    )


def _placed(nodes: Sequence[Node]) -> list[Node]:
    """Nodes in order of depth, each on a parent above it. Rows of one flush are not read in one moment: who has lost sight of its parent
    waits on the root until the next look.
    """
    seen: dict[str, int] = {}
    placed = []
    for node in nodes:
        astray = node.parent is not None and seen.get(node.parent, node.depth) >= node.depth
        placed.append(msgspec.structs.replace(node, parent=None) if astray else node)
        seen[node.event_id] = node.depth
    return placed


def _below(placed: Sequence[Node]) -> Counter[str | None]:
    """Spreads below each, all generations."""
    below = Counter[str | None]()
    for node in reversed(placed):
        below[node.parent] += below[node.event_id] + 1
    return below


def _with_hidden(node: Node, hidden: int) -> Node:
    return msgspec.structs.replace(node, hidden=hidden) if hidden > 0 else node

"""From facts back to state: the same `enter` as for events, so the state is the same.

Copies that changed nothing left no facts: they only raised a counter, so their number is all that is kept of them. While a content is restored, its
tree leaves the sums over subtrees alone, because nothing that decides a place reads them; they are made in one pass at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline.cascade.arrivals import Arrival
from pipeline.cascade.content import Content
from pipeline.cascade.facts import Reader
from pipeline.cascade.fold import enter
from pipeline.cascade.freeze import discard, suspect
from schemas.changelog import chunk_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Restored(NamedTuple):
    """A content and what its last chunk says."""

    content: Content
    facts: int
    """All facts of the content."""
    last_offset: int
    arrived_ms: int
    in_last: int
    """Facts in the last chunk."""
    start: int
    """Bytes in it before the first of them."""


def restore(content_id: str, population: Mapping[str, int], chunks: Sequence[bytes]) -> Restored:
    """The state of a content, from all its chunks in order (at least one). Nothing is left to freeze, but what `suspect` says. Raises ValueError for broken chunks."""
    content = Content(content_id, population)
    content.tree.defer_sums()
    total = 0
    for value in chunks:
        last = Reader(value)
        replay(content, last)
        total += last.count
    content.tree.make_sums()
    content.duplicates = last.duplicates
    discard(content)
    suspect(content)
    return Restored(content, total, last.last_offset, last.arrived_ms, last.count, last.start)


def emptied(content: Content, population: Mapping[str, int]) -> Content:
    """The state that takes the place of a merged content's: of its events it knows the links alone."""
    left = Content(content.content_id, population)
    replay(left, Reader(chunk_value(0, 0, 0, len(content.bonds), b"".join(content.bonds.values()))))
    return left


def replay(content: Content, facts: Reader) -> None:
    """Fold all facts of a chunk. What changed is remembered for `freeze`, as after any fold."""
    arrival = Arrival()
    for _ in range(facts.count):
        facts.read(arrival)
        enter(content, arrival)

"""Dead letters that were fixed and sent again: each has its effect once, however often it is sent.

The fence holds the identities whose replay was folded. Like the states it is a function of the log: whoever reads the partition from its
start has the same fence. A replay that is refused leaves no mark: it becomes a dead letter that names the first one, and a better fix is let in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.dead_letter import replayed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.dead_letter import Identity


class Replayed:
    """The dead letters whose replay one partition has folded. About a hundred bytes each; as many as people have replayed."""

    __slots__ = ("_fresh", "_seen")

    def __init__(self, seen: Iterable[Identity] = ()) -> None:
        self._seen = set(seen)
        self._fresh: list[Identity] = []

    def is_repeat(self, headers: Sequence[tuple[str, bytes]], *, moved: bool = False) -> bool:
        """Whether the record is a replay that was already here. The first one is remembered; a record that is no replay never is a repeat.

        Of a record that was moved from another topic the fence of that topic has judged already (repeats stay behind): it is remembered only.
        """
        identity = replayed(headers)
        if identity is None:
            return False
        if identity in self._seen:
            return not moved
        self._seen.add(identity)
        self._fresh.append(identity)
        return False

    def has(self, headers: Sequence[tuple[str, bytes]]) -> bool:
        """Whether the record is a replay that was already here. Nothing is remembered."""
        return replayed(headers) in self._seen

    def take(self) -> list[Identity]:
        """Those that are new since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def seen(self) -> frozenset[Identity]:
        """What to keep, for a state that is to go on elsewhere."""
        return frozenset(self._seen)

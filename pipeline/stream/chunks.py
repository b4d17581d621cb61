"""How the facts of one content are cut into chunks for the changelog.

A flush writes the facts that are new since the last one. If the chunk that they went to holds at least `CLOSE_FROM` of them it is closed and
never written again; a smaller one stays open and is written again with the next facts. So a busy content costs each fact once, a quiet one a few
times, and neither leaves a trail of tiny records behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.changelog import chunk_key, chunk_value

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOSE_FROM = 16
"""Facts from which a chunk is closed. Twice as many: half as many records at restore, a quarter more bytes written."""
MOST_FACTS = 512
MOST_BYTES = 128 * 1024
"""Bounds of one chunk. A fact is below 12 KiB, so a record stays far below Kafka's limit of 1 MiB."""

KeyValue = tuple[bytes, bytes]


class Tail:
    """The end of one content's facts: those of the open chunk, and those that no flush has taken yet."""

    __slots__ = ("_count", "_number", "_open", "_stale", "_taken", "fresh")

    def __init__(self, number: int = 0, count: int = 0, data: bytes = b"", total: int = 0) -> None:
        self._number = number
        self._count = count
        self._open = data
        self._taken = total
        self._stale = 0
        self.fresh: list[bytes] = []
        """Facts that no flush has taken: new ones are appended here."""

    @property
    def total(self) -> int:
        """All facts of the content."""
        return self._taken + len(self.fresh)

    def restart(self, facts: list[bytes]) -> None:
        """These are all facts from now on: the others belong to another content. Chunks that held them are emptied, never taken away."""
        self._stale = max(self._stale, self._number)
        self._number, self._count, self._open, self._taken, self.fresh = 0, 0, b"", 0, facts

    def take(self, key: bytes, last_offset: int, arrived_ms: int, duplicates: int) -> Iterator[KeyValue]:
        """The records that bring the changelog up to date: at least one, because the content's head may have changed without facts."""
        stale, self._stale = self._stale, 0
        for number in range(1, stale + 1):
            yield chunk_key(key, number), chunk_value(last_offset, arrived_ms, duplicates, 0, b"")
        yield from self._append(key, last_offset, arrived_ms, duplicates)
        if self._number < stale:
            # What the last chunk says of the content as a whole holds, so new facts go there.
            self._number, self._count, self._open = stale, 0, b""

    def _append(self, key: bytes, last_offset: int, arrived_ms: int, duplicates: int) -> Iterator[KeyValue]:
        facts, self.fresh = self.fresh, []
        self._taken += len(facts)
        done = 0
        while True:
            done += self._fill(facts[done:] if done else facts)
            yield (
                chunk_key(key, self._number),
                chunk_value(last_offset, arrived_ms, duplicates, self._count, self._open),
            )
            if self._count >= CLOSE_FROM or done < len(facts):
                self._number, self._count, self._open = self._number + 1, 0, b""
            if done == len(facts):
                return

    def _fill(self, facts: list[bytes]) -> int:
        """Append to the open chunk what fits, at least one fact when there is one; tells how many."""
        taken = len(facts)
        if self._count + taken > MOST_FACTS or len(self._open) + sum(map(len, facts)) > MOST_BYTES:
            taken = self._how_many_fit(facts)
            facts = facts[:taken]
        self._open = b"".join((self._open, *facts))
        self._count += taken
        return taken

    def _how_many_fit(self, facts: list[bytes]) -> int:
        size = len(self._open)
        for taken, fact in enumerate(facts):
            size += len(fact)
            if self._count + taken and (self._count + taken >= MOST_FACTS or size > MOST_BYTES):
                return taken
        return len(facts)

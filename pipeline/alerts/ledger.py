"""Which offsets may be committed: those up to which every alert has been dealt with, in each partition."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Page:
    """One partition for as long as it is ours. Offsets are opened in their order and settled in any."""

    open: deque[int] = field(default_factory=deque)
    settled: set[int] = field(default_factory=set)
    next_offset: int | None = None
    """The offset to go on from; None until the first is settled. Offsets have gaps: a topic with transactions has marks between records."""
    committed: int | None = None

    def begin(self, offset: int) -> None:
        """A record was read."""
        self.open.append(offset)

    def settle(self, offset: int) -> None:
        """All that was to be done for a record is done."""
        self.settled.add(offset)
        while self.open and self.open[0] in self.settled:
            done = self.open.popleft()
            self.settled.remove(done)
            self.next_offset = done + 1

    @property
    def to_commit(self) -> int | None:
        """The offset to commit, if it has moved since the last commit."""
        return self.next_offset if self.next_offset != self.committed else None

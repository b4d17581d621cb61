"""When an undo is looked at again: at once, then less and less often, until it is too old.

Nobody knows whether the act of an undo is still on its way, nor whether another copy of it is (an act may stand in several contents). So every undo
is looked at again and again for as long as it may wait, found or not. Each rung is one partition of the topic of waiting undos: all records of a
partition wait equally long, so the first is due first, and memory holds no more than the head of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WAITS_S: Final = (5.0, 60.0, 600.0, 3600.0, 6 * 3600.0, 86_400.0)
"""How long a record waits on each rung (`schemas.topics.UNDO_RUNGS` of them); on the last one, again and again."""
FRESH: Final = -1
"""The rung of an undo that was not looked at yet: it is due at once."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Times are milliseconds since 1970. `born`: when Kafka took the undo; `put`: when it took the record that waits."""

    give_up_s: float
    waits_s: tuple[float, ...] = WAITS_S

    def due_ms(self, rung: int, put_ms: int, born_ms: int) -> float:
        """When the next look is due. The last look comes when the undo gets too old, not a whole rung later."""
        if rung == FRESH:
            return put_ms
        wait_s = self.waits_s[min(rung, len(self.waits_s) - 1)]
        return min(put_ms + wait_s * 1000, max(put_ms, born_ms + self.give_up_s * 1000))

    def after(self, rung: int, born_ms: int, now_ms: int) -> int | None:
        """Where to wait after a look; None when it was the last."""
        if now_ms - born_ms >= self.give_up_s * 1000:
            return None
        return min(rung + 1, len(self.waits_s) - 1)

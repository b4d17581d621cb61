"""From the chunks of one content to its state in memory. Pure; used in threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade import HeldContent, Restored, restore
from pipeline.stream.chunks import CLOSE_FROM, Tail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.cascade import Content
    from pipeline.stream.schedule import Watch
    from schemas.changelog import AlertRecord


class Held(HeldContent):
    """One content with what its partition must know of it."""

    __slots__ = ("pinned", "seen_offset", "told", "watch")

    def __init__(self, content: Content, key: bytes, tail: Tail, last_offset: int = -1, arrived_ms: int = 0) -> None:
        super().__init__(content, key, tail, last_offset, arrived_ms)
        self.seen_offset = -1  # `last_offset` when `PartitionState.stirred` named it
        self.pinned = False  # stays in memory: it is being looked at, or what the last look came to is not kept yet
        self.told: AlertRecord | None = None  # where its alerts are; None when that was not looked up
        self.watch: Watch | None = (
            None  # its place in the schedule of `pipeline.stream.refresh`; None when nothing is due any more
        )

    @property
    def is_open(self) -> bool:
        """Whether the clock alone may change what must be told of it."""
        is_told = self.told is not None and not self.told.is_quiet
        return is_told or (self.watch is not None and self.watch.is_put_off)


def thaw(key: bytes, values: Sequence[bytes], population: Mapping[str, int]) -> Held:
    """The state of a content from all its chunks, in order. Nothing of it waits to be written."""
    back = restore(key.decode(), population, values)
    tail = _tail(len(values) - 1, back, values[-1])
    return Held(back.content, key, tail, back.last_offset, back.arrived_ms)


def _tail(number: int, back: Restored, last: bytes) -> Tail:
    if back.in_last >= CLOSE_FROM:
        return Tail(number + 1, total=back.facts)
    return Tail(number, back.in_last, last[back.start :], back.facts)

"""From the chunks of one content to its state in memory. Pure; used in threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.cascade import Content, Restored, restore
from pipeline.stream.chunks import CLOSE_FROM, Tail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.stream.schedule import Watch
    from schemas.changelog import AlertRecord


@dataclass(slots=True, eq=False)
class Held:
    """One content with what its partition must know of it."""

    content: Content
    key: bytes
    last_offset: int = -1
    """Of the last record applied to it."""
    arrived_ms: int = 0
    """When Kafka appended that record, milliseconds since 1970."""
    nodes: int = 0
    tail: Tail = field(default_factory=Tail)
    touched: bool = False
    """Changed since the last rows were made."""
    unkept: bool = False
    """Changed since the changelog's last records were made."""
    seen_offset: int = -1
    """`last_offset` when `PartitionState.stirred` named it."""
    pinned: bool = False
    """It stays in memory, however long it is idle: the clock alone may change something about it that must be told."""
    told: AlertRecord | None = None
    """Where its alerts are; None when it was not looked up."""
    watch: Watch | None = None
    """Its place in the schedule of `pipeline.stream.refresh`; None when nothing is due any more."""


def thaw(key: bytes, values: Sequence[bytes], population: Mapping[str, int]) -> Held:
    """The state of a content from all its chunks, in order. Nothing of it waits to be written."""
    back = restore(key.decode(), population, values)
    tail = _tail(len(values) - 1, back, values[-1])
    return Held(back.content, key, back.last_offset, back.arrived_ms, back.content.size - 1, tail)


def _tail(number: int, back: Restored, last: bytes) -> Tail:
    if back.in_last >= CLOSE_FROM:
        return Tail(number + 1, total=back.facts)
    return Tail(number, back.in_last, last[back.start :], back.facts)

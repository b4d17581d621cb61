"""From the chunks of one content to its state in memory. Pure; used in threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cascade import HeldContent, Restored, restore
from pipeline.stream.chunks import CLOSE_FROM, Tail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Held(HeldContent):
    """One content with what its partition must know of it."""

    __slots__ = ()


def thaw(key: bytes, values: Sequence[bytes], population: Mapping[str, int]) -> Held:
    """The state of a content from all its chunks, in order. Nothing of it waits to be written."""
    back = restore(key.decode(), population, values)
    tail = _tail(len(values) - 1, back, values[-1])
    return Held(back.content, key, tail, back.last_offset, back.arrived_ms)


def _tail(number: int, back: Restored, last: bytes) -> Tail:
    if back.in_last >= CLOSE_FROM:
        return Tail(number + 1, total=back.facts)
    return Tail(number, back.in_last, last[back.start :], back.facts)

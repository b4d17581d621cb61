"""From the chunks of one content to its state in memory. Pure; used in threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.cascade import Content, restore
from pipeline.stream.chunks import CLOSE_FROM, Tail
from schemas.changelog import Chunk, chunk_value, decode_chunk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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


def thaw(key: bytes, values: Sequence[bytes], population: Mapping[str, int]) -> Held:
    """The state of a content from all its chunks, in order. Nothing of it waits to be written."""
    chunks = [decode_chunk(value) for value in values]
    last = chunks[-1]
    content_id = key.decode()
    facts = (fact for chunk in chunks for fact in chunk.facts)
    content = restore(content_id, population, facts, last.duplicates)
    total = sum(len(chunk.facts) for chunk in chunks)
    return Held(
        content,
        key,
        last.last_offset,
        last.arrived_ms,
        content.size - 1,
        _tail(len(chunks) - 1, last, values[-1], total),
    )


def _tail(number: int, last: Chunk, value: bytes, total: int) -> Tail:
    count = len(last.facts)
    if count >= CLOSE_FROM:
        return Tail(number + 1, total=total)
    # What stands before the facts has the length that it has in a chunk without any.
    head = len(chunk_value(last.last_offset, last.arrived_ms, last.duplicates, 0, b""))
    return Tail(number, count, value[head:], total)

"""One content with what its partition must know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.cascade.content import Content


class Tail(Protocol):
    """The end of a content's facts: `pipeline.stream.chunks.Tail`."""

    fresh: list[bytes]
    """Facts that no flush has taken: new ones are appended here."""

    @property
    def total(self) -> int:
        """All facts of the content."""
        ...

    def restart(self, facts: list[bytes]) -> None:
        """These are all facts from now on."""
        ...

    def take(self, key: bytes, last_offset: int, arrived_ms: int, duplicates: int) -> Iterator[tuple[bytes, bytes]]:
        """The records that bring the changelog up to date."""
        ...


class HeldContent:
    """A content in memory. Two are never equal: identity is what counts."""

    __slots__ = ("arrived_ms", "content", "key", "last_offset", "nodes", "tail", "takes", "touched", "unkept")

    def __init__(self, content: Content, key: bytes, tail: Tail, last_offset: int = -1, arrived_ms: int = 0) -> None:
        self.content = content
        self.key = key
        self.tail = tail
        self.takes: bytes | None = None  # key of the records that are folded without a question; None when none are
        self.last_offset = last_offset  # of the last record applied to it
        self.arrived_ms = arrived_ms  # when Kafka appended that record, milliseconds since 1970
        self.nodes = content.size - 1  # its spreads, as its partition counted them last
        self.touched = False  # changed since the last rows were made
        self.unkept = False  # changed since the changelog's last records were made
        self.settle()

    def settle(self) -> None:
        """Call it after every record that may have merged the content into another one, or undone that."""
        self.takes = None if self.content.is_merged else self.key

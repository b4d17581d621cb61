"""Records under a wrong or missing key, or in a partition that is not their content's: valid input in the wrong place.

Such a record is produced again to the same topic under the right key, with a header that says where it stood, and is not folded
where it stood. A crash between producing and committing produces it again, so the reader keeps a fence per source partition:
copies from one source partition reach a target partition in the order of their origins (each step of `Producer.send_in_order`
waits for the one before), so a copy whose origin is not beyond the greatest one seen is a repeat.

Anybody who may produce can write that header, and a copied topic keeps it. So a repeat is left out only when its content knows the event
(`pipeline.stream.partition`): a wrong origin may hide a duplicate from the count, but never an event.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.dead_letter import REPLAY_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.stream.batch import Record

HEADER = "cascades-origin"
"""Value: `<partition>:<offset>` of the record that this is a copy of; `:<number>` behind it where one record (a link) has several copies."""

MAX_HEADER_BYTES = 16 * 1024
"""Foreign headers that travel with a copy. With more, the copy of a record near the topic's limit would not fit, and its partition stand still."""

_ORIGIN = re.compile(rb"(\d{1,9}):(\d{1,18})(?::(\d{1,9}))?")

Copy = tuple[bytes | None, list[tuple[str, bytes]]]
"""Value and headers of a record that is produced again."""


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A record to be produced again: `key` is the right one, `partition` the one that `key` belongs to."""

    key: bytes
    partition: int
    record: Record
    origin_partition: int

    def copies(self) -> Iterator[Copy]:
        """What is sent: one record."""
        yield self.record.value, self.headers

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """The record's own headers, without an older origin, and its origin. Of headers that are too large, only ours are kept."""
        kept = [(name, value) for name, value in self.record.headers if name != HEADER]
        if sum(len(name) + len(value or b"") for name, value in kept) > MAX_HEADER_BYTES:
            kept = [(name, value) for name, value in kept if name == REPLAY_HEADER]
        return [*kept, (HEADER, b"%d:%d" % (self.origin_partition, self.record.offset))]


_NEVER = (-1, 0)


class Fence:
    """Greatest origin offset seen from each source partition, as far as one partition has been read."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: dict[int, tuple[int, int]] = {}

    def is_repeat(self, headers: Sequence[tuple[str, bytes]], *, moved: bool = False) -> bool:
        """Whether the record is a copy that was already here. A first copy is remembered. Records without origin never are repeats.

        An origin of another form is not ours and is ignored. Of a record that was moved from another topic the fence of that topic
        has judged already: `pipeline.stream.relocate` leaves the header on repeats alone, and its offsets mean nothing here.
        """
        for name, value in headers:
            if name == HEADER and (origin := _ORIGIN.fullmatch(value)):
                return moved or self._passed(int(origin[1]), (int(origin[2]), int(origin[3] or 0)))
        return False

    def _passed(self, partition: int, place: tuple[int, int]) -> bool:
        if place <= self._seen.get(partition, _NEVER):
            return True
        self._seen[partition] = place
        return False

    def seen(self) -> dict[int, int]:
        """What is to be kept: the greatest origin offset by source partition."""
        return {partition: offset for partition, (offset, _) in self._seen.items()}

    def numbers(self) -> dict[int, int]:
        """What is to be kept beside that, where it is not 0: the number of the copy of that origin."""
        return {partition: number for partition, (_, number) in self._seen.items() if number}

    def restore(self, seen: Mapping[int, int], numbers: Mapping[int, int] | None = None) -> None:
        """Go on from what was kept."""
        self._seen = {partition: (offset, (numbers or {}).get(partition, 0)) for partition, offset in seen.items()}

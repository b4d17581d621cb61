"""What travels through Faust: one batch of records per partition and fetch, with the range that the ledger keeps for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Record(Protocol):
    """The part of aiokafka's ConsumerRecord that the worker reads."""

    @property
    def offset(self) -> int:
        """Place in the partition."""
        ...

    @property
    def timestamp(self) -> int:
        """When the broker appended it, milliseconds since 1970 (the topic has LogAppendTime)."""
        ...

    @property
    def timestamp_type(self) -> int:
        """1: the broker's time of appending. 0: the producer's; only records moved by `cascades repartition` have it (`pipeline.stream.moved`)."""
        ...

    @property
    def key(self) -> bytes | None:
        """The key as it came."""
        ...

    @property
    def value(self) -> bytes | None:
        """The value as it came; None is a tombstone."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """The headers as they came."""
        ...


@dataclass(slots=True, eq=False)
class Range:
    """Offsets `first` to `last` (inclusive) of one partition, handed out once. Two ranges are never equal: identity is what counts."""

    first: int
    last: int
    acknowledged: bool = False
    live: bool = True
    """False once the partition was revoked or sought: whatever is done with the range from then on has no effect on offsets."""

    def acknowledge(self) -> None:
        """Everything that this range leads to is stored. Call it after the sink's answer, never before."""
        self.acknowledged = True


@dataclass(slots=True, frozen=True, eq=False)
class Batch:
    """Consecutive records of one partition."""

    topic: str
    partition: int
    records: Sequence[Record]
    range: Range

    @property
    def live(self) -> bool:
        """Whether the batch may still be folded. Ask after every await: a rebalance may have come in between."""
        return self.range.live

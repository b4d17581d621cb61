"""The records of the changelog: what the state of a partition is rebuilt from. msgpack arrays, so that a node costs about a quarter of its event.

| key                                    | value       | meaning                                                                       |
|----------------------------------------|-------------|-------------------------------------------------------------------------------|
| content_id, a zero byte, number (u32)  | `Chunk`     | some of the content's facts, in log order over its chunks from number 0 on    |
| zero byte, "replayed", identity        | true        | a dead letter whose replay was folded; the identity is (topic, partition, offset, received_at in ms) |
| zero byte, "alert", content_id         | `AlertRecord` | where the content's alerts are; written in the transaction that tells them on `share.alerts` |
| zero byte, "baselines", number (u32)   | bytes       | a piece of the partition's baselines, in order                                |
| a zero byte                            | `Position`  | how far the partition's log is applied; the last record of each transaction   |

A content_id holds no zero byte and is never empty, so the keys cannot meet. Chunks are append-only: all but the one with the greatest number are
final, and what a chunk says about its content as a whole holds as of that chunk.
"""

from __future__ import annotations

from typing import get_args

import msgspec

from schemas.dead_letter import Identity
from schemas.wire import CounterKind, Kind

KINDS: tuple[Kind, ...] = get_args(Kind)
"""A fact names its kind by the place in here. New ones are added at the end of `Kind`, or old changelogs say something else."""
POSITION_KEY = b"\0"
REPLAY_PREFIX = b"\0replayed"
REPLAY_VALUE = b"\xc3"
ALERT_PREFIX = b"\0alert"
BASELINES_PREFIX = b"\0baselines"
FORMAT = 2
"""Raised when old records can no longer be read: the state is then rebuilt from the events."""


class Fact(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One event that changed its content. Fields left out at the end are at their default."""

    event_id: str
    kind: int
    platform: str
    actor_id: str
    occurred_us: int
    campaign: str | None = None
    audience: int | None = None
    parent_event_id: str | None = None
    parent_actor_id: str | None = None
    basis: int = 3
    target: str | None = None
    """Of a retraction the act, of a link the content."""
    moderator: bool = False
    counter_kind: CounterKind | None = None
    count: int | None = None


class Chunk(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Consecutive facts of one content, and what holds for the content as of this chunk."""

    last_offset: int
    """Offset in the events topic of the last record applied to the content."""
    arrived_ms: int
    """When Kafka appended that record, milliseconds since 1970."""
    duplicates: int
    facts: list[Fact]


class Head(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """The start of a `Chunk`: what is cheap to ask of it."""

    last_offset: int
    arrived_ms: int
    duplicates: int


class Position(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """How far the partition's log is applied."""

    format: int
    identity: str
    """Drawn when the changelog's partition gets its first record: files made from another changelog are known by it."""
    epoch: int
    next_offset: int
    """Events below are applied."""
    latest_ms: int
    """When Kafka appended the latest record that was folded, milliseconds since 1970: what is idle is told by it, never by a clock."""
    fence: dict[int, int] = {}
    """Greatest origin offset by source partition, of re-keyed records seen (header `cascades-origin`)."""
    origins: dict[str, str] = {}
    """What offsets and rows belong to: `topic …` and `table …`, each with the identity that Kafka or ClickHouse drew when it was made."""
    behind: list[bytes] = []
    """Contents with rows that were still to be made (`pipeline.stream.partition.PartitionState.behind`): a restore looks after them at once."""
    fence_numbers: dict[int, int] = {}
    """By source partition: the number of the copy, where that origin has several and it is not 0."""


class AlertRecord(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Where the alerts of one content are. Kept through a rebuild: what was told stays told."""

    at_us: int
    """The moment of the evaluation, by the clock of the partition: rules are not asked about an earlier one."""
    is_quiet: bool
    """Whether nothing is open and nothing waits to be closed: the content may leave memory."""
    state: bytes
    """`pipeline.cascade.alerting.AlertState`, as it dumps itself."""
    told: list[bytes] = []
    """The last messages about the content, as they are on `share.alerts`: a restore writes their rows again, should a crash have lost them."""


decode_chunk = msgspec.msgpack.Decoder(Chunk).decode
"""`decode_chunk(value: bytes) -> Chunk`."""
decode_head = msgspec.msgpack.Decoder(Head).decode
"""`decode_head(value: bytes) -> Head` of a chunk; its facts are passed over."""
decode_position = msgspec.msgpack.Decoder(Position).decode
"""`decode_position(value: bytes) -> Position`."""
encode_position = msgspec.msgpack.Encoder().encode
"""`encode_position(position: Position) -> bytes`."""


decode_alert_record = msgspec.msgpack.Decoder(AlertRecord).decode
"""`decode_alert_record(value: bytes) -> AlertRecord`."""
encode_alert_record = msgspec.msgpack.Encoder().encode
"""`encode_alert_record(record: AlertRecord) -> bytes`."""


def alert_key(content: bytes) -> bytes:
    """Key of a content's `AlertRecord`; `content` is the content_id in UTF-8."""
    return ALERT_PREFIX + content


def baselines_key(number: int) -> bytes:
    """Key of a piece of the baselines. They sort by number."""
    return BASELINES_PREFIX + number.to_bytes(4, "big")


def chunk_key(content: bytes, number: int) -> bytes:
    """Key of a chunk; `content` is the content_id in UTF-8. Keys of one content sort by number."""
    return b"%b\0%b" % (content, number.to_bytes(4, "big"))


def replay_key(identity: Identity) -> bytes:
    """Key that says that the replay of a dead letter was folded."""
    return REPLAY_PREFIX + _encode(tuple(identity))


def replayed_identity(key: bytes) -> Identity:
    """The identity of such a key."""
    return _decode_identity(key[len(REPLAY_PREFIX) :])


def content_of(key: bytes) -> bytes:
    """The content of a chunk's key."""
    return key[:-5]


def chunk_value(last_offset: int, arrived_ms: int, duplicates: int, count: int, facts: bytes) -> bytes:
    """A `Chunk` around `count` facts that are encoded already, one after the other."""
    head = _encode([last_offset, arrived_ms, duplicates])
    return b"".join((b"\x94", head[1:], b"\xdd", count.to_bytes(4, "big"), facts))


_encode = msgspec.msgpack.Encoder().encode
_decode_identity = msgspec.msgpack.Decoder(Identity).decode

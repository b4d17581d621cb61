"""The event on the hot path: version 1 as a msgspec struct, its bytes, its time and its fingerprint.

`schemas.event.ShareEvent` is the authority; a property test shows that both accept and refuse the same inputs.
What no struct can say (fields that belong together, times, NUL characters) is checked in `schemas.check`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Kind = Literal[
    "post",
    "share",
    "repin",
    "quote",
    "like",
    "comment",
    "mention",
    "click",
    "view",
    "follow",
    "retract",
    "counter",
    "link",
]
Basis = Literal["exact", "inferred", "root_only", "none"]
CounterKind = Literal["share", "like", "comment", "click", "view"]

SPREADS = frozenset({"share", "repin", "quote"})
"""Kinds that make a node of the cascade."""
COUNTED = ("like", "comment", "mention", "click", "view", "follow")
"""Kinds that are only counted."""

MAX_ID = 512
MAX_PLATFORM = 32
MAX_NUMBER = 10**12
"""Greatest audience or counter: a hundred times mankind, and sums of millions of them still fit ClickHouse's Int64."""
MAX_ATTRIBUTES = 32
MAX_ATTRIBUTE_NAME = 128
MAX_ATTRIBUTE_VALUE = 2048

Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID)]
Number = Annotated[int, Meta(ge=0, le=MAX_NUMBER)]
AttributeName = Annotated[str, Meta(min_length=1, max_length=MAX_ATTRIBUTE_NAME)]
AttributeValue = Annotated[str, Meta(max_length=MAX_ATTRIBUTE_VALUE)]
Attributes = Annotated[dict[AttributeName, AttributeValue], Meta(max_length=MAX_ATTRIBUTES)]


class WireEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One event, version 1. The meaning of each field is in `schemas.event.ShareEvent`. Lengths count characters."""

    event_id: Id
    kind: Kind
    platform: Annotated[str, Meta(min_length=1, max_length=MAX_PLATFORM)]
    content_id: Id
    actor_id: Id
    occurred_at: Annotated[datetime, Meta(tz=True)]
    parent_event_id: Id | None = None
    parent_actor_id: Id | None = None
    parent_basis: Basis = "none"
    audience_size: Number | None = None
    campaign_id: Id | None = None
    target_event_id: Id | None = None
    target_content_id: Id | None = None
    counter_kind: CounterKind | None = None
    count: Number | None = None
    attributes: Attributes = {}
    schema_version: Literal[1] = 1


decode = msgspec.json.Decoder(WireEvent).decode
"""`decode(value: bytes) -> WireEvent`. Checks types, names and lengths, not the rules between fields: use
`schemas.check.check`.

Raises `msgspec.MsgspecError`, or `UnicodeDecodeError` when a text is not UTF-8.
"""

encode = msgspec.json.Encoder(order="deterministic").encode
"""`encode(event: WireEvent) -> bytes`: the canonical JSON. Every field is present, in the struct's order; attribute
names are sorted; the time has microseconds (left out when 0) and 'Z'."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970-01-01 UTC, exact for every datetime that knows its time zone."""
    return (moment - _EPOCH) // _MICROSECOND


def fingerprint(event: WireEvent) -> int:
    """The first 63 bits of the SHA-256 of the canonical JSON without attributes and content: equal for events that are equal to every figure, on every
    machine and in every run, and whether they came under their content's id or under that of one that was merged into it.
    """
    plain = msgspec.structs.replace(event, attributes={}, content_id="")
    return int.from_bytes(sha256(encode(plain)).digest()[:8], "big") >> 1

"""Dead letters: the reasons for which a record is refused, and what travels with its original bytes.

On Kafka the value and the key are the refused record's own bytes, untouched. Everything else is in headers, all UTF-8
text.
"""

from __future__ import annotations

import re
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Iterable

REASONS = MappingProxyType(
    {
        "no_value": "The record has no value (a tombstone).",
        "too_large": "The value is larger than any event can be.",
        "not_utf8": "The value is not UTF-8 text.",
        "not_json": "The value is not one JSON document.",
        "not_an_object": "The value is JSON, but not an object.",
        "unknown_version": "schema_version is not one that this program knows.",
        "missing_field": "A field that every event must have is missing.",
        "unknown_field": "The event has a field that version 1 does not have.",
        "wrong_type": "A field's value is of the wrong JSON type.",
        "unknown_value": "A field's value is not one of its closed list.",
        "bad_text": "A text is empty, too long, has a character that is not allowed, or breaks the field's pattern.",
        "out_of_range": "A number is negative or too large, or a map has too many entries.",
        "bad_time": "occurred_at is not an RFC 3339 time in UTC.",
        "too_old": "occurred_at lies before 2003-01-01.",
        "in_future": "occurred_at lies more than 5 minutes after the moment Kafka took the record.",
        "fields_disagree": "The fields do not fit together, such as a retract without a target.",
        "unknown_shape": "A platform's payload is not of a shape that its front door knows.",
        "not_an_undo": "The record in the topic of undos is no undo of version 1.",
        "no_target": "The act that an undo names did not come within the time that undos wait.",
        "not_theirs": "The act that an undo names was done by somebody else.",
        "not_storable": "ClickHouse refused the row that this event makes.",
    }
)
"""Every reason with its sentence. The codes are a closed list: they label metrics and are filtered by. A new one is
an addition, never a change of meaning."""

MAX_DETAIL = 600
"""Characters of a detail that are kept."""


class RefusedError(ValueError):
    """One record breaks the event contract: it becomes a dead letter, and its neighbours are not touched.

    `reason` is a key of `REASONS`; `detail` is one line for people, at most `MAX_DETAIL` characters, that can always be
    encoded as UTF-8.
    """

    def __init__(self, reason: str, detail: str) -> None:
        if reason not in REASONS:
            raise KeyError(reason)
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = one_line(detail)

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


def one_line(text: str, limit: int = MAX_DETAIL) -> str:
    """`text` cut to `limit` characters, without line breaks, control characters or lone surrogates."""
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


class Identity(NamedTuple):
    """What names one record, and its dead letter: where it stands in Kafka, and since when (a topic made anew counts from 0 again)."""

    topic: str
    partition: int
    offset: int
    received_at_ms: int

    def __str__(self) -> str:
        return f"{self.place}:{self.received_at_ms}"

    @property
    def place(self) -> str:
        """For people: topic:partition:offset."""
        return f"{self.topic}:{self.partition}:{self.offset}"

    @classmethod
    def read(cls, text: bytes) -> Identity | None:
        """The identity that `str` has written; None when the text is none."""
        match = _IDENTITY.fullmatch(text)
        return cls(match[1].decode(), *map(int, match.groups()[1:])) if match else None


_IDENTITY = re.compile(rb"([A-Za-z0-9._-]{1,249}):(\d{1,9}):(\d{1,18}):(-?\d{1,15})")
REPLAY_HEADER = "cascades-dead-letter"
"""Header of a record in the events topic that was a dead letter and was sent again: the identity of the first one, if it failed more than once."""


def replayed(headers: Iterable[tuple[str, bytes]]) -> Identity | None:
    """The dead letter that a record with these headers is a replay of. A value that we did not write is ignored."""
    return next((found for name, value in headers if name == REPLAY_HEADER and (found := Identity.read(value))), None)


class DeadLetterHeaders(BaseModel):
    """The Kafka headers of a dead letter. Their names are the fields' names; their values are UTF-8 text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str = Field(description="why: one of the closed list", json_schema_extra={"enum": list(REASONS)})
    detail: str = Field(
        description="one line for people: which field, what was expected, what came", max_length=MAX_DETAIL
    )
    topic: str = Field(description="topic the record was read from", min_length=1)
    partition: str = Field(description="its partition", pattern=r"^[0-9]+$")
    offset: str = Field(description="its offset", pattern=r"^[0-9]+$")
    received_at: str = Field(
        description="when Kafka appended the record: milliseconds since 1970-01-01 UTC", pattern=r"^-?[0-9]+$"
    )
    replay_of: str | None = Field(
        None,
        description="only when the record was itself a replay: topic:partition:offset:received_at of the first dead letter",
        pattern=r"^[A-Za-z0-9._-]+:[0-9]+:[0-9]+:-?[0-9]+$",
    )
    door: str | None = Field(
        None,
        description="only when a front door refused it, before any topic: the door's address, such as /webhooks/facebook. `topic` then names the door "
        "(door.webhooks.facebook), `partition` is 0, and `offset` a number made from the payload",
        pattern=r"^/[a-z0-9_./-]+$",
    )


HEADERS = tuple(DeadLetterHeaders.model_fields)
"""Names of the headers, in the order they are written."""


def headers(
    error: RefusedError,
    *,
    topic: str,
    partition: int,
    offset: int,
    received_at_ms: int,
    replay_of: Identity | None = None,
) -> list[tuple[str, bytes]]:
    """The headers of one dead letter, as a Kafka producer takes them."""
    values = (error.reason, error.detail, topic, str(partition), str(offset), str(received_at_ms))
    made = [(name, value.encode()) for name, value in zip(HEADERS, values, strict=False)]
    return [*made, ("replay_of", str(replay_of).encode())] if replay_of else made


def door_headers(error: RefusedError, *, door: str, value: bytes, received_at_ms: int) -> list[tuple[str, bytes]]:
    """The headers of what a front door refused (`door`: its address). The same payload at the same moment has the same identity."""
    number = int.from_bytes(sha256(value).digest()[:7], "big")
    topic = f"door{door.replace('/', '.')}"
    made = headers(error, topic=topic, partition=0, offset=number, received_at_ms=received_at_ms)
    return [*made, ("door", door.encode())]

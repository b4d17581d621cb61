"""Where a collector goes on: what the compacted topic `share.positions` carries, key = `source` (UTF-8). The latest of each key stands."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  # msgspec reads the annotation when it makes the decoder
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta


class Stored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source's position. Everything that the source told up to it is in Kafka, acknowledged by all in-sync replicas."""

    source: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9_-]+$")]
    """What the operator calls the source."""
    kind: str
    """What kind of source wrote it: another kind under the same name does not understand it."""
    position: dict[str, Any]
    """A JSON object that only the source understands."""
    stored_at: Annotated[datetime, Meta(tz=True)]
    schema_version: Literal[1] = 1


encode = msgspec.json.Encoder(order="deterministic").encode
"""`encode(stored: Stored) -> bytes`."""
decode = msgspec.json.Decoder(Stored).decode
"""`decode(value: bytes) -> Stored`. Raises `msgspec.MsgspecError`, or `UnicodeDecodeError` when a text is not UTF-8."""

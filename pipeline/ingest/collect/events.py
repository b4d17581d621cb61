"""Version-1 events from elsewhere, read as a mapping reads: each is checked, and one that breaks the contract becomes a dead letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from pipeline.ingest.platforms import Coverage, PlatformMapping
from schemas.check import check
from schemas.wire import micros

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene

_COVERS: Final = Coverage(
    payloads="version-1 events, one or an array",
    kinds=frozenset(),
    parent="as told",
    audience="as told",
    undo="`retract`",
    authentication="that of the stream",
    time="as told",
    untold="nothing",
)


def _read(found: Json, scene: Scene) -> Iterable[Made]:
    return [check(msgspec.json.encode(found.value), micros(scene.received_at) // 1000)]


def _split(payload: Json) -> Iterable[object]:
    return [one.value for one in payload] if isinstance(payload.value, list) else [payload.value]


EVENTS: Final = PlatformMapping(
    name="events", platform="events", label="Version-1 events", covers=_COVERS, read=_read, split=_split
)

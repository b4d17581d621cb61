"""What was told already: lists overlap and totals mostly stand still, and neither is to be told twice."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pipeline.ingest.platforms.reading import Json
from pipeline.ingest.platforms.seam import Ignored, Scene
from schemas.dead_letter import RefusedError
from schemas.wire import SPREADS, WireEvent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from pipeline.ingest.platforms import Context, PlatformMapping
    from pipeline.ingest.platforms.seam import Made

MOST: Final = 200_000
"""Acts and totals that are remembered: about 25 MB."""
KNOWN: Final = Ignored("told before")
STANDS: Final = SPREADS | {"post"}

Key = tuple[str, ...]


class News(NamedTuple):
    """What a part of an answer tells."""

    keys: frozenset[Key]
    """What was not told before; empty: nothing."""
    contents: dict[str, str]
    """The content of each post and spread in it, new or not, by event id."""


class Told:
    """A memory of this process only: after a restart some is told again, with the same ids, and changes no figure."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._facts: OrderedDict[int, int] = OrderedDict()

    def news(self, mapping: PlatformMapping, part: object, now: datetime, context: Context) -> News:
        """What a part tells; it is remembered as told. Raises nothing."""
        try:
            made = list(mapping.read(Json(part), Scene(mapping.platform, now, context)))
        except RefusedError:  # told once, as a dead letter
            shape = _shape(part)
            return News(frozenset({shape} if self._is_new(shape, None) else ()), {})
        events = [one for one in made if isinstance(one, WireEvent)]
        keys = frozenset(key for one in events if self._is_new(key := _key(one), _fact(one)))
        return News(keys, {one.event_id: one.content_id for one in events if one.kind in STANDS})

    def _is_new(self, key: Key, fact: object) -> bool:
        number, told = hash(key), hash(fact)
        is_new = self._facts.get(number) != told
        self._facts[number] = told
        self._facts.move_to_end(number)
        if len(self._facts) > self._most:
            self._facts.popitem(last=False)
        return is_new


def only(mapping: PlatformMapping, keys: AbstractSet[Key]) -> PlatformMapping:
    """The mapping, without what is not among these."""

    def read(payload: Json, scene: Scene) -> Iterator[Made]:
        for one in mapping.read(payload, scene):
            yield one if not isinstance(one, WireEvent) or _key(one) in keys else KNOWN

    return replace(mapping, read=read)


def _key(event: WireEvent) -> Key:
    if event.kind == "counter":
        return ("total", event.content_id, event.platform, event.counter_kind or "")
    return ("act", event.content_id, event.event_id)


def _fact(event: WireEvent) -> object:
    # The same act with a better parent is news.
    return event.count if event.kind == "counter" else (event.parent_basis, event.parent_event_id)


def _shape(part: object) -> Key:
    return ("shape", msgspec.json.encode(part).decode())

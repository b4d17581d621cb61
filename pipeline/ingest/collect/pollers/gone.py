"""A watched post that its platform has no more: it says so by 404, which is no payload. This one stands for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec

from pipeline.ingest.platforms.seam import bounded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.ingest.platforms import PlatformMapping
    from pipeline.ingest.platforms.reading import Json
    from pipeline.ingest.platforms.seam import Made, Scene

CERTAIN: Final = 2
"""Answers in a row that say so, before it is believed: one may be a hiccup of theirs."""


def payload(act: str) -> bytes:
    """What stands for the answer. `act` is the post as the platform calls it."""
    return msgspec.json.encode({"gone": act})


def mapping(of: PlatformMapping) -> PlatformMapping:
    """Reads it: the retraction of the post, by the platform itself."""

    def read(found: Json, scene: Scene) -> Iterable[Made]:
        act = scene.own(found["gone"].text())
        content = scene.root(act)
        return [scene.retract(bounded(act), content=content, actor=scene.platform, at=scene.received_at, verified=True)]

    return replace(of, read=read, split=lambda found: (found.value,))

"""What the payloads of real platforms mean as version-1 events: one file per platform, no I/O.

Readers need `REGISTRY`, `Context` and the answer's types; docs/platforms.md, generated from here, says what each covers.
"""

from pipeline.ingest.platforms.reading import UnknownShapeError
from pipeline.ingest.platforms.registry import REGISTRY
from pipeline.ingest.platforms.seam import Context, Coverage, Ignored, Mapped, PlatformMapping, Refusal
from schemas.undo import Undo

__all__ = [
    "REGISTRY",
    "Context",
    "Coverage",
    "Ignored",
    "Mapped",
    "PlatformMapping",
    "Refusal",
    "Undo",
    "UnknownShapeError",
]

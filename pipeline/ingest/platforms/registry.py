"""The platforms whose payloads are understood. One that is not finished is not here."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from pipeline.ingest.platforms import facebook
from pipeline.ingest.platforms.seam import PlatformMapping

_ALL: Final[tuple[PlatformMapping, ...]] = (facebook.MAPPING,)

REGISTRY: Final = MappingProxyType({mapping.name: mapping for mapping in _ALL})
"""Every mapping by the name that readers call it."""

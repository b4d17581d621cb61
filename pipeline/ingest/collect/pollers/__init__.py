"""Platforms that are asked again and again, because they push nothing."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.ingest.collect.options import Kind

KINDS: Final[Mapping[str, Kind]] = MappingProxyType({})
"""Every poller by the name that CASCADES_COLLECT calls its kind."""

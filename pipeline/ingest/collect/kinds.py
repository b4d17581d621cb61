"""Every kind of source by its name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pipeline.ingest.collect import bluesky, mastodon, pollers, stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.ingest.collect.options import Kind

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {"bluesky": bluesky.KIND, "mastodon": mastodon.KIND, "stream": stream.KIND, **pollers.KINDS}
)

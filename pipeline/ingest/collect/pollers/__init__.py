"""Platforms that are asked again and again, because they push nothing.

One frame (`poller`), and for each platform a file with what is its own: what to ask about a post, how its lists go on, how it counts what
is asked. Everything that decides something is pure; `client` and `access` do the I/O.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import UsageError
from pipeline.ingest.collect.options import Kind
from pipeline.ingest.collect.pollers.instagram import INSTAGRAM
from pipeline.ingest.collect.pollers.linkedin import LINKEDIN
from pipeline.ingest.collect.pollers.pinterest import PINTEREST
from pipeline.ingest.collect.pollers.poller import Poller
from pipeline.ingest.collect.pollers.reddit import REDDIT
from pipeline.ingest.collect.pollers.threads import THREADS
from pipeline.ingest.collect.pollers.tumblr import TUMBLR
from pipeline.ingest.platforms import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.ingest.collect.pollers.platform import Platform
    from pipeline.ingest.collect.seam import Source, Tools
    from pipeline.ingest.platforms import Context

PLATFORMS: Final = (PINTEREST, TUMBLR, REDDIT, LINKEDIN, THREADS, INSTAGRAM)


def _kind(platform: Platform) -> Kind:
    def make(name: str, options: Any, context: Context, tools: Tools) -> Source:
        try:
            return Poller(name, options, context, tools, platform)
        except UsageError as error:
            raise UsageError(f"CASCADES_COLLECT: {name}: {error}") from None

    return Kind(platform.options, make, lambda _options: REGISTRY[platform.name])


KINDS: Final[Mapping[str, Kind]] = MappingProxyType({platform.name: _kind(platform) for platform in PLATFORMS})
"""Every poller by the name that CASCADES_COLLECT calls its kind."""

"""Which loader answers which topic, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.serve.content import ContentPage
from pipeline.serve.contents import Facets, RankedContents
from pipeline.serve.health import Health
from pipeline.serve.letters import DeadLetters
from pipeline.serve.pulse import Pulse

if TYPE_CHECKING:
    import aiohttp

    from pipeline.clock import Clock
    from pipeline.config import Settings
    from pipeline.serve.feed import Load
    from pipeline.serve.reader import Reader
    from pipeline.serve.topics import Topic


class Loaders:
    """Makes the loader of a topic, with the seconds between two looks."""

    def __init__(self, settings: Settings, reader: Reader, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._settings = settings
        self._reader = reader
        self._session = session
        self._clock = clock

    def make(self, topic: Topic) -> tuple[Load, float]:
        """A new loader: it may remember what it last saw, so each feed has its own."""
        interval = self._settings.page_interval_s
        match topic.kind:
            case "pulse":
                return Pulse(self._reader, self._clock), interval
            case "health":
                return Health(self._reader, self._session, self._settings), 2 * interval
            case "letters":
                return DeadLetters(self._reader), 2 * interval
            case "facets":
                return Facets(self._reader), 5 * interval
            case "contents":
                return RankedContents(self._reader, self._settings, topic), interval
            case _:
                return ContentPage(self._reader, self._settings, self._clock, topic.content_id), interval

"""Which loader answers which topic, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.serve.campaign import CampaignPage, Conversation
from pipeline.serve.content import ContentPage
from pipeline.serve.contents import Facets, RankedContents
from pipeline.serve.health import Health
from pipeline.serve.letters import DeadLetters
from pipeline.serve.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable

    import aiohttp

    from pipeline.clock import Clock
    from pipeline.config import Settings
    from pipeline.serve.feed import Load
    from pipeline.serve.reader import Reader
    from pipeline.serve.topics import Topic

LOOKS = {"health": 2, "letters": 2, "facets": 5, "campaign": 2, "conversation": 15}
"""Page intervals between two looks, where it is not one."""


class Loaders:
    """Makes the loader of a topic, with the seconds between two looks."""

    def __init__(self, settings: Settings, reader: Reader, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._settings = settings
        self._reader = reader
        self._session = session
        self._clock = clock

    def make(self, topic: Topic) -> tuple[Load, float]:
        """A new loader: it may remember what it last saw, so each feed has its own."""
        return self._loader(topic), LOOKS.get(topic.kind, 1) * self._settings.page_interval_s

    def _loader(self, topic: Topic) -> Load:
        reader, settings, clock = self._reader, self._settings, self._clock
        makers: dict[str, Callable[[], Load]] = {
            "pulse": lambda: Pulse(reader, clock),
            "health": lambda: Health(reader, self._session, settings),
            "letters": lambda: DeadLetters(reader),
            "facets": lambda: Facets(reader),
            "contents": lambda: RankedContents(reader, settings, topic),
            "content": lambda: ContentPage(reader, settings, clock, topic.content_id),
            "campaign": lambda: CampaignPage(reader, topic.campaign),
            "conversation": lambda: Conversation(reader, topic.campaign),
        }
        return makers[topic.kind]()

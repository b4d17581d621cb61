"""Which loader answers which topic, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.serve.alerts import AlertList
from pipeline.serve.campaign import CampaignPage, Conversation
from pipeline.serve.content import ContentPage
from pipeline.serve.contents import Facets, RankedContents
from pipeline.serve.health import Health
from pipeline.serve.letters import DeadLetters
from pipeline.serve.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable

    import aiohttp

    from pipeline.cascade.controls import Controls
    from pipeline.clock import Clock
    from pipeline.config import Settings
    from pipeline.serve.feed import Load
    from pipeline.serve.reader import Reader
    from pipeline.serve.topics import Topic


class Loaders:
    """Makes the loader of a topic, with the seconds between two looks."""

    def __init__(
        self,
        settings: Settings,
        reader: Reader,
        session: aiohttp.ClientSession,
        clock: Clock,
        controls: Controls,
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._session = session
        self._clock = clock
        self._controls = controls

    def make(self, topic: Topic) -> tuple[Load, float]:
        """A new loader: it may remember what it last saw, so each feed has its own."""
        base = self._settings.page_interval_s
        times = {"health": 2, "letters": 2, "facets": 5, "campaign": 2, "conversation": 15}.get(topic.kind, 1)
        return self._load(topic), times * base

    def _load(self, topic: Topic) -> Load:
        made: dict[str, Callable[[], Load]] = {
            "pulse": lambda: Pulse(self._reader, self._clock),
            "health": lambda: Health(self._reader, self._session, self._settings),
            "letters": lambda: DeadLetters(self._reader),
            "alerts": lambda: AlertList(
                self._reader,
                self._settings,
                self._clock,
                self._controls,
                content=topic.content_id,
                campaign=topic.campaign,
            ),
            "facets": lambda: Facets(self._reader),
            "contents": lambda: RankedContents(self._reader, self._settings, topic),
            "content": lambda: ContentPage(self._reader, self._settings, self._clock, topic.content_id),
            "campaign": lambda: CampaignPage(self._reader, topic.campaign),
            "conversation": lambda: Conversation(self._reader, topic.campaign),
        }
        return made[topic.kind]()

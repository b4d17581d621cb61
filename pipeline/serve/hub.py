"""The hub: who looks at which feeds. A feed runs while somebody looks, and a little longer."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.errors import UnavailableError
from pipeline.metrics import Metrics
from pipeline.serve.feed import Feed, Load, Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.serve.topics import Topic

MAX_FEEDS = 64
LINGER_S = 10.0
"""A feed goes on for this long after the last look, so that a reload or a step back finds it warm."""


CLOSE_S = 1.0
"""For questions to ClickHouse that are under way when the page stops."""


class TooBusyError(UnavailableError):
    """More different pages are being watched than one process will ask ClickHouse for."""


@dataclass(slots=True)
class Listener:
    """One stream's place: which version of each part it has been given."""

    feeds: list[Feed]
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    seen: dict[str, int] = field(default_factory=dict)

    def news(self) -> list[Part]:
        """Parts that the stream has not been given, at their newest version."""
        parts = (part for feed in self.feeds for part in feed.parts.values())
        return [part for part in parts if self.seen.get(part.name) != part.version]


class Hub:
    """All feeds of one process. `boot` names this run: versions of another run mean nothing here."""

    def __init__(self, make: Callable[[Topic], tuple[Load, float]], metrics: Metrics | None = None) -> None:
        self._make = make
        self.metrics = metrics or Metrics()
        self._versions = itertools.count(1)
        self._feeds: dict[Topic, Feed] = {}
        self._tasks: dict[Topic, asyncio.Task[None]] = {}
        self._wakes: set[asyncio.Event] = set()
        self.boot = secrets.token_hex(4)
        self.closing = False

    @property
    def feed_count(self) -> int:
        """Feeds that run."""
        return len(self._feeds)

    @contextmanager
    def listen(self, topics: list[Topic]) -> Iterator[Listener]:
        """Look at these feeds for the length of the block. Raises `TooBusyError` when too many others are looked at."""
        listener = Listener([])
        try:
            for topic in topics:
                feed = self._open(topic)
                feed.listeners.add(listener.wake)
                listener.feeds.append(feed)
            self._wakes.add(listener.wake)
            yield listener
        finally:
            self._wakes.discard(listener.wake)
            for topic, feed in zip(topics, listener.feeds, strict=False):
                feed.listeners.discard(listener.wake)
                asyncio.get_running_loop().call_later(LINGER_S, self._close_if_idle, topic)

    async def current(self, topic: Topic) -> dict[str, Any]:
        """The newest values of a feed by part name, waiting for the first. Raises `UnavailableError` while there is no fresh answer."""
        with self.listen([topic]) as listener:
            feed = listener.feeds[0]
            await feed.answered.wait()
            if feed.problem:
                raise UnavailableError(feed.problem)
            return dict(feed.values)

    async def close(self) -> None:
        """End every feed, and wake every stream so that it ends too."""
        self.closing = True
        for wake in self._wakes:
            wake.set()
        tasks = [self._end(topic) for topic in list(self._feeds)]
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_S)

    def _open(self, topic: Topic) -> Feed:
        feed = self._feeds.get(topic)
        if feed is None:
            self._make_room()
            load, interval_s = self._make(topic)
            feed = self._feeds[topic] = Feed(topic.kind, load, interval_s, self._versions, self.metrics)
            self._tasks[topic] = asyncio.create_task(feed.run(), name=f"feed {topic.kind}")
        return feed

    def _make_room(self) -> None:
        if len(self._feeds) >= MAX_FEEDS:
            for topic in list(self._feeds):
                self._close_if_idle(topic)
        if len(self._feeds) >= MAX_FEEDS:
            raise TooBusyError(
                f"{MAX_FEEDS} different views are being watched already: close one, or use fewer filters"
            )

    def _close_if_idle(self, topic: Topic) -> None:
        feed = self._feeds.get(topic)
        if feed is not None and not feed.listeners:
            self._end(topic)

    def _end(self, topic: Topic) -> asyncio.Task[None]:
        task = self._tasks.pop(topic)
        self._feeds.pop(topic).ended = True
        task.cancel()
        return task

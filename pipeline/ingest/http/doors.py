"""What every front door has at hand, and the one way from a door into Kafka."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pipeline.errors import UnavailableError
from pipeline.ingest.http.problems import ProblemError
from pipeline.ingest.http.sender import Entry
from pipeline.ingest.posts import Posts
from pipeline.metrics import Metric
from schemas import undo, wire
from schemas.dead_letter import door_headers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.clock import Clock
    from pipeline.config import Settings
    from pipeline.ingest.http.body import Bodies
    from pipeline.ingest.http.keys import Keyring
    from pipeline.ingest.http.limits import Limiter
    from pipeline.metrics import Metrics
    from schemas.dead_letter import RefusedError
    from schemas.undo import Undo
    from schemas.wire import WireEvent

RETRY_S = 2.0


class Sender(Protocol):
    """What is used of `pipeline.ingest.http.sender.KafkaSender`."""

    problem: str

    async def send(self, entries: Iterable[Entry]) -> None: ...


@dataclass(frozen=True, slots=True)
class Doors:
    """The parts that the doors share."""

    settings: Settings
    keyring: Keyring
    sender: Sender
    bodies: Bodies
    limiter: Limiter
    clock: Clock
    metrics: Metrics
    posts: Posts = field(default_factory=Posts)
    """Those that are counted for another content."""

    def event(self, event: WireEvent, value: bytes | None = None) -> Entry:
        """The record of an event, under the content that it is counted for; `value` are its bytes where they are known already."""
        home = self.posts.at_home(event)
        known = value if home is event else None
        return Entry(self.settings.events_topic, home.content_id.encode(), known or wire.encode(home))

    def undo(self, found: Undo) -> Entry:
        """The record of an undo whose content is not known."""
        return Entry(self.settings.undo_topic, found.target_event_id.encode(), undo.encode(found))

    def letter(self, door: str, error: RefusedError, value: bytes) -> Entry:
        """The dead letter of something that came by a door."""
        self.metrics.add(Metric.DOOR_LETTERS, 1, door, error.reason)
        headers = door_headers(error, door=door, value=value, received_at_ms=self.clock.now_us() // 1000)
        return Entry(self.settings.dead_letter_topic, None, value, headers)

    async def deliver(self, entries: list[Entry]) -> None:
        """Send and wait for the acknowledgement. Raises ProblemError `overloaded` (503) when it does not come: whoever sent it sends it again."""
        try:
            await self.sender.send(entries)
        except UnavailableError as error:
            raise ProblemError("overloaded", str(error), retry_after_s=RETRY_S) from error

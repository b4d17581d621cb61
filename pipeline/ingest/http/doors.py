"""What every front door has at hand, and the one way from a door into Kafka."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pipeline.errors import UnavailableError
from pipeline.ingest import records
from pipeline.ingest.http.problems import ProblemError
from pipeline.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.clock import Clock
    from pipeline.config import Settings
    from pipeline.ingest.homeward import Homeward
    from pipeline.ingest.http.body import Bodies
    from pipeline.ingest.http.keys import Keyring
    from pipeline.ingest.http.limits import Limiter
    from pipeline.ingest.http.sender import Entry
    from pipeline.metrics import Metrics
    from schemas.dead_letter import RefusedError
    from schemas.undo import Undo
    from schemas.wire import WireEvent

RETRY_S = 2.0


class Sender(Protocol):
    """What is used of `pipeline.ingest.http.sender.KafkaSender`."""

    problem: str
    """Why nothing can be sent now; "" while it can."""

    async def send(self, entries: Iterable[Entry]) -> None:
        """Return once all in-sync replicas have every entry. Raises UnavailableError when they have not, or perhaps not."""


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
    homeward: Homeward

    def event(self, event: WireEvent, value: bytes | None = None) -> Entry:
        """The record of an event whose sender chose its content; `value` are its bytes where they are known already."""
        home = self.homeward.home(event)
        return records.of_event(self.settings, home, value if home is event else None)

    def mapped(self, events: Iterable[WireEvent]) -> list[Entry]:
        """The records of what a mapping made, and of the links that are found with it."""
        return [records.of_event(self.settings, event) for event in self.homeward.mapped(events)]

    def undo(self, found: Undo) -> Entry:
        """The record of an undo whose content is not known."""
        return records.of_undo(self.settings, found)

    def letter(self, door: str, error: RefusedError, value: bytes) -> Entry:
        """The dead letter of something that came by a door."""
        self.metrics.add(Metric.DOOR_LETTERS, 1, door, error.reason)
        return records.of_letter(self.settings, door, error, value, self.clock.now_us() // 1000)

    async def deliver(self, entries: list[Entry]) -> None:
        """Send and wait for the acknowledgement. Raises ProblemError `overloaded` (503) when it does not come: whoever sent it sends it again."""
        try:
            await self.sender.send(entries)
        except UnavailableError as error:
            self.homeward.again()
            raise ProblemError("overloaded", str(error), retry_after_s=RETRY_S) from error

"""The seam between what gets payloads (a `Source`: one firehose, one poller) and the frame that brings them into Kafka.

A source knows its platform's protocol and nothing of Kafka. It puts payloads out, each with the position from which to go on once it is dealt
with. The frame maps, sends, waits for the acknowledgement, and only then stores the position:

    Source.run ──put──► Outlet (bounded) ──► Source.look_up ──► PlatformMapping ──► Kafka (acks=all) ──► share.positions

Guarantee: at least once. A crash between acknowledgement and position makes the source go on from an older position, and what comes again has
the same event ids, so it changes no figure. A source must therefore make nothing up: the same payload, the same event.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aiohttp

    from pipeline.clock import Clock
    from pipeline.ingest.platforms import Context, Mapped, PlatformMapping
    from pipeline.metrics import Metrics

NOT_READ: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not what is asked for, whatever they are."""
Position = Mapping[str, Any]
"""Where to go on: a small JSON object that only its source understands. It says all there is to say: the next one takes its place."""


class SourceError(Exception):
    """The source cannot go on for now; the text is for the operator. The frame tells, waits (with jitter, longer each time, at least
    `retry_after_s` seconds) and calls `run` again with the last position that was put out.
    """

    def __init__(self, text: str, retry_after_s: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class Piece(NamedTuple):
    """One payload as it came: if its mapping does not understand it, exactly these bytes are the dead letter."""

    payload: bytes
    mapping: PlatformMapping
    position: Position | None = None
    """Where to go on once this piece, and all before it, are dealt with. None: not a place to go on from."""
    content_type: str = "application/json"
    at_us: int | None = None
    """When the platform says that it sent or witnessed this, microseconds since 1970 UTC: for the lag that is measured."""
    context: Context | None = None
    """What the mapping is told besides the payload; None: the source's `context`."""


class Out(Protocol):
    """Where a source puts what it gets. A call waits while Kafka is slow: whoever waits reads nothing more from his socket (backpressure)."""

    async def put(self, piece: Piece) -> None:
        """Hand one payload over."""
        ...

    async def mark(self, position: Position) -> None:
        """Nothing new, but from now on this is where to go on (a new etag, say)."""
        ...

    def alive(self, detail: str = "") -> None:
        """The platform answers, though it may have nothing to tell: the source is ready, and its back-off starts over."""
        ...

    def gap(self, text: str) -> None:
        """Something is lost for good, and nobody could help it. Loud: a warning in the log and a metric."""
        ...


class Tools(NamedTuple):
    """What the frame gives every source when it is made."""

    session: aiohttp.ClientSession
    clock: Clock
    metrics: Metrics


class Source(ABC):
    """One source. `name` is what the operator calls it: the key of its position, and a label of metrics and dead letters."""

    def __init__(self, name: str, context: Context) -> None:
        self.name, self.context = name, context

    @abstractmethod
    async def run(self, out: Out, position: Position | None) -> None:
        """Get payloads from `position` on (None: from now on), until cancelled. Returning means that the platform ended the stream: it is
        called again. Raises SourceError; aiohttp.ClientError, OSError and TimeoutError are taken for one. Any other error ends the process.
        """

    async def look_up(self, _pieces: Sequence[Piece]) -> Mapping[str, int]:
        """Audiences by actor id, for pieces that are about to be mapped. Bounded in time; raises nothing; what is not known is left out."""
        return {}

    def saw(self, mapped: Mapped) -> None:  # noqa: B027 - most sources need not know
        """What a piece meant, before the next one is mapped."""

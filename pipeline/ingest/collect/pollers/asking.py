"""What a poller asks and what it is answered, as plain values: everything about a platform is decided on these, without I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from pipeline.ingest.platforms.reading import Json, UnknownShapeError
from schemas.wire import micros

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question. It can be kept and asked later, so it holds no credential."""

    path: str
    """Path and query, encoded, below the platform's address."""
    what: str = ""
    """Which of a feed's questions it is, where a feed has several."""
    headers: dict[str, str] = {}
    is_detail: bool = False
    """Whether the sweep does without it when it is refused."""


class Answer(NamedTuple):
    """What came back. `headers` are looked up without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        """The body. Raises UnknownShapeError when it is not JSON."""
        try:
            return Json(msgspec.json.decode(self.body))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise UnknownShapeError("the answer is not JSON") from None


class Mark(msgspec.Struct, omit_defaults=True):
    """How far one feed of one watched post has come. Times are microseconds since 1970 (UTC)."""

    newest: int = 0
    """The newest item that is dealt with. What is older was told before."""
    top: int = 0
    """The newest item of the sweep under way: `newest`, once the sweep has come to its end."""
    pending: list[Request] = []
    """What is left of the sweep under way, so that a crash in a list of thousands does not begin it anew."""
    asked: str = ""
    etag: str = ""
    modified: str = ""
    """Validators of the answer to the request whose digest is `asked`."""
    known: list[str] = []
    """Ids that the feed wants to remember."""
    missing: int = 0
    """How many times in a row the platform has said that there is no such post."""


class Asked(NamedTuple):
    """The circumstances of a question."""

    post: str
    """The watched post as the operator wrote it."""
    options: Any
    """The source's options."""
    mark: Mark
    now_us: int

    def is_new(self, at_us: int, slack_us: int = 0) -> bool:
        """Whether something of that time was not told before, as far as the mark says. Of the same moment: perhaps."""
        return at_us >= self.mark.newest - slack_us


class Found(NamedTuple):
    """What one answer held."""

    payloads: Sequence[object] = ()
    """Payloads as the platform's mapping reads them."""
    more: Sequence[Request] = ()
    """What is to be asked now, before the feed rests: the next page, or details of what was found."""
    newest: int = 0
    known: list[str] | None = None


class Feed(NamedTuple):
    """One list or set of figures that a platform tells of a watched post."""

    name: str
    first: Callable[[Asked], Request]
    read: Callable[[Asked, Request, Json], Found]
    """Raises UnknownShapeError where the answer does not say how to go on."""
    tells_gone: bool = False
    """Whether 404 and 410 mean that the post is there no more (and not that a list is empty or closed to us)."""
    pace: float = 1.0
    """How many times slower than the others it is asked: what seldom changes."""


def path(place: str, /, **query: str | int | None) -> str:
    """A path with its query. What is None is left out."""
    told = {name: value for name, value in query.items() if value is not None}
    return f"{place}?{urlencode(told, safe=',')}" if told else place


def segment(text: str) -> str:
    """One segment of a path."""
    return quote(text, safe="")


class Page(NamedTuple):
    """One page of a list with the newest first."""

    new: list[Json]
    newest: int
    goes_on: bool
    """Whether something new may stand behind this page."""


def newest_first(items: Iterable[Json], when: Callable[[Json], datetime], asked: Asked) -> Page:
    """What is new on a page. Raises UnknownShapeError where an item does not tell its time."""
    dated = [(one, micros(when(one))) for one in items]
    new = [one for one, at in dated if asked.is_new(at)]
    return Page(new, max((at for _, at in dated), default=0), bool(dated) and len(new) == len(dated))

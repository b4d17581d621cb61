"""Who shared what lately, as far as one partition of the events topic has been read.

What is remembered is a function of the records of the last `window_ms` alone: a reader that begins that much earlier knows the same as one that
never stopped. So nothing here may depend on what left the window: a repeat of an event takes the place of its copy before, and what is too much leaves
in the order in which it was last seen.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from schemas.wire import SPREADS, micros

if TYPE_CHECKING:
    from schemas.wire import WireEvent

MOST_CONTENTS: Final = 5_000
MOST_SHARERS: Final = 200
"""Of one content: the latest ones. The memory kernel leaves those before them little weight."""


class Sharer(NamedTuple):
    """One post or spread that another spread may have come through."""

    event_id: str
    actor_id: str
    platform: str
    at_us: int
    """When it happened, µs since 1970 (UTC)."""
    audience: int | None
    is_post: bool
    name: str
    """The name that people write for the actor, "" where only the id is known."""
    appended_ms: int
    """When Kafka appended the record, ms since 1970 (UTC)."""

    @property
    def when(self) -> tuple[int, str]:
        """The order of the core: an act comes before another when this is smaller."""
        return self.at_us, self.event_id


@dataclass(slots=True)
class _Cascade:
    posts: OrderedDict[str, Sharer] = field(default_factory=OrderedDict)
    spreads: OrderedDict[str, Sharer] = field(default_factory=OrderedDict)


class Sharers:
    """The latest posts and spreads of the contents seen last. At most `contents` × 2 `sharers` are held, whatever comes."""

    def __init__(self, window_ms: int, contents: int = MOST_CONTENTS, sharers: int = MOST_SHARERS) -> None:
        self._window_ms, self._most_contents, self._most_sharers = window_ms, contents, sharers
        self._contents: OrderedDict[str, _Cascade] = OrderedDict()

    def __len__(self) -> int:
        """How many posts and spreads are held."""
        return sum(len(one.posts) + len(one.spreads) for one in self._contents.values())

    def knows(self, event: WireEvent, appended_ms: int) -> bool:
        """Whether a copy of the event came in the window before `appended_ms`."""
        found = self._contents.get(event.content_id)
        return found is not None and any(
            event.event_id in held and held[event.event_id].appended_ms >= appended_ms - self._window_ms
            for held in (found.posts, found.spreads)
        )

    def before(self, event: WireEvent, appended_ms: int) -> list[Sharer]:
        """Posts and spreads of the event's content and platform by others, that happened before it: the earliest first."""
        found = self._contents.get(event.content_id)
        if found is None:
            return []
        own, oldest_ms = (micros(event.occurred_at), event.event_id), appended_ms - self._window_ms
        return sorted(
            (
                one
                for held in (found.posts, found.spreads)
                for one in held.values()
                if one.when < own
                and one.platform == event.platform
                and one.actor_id != event.actor_id
                and one.appended_ms >= oldest_ms
            ),
            key=lambda one: one.when,
        )

    def add(self, event: WireEvent, appended_ms: int) -> None:
        """Remember a post or a spread; other kinds are nothing that can be passed on."""
        if event.kind != "post" and event.kind not in SPREADS:
            return
        cascade = self._contents.setdefault(event.content_id, _Cascade())
        self._contents.move_to_end(event.content_id)
        held = cascade.posts if event.kind == "post" else cascade.spreads
        held[event.event_id] = _sharer(event, appended_ms)
        held.move_to_end(event.event_id)
        if len(held) > self._most_sharers:
            held.popitem(last=False)
        if len(self._contents) > self._most_contents:
            self._contents.popitem(last=False)


def _sharer(event: WireEvent, appended_ms: int) -> Sharer:
    return Sharer(
        event.event_id,
        event.actor_id,
        event.platform,
        micros(event.occurred_at),
        event.audience_size,
        event.kind == "post",
        event.attributes.get("actor_name", ""),
        appended_ms,
    )

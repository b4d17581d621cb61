"""The last step of every reading process before Kafka: under which contents events go there. The same for front doors, collectors and imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.ingest.posts import Posts
from pipeline.ingest.roots import Roots

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.wire import WireEvent


class Homeward:
    """One for each reading process. Pure. `posts` is the list that `cascades content link` writes; whoever follows the topic keeps it up to date."""

    def __init__(self, posts: Posts | None = None, *, remembered: int = 0) -> None:
        self.posts = Posts() if posts is None else posts
        self._roots = Roots(self.posts, remembered)

    def home(self, event: WireEvent) -> WireEvent:
        """An event whose sender chose its content: under the one that this is counted for; the same object where that is its own."""
        return self.posts.at_home(event)

    def mapped(self, events: Iterable[WireEvent]) -> Iterator[WireEvent]:
        """What a mapping made of a payload: each event as `home` has it, followed by the links that are found with it."""
        for event in events:
            yield self.home(event)
            yield from self._roots.links(event)

    def again(self) -> None:
        """What was sent last may not have arrived: its links are found again with what comes next."""
        self._roots.again()

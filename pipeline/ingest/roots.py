"""Chains of quotations that no payload tells whole: what one reading process has seen, and the `link` events that follow from it.

A post Q is taken for a root by all that name it and nothing deeper, such as its reposts. Another payload says that Q itself is a quotation, a repost or
a repin within a content R. Whichever of the two comes first, the second is followed by a link Q → R, and the worker merges what came of Q
(`pipeline.stream.onward`): Q, under its own id, is a spread of R, and its reposts hang below it.

Who may say that a post stands in a content:

| who | of which post | why |
|---|---|---|
| the spread itself | its own | its platform, or the proof of its author, vouches for its id |
| another spread | the parent that it names | only where the platform says what a post quotes; on Bluesky and in the fediverse whoever writes a record says in it what he likes |
| pages of the web | none | a page that quotes another one is no part of it: it may quote many |
| Tumblr | none | each reblog tells the likes and totals of the whole chain: merged they would count several times |

What `cascades content link` says of a post stands: no link is found for it. None closes a ring of links that is known here.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from schemas import posts
from schemas.wire import SPREADS, micros

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.ingest.posts import Posts
    from schemas.wire import WireEvent

_MUTE: Final = frozenset({"web", "tumblr"})
_OWN_ACTS_ONLY: Final = frozenset({"bluesky", "mastodon"})
_TOLD: Final = frozenset({"exact", "root_only"})


class Roots:
    """Pure. Remembers at most `most` roots, and as many posts of each kind of spread, those that came up last; 0: nothing, and finds nothing.

    Guarantee: the same acts in any order and number lead to the same links, as long as they are remembered. What a restart forgets is not found.
    """

    def __init__(self, listed: Posts, most: int) -> None:
        self._listed, self._most = listed, most
        self._roots = _Recent(most)
        """Posts that were taken for roots → the content that each was linked to, "" for none yet."""
        # One memory for each kind: a stream of reposts does not push out the quotations, which alone are reposted themselves as a rule.
        self._spreads = {kind: _Recent(most) for kind in SPREADS}
        self._told: set[str] = set()

    def links(self, event: WireEvent) -> list[WireEvent]:
        """The links that follow from an event, to be sent behind it. Each is told once, and once more after `again`."""
        if not self._most or event.kind == "link":
            return []
        found = dict(self._pairs(event))
        return [posts.found(*pair, micros(event.occurred_at)) for pair in found.items() if self._is_new(*pair)]

    def again(self) -> None:
        """What was told may have been lost on the way: tell it anew with what comes next."""
        self._told.clear()

    def _pairs(self, event: WireEvent) -> Iterator[tuple[str, str]]:
        """Posts that are known for roots, each with the content that it is known to stand in; the event is noted."""
        content = event.content_id
        if event.event_id != content:
            self._told.discard(self._roots.note(content, self._roots.get(content, "")))
            for spreads in self._spreads.values():
                if (deeper := spreads.recall(content)) is not None:
                    yield content, deeper
        for post in _standing(event):
            self._spreads[event.kind].note(post, content)
            if post in self._roots:
                yield post, content

    def _is_new(self, post: str, content: str) -> bool:
        before = self._roots[post]
        if post in self._told or before not in {"", content}:  # of two links of a post the first stands
            return False
        if self._listed.get(post) is not None or self._leads(content, post):
            return False
        self._roots[post] = content
        self._told.add(post)
        return True

    def _leads(self, content: str, post: str) -> bool:
        """Whether the links that are known lead from a content to a post."""
        seen: set[str] = set()
        while content and content not in seen:
            if content == post:
                return True
            seen.add(content)
            listed = self._listed.get(content)
            content = listed.content_id if listed else self._roots.get(content, "")
        return False


class _Recent(OrderedDict[str, str]):
    """The names that came up last."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def note(self, name: str, value: str) -> str:
        """Set the value of a name. Returns the name that is forgotten for it, "" for none."""
        self[name] = value
        self.move_to_end(name)
        return self.popitem(last=False)[0] if len(self) > self._most else ""

    def recall(self, name: str) -> str | None:
        """The value of a name, which has just come up."""
        found = self.get(name)
        if found is not None:
            self.move_to_end(name)
        return found


def _standing(event: WireEvent) -> Iterator[str]:
    """The posts of which an event says, and may say, that they stand in its content."""
    if event.kind not in SPREADS or event.platform in _MUTE:
        return
    if event.event_id != event.content_id:
        yield event.event_id
    parent = event.parent_event_id
    if parent in {None, event.content_id, event.event_id} or event.platform in _OWN_ACTS_ONLY:
        return
    if event.parent_basis in _TOLD and parent is not None:
        yield parent

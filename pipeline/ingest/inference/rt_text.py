"""The text names who it came from: "RT @b: RT @a: …" came through b, "… via @b" and "… h/t @b" too.

Read are the attributes `rt_chain` (names, the nearest first, as the mapping of X tells them) and `text`. Names are compared with the actors' ids and
with the attribute `actor_name` of their acts. A name that did not share the content is no guess: the text may speak of anybody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipeline.ingest.inference.methods import guessed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.ingest.inference.methods import Guess
    from pipeline.ingest.inference.sharers import Sharer
    from schemas.wire import WireEvent

CONFIDENCE: Final = 0.95
"""The text is the sharer's own word; what is left is names that changed hands and people who shared twice."""
_NAME: Final = r"@([\w.-]{1,64}(?:@[\w.-]{1,64})?)"
_CHAIN: Final = re.compile(rf'\s*["“]?RT:?\s+{_NAME}', re.IGNORECASE)
_CREDIT: Final = re.compile(rf"\b(?:via|h/t|hat tip)\s+{_NAME}", re.IGNORECASE)


class RtText:
    """See the module."""

    def guess(self, event: WireEvent, before: Sequence[Sharer]) -> Guess | None:
        """The named person's latest act before the event."""
        if not (name := named(event)):
            return None
        wanted = _plain(name, event.platform)
        for one in reversed(before):
            if wanted in {_plain(one.actor_id, one.platform), _plain(one.name, one.platform)}:
                return guessed(one, CONFIDENCE)
        return None


def named(event: WireEvent) -> str:
    """Whom the event came from, as its text has it; "" when it does not say."""
    if chain := event.attributes.get("rt_chain"):
        return chain.split(",", 1)[0]
    text = event.attributes.get("text", "")
    found = _CHAIN.match(text) or _CREDIT.search(text)
    return found[1].rstrip(".-") if found else ""


def _plain(name: str, platform: str) -> str:
    return name.removeprefix(f"{platform}:").removeprefix("@").lower()

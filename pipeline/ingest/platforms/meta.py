"""What Facebook, Instagram and Threads have in common: Meta's webhook envelope and people who are not named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.ingest.platforms.reading import Json

AUTHENTICATION: Final = "`X-Hub-Signature-256`: HMAC-SHA256 of the raw body; `hub.challenge` with a verify token"
ANONYMOUS: Final = "anonymous:"
"""Meta leaves the person out when the app lacks the permission. The act still counts, under a name of its own."""


def parts(payload: Json) -> Iterable[object]:
    """One payload for each change."""
    rest = {name: value for name, value in payload.object().items() if name != "entry"}
    for entry in payload["entry"]:
        for body in _changes(entry):
            yield {**rest, "entry": [body]}


def _changes(entry: Json) -> Iterator[object]:
    body = entry.value
    changes = body.get("changes") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(changes, list) or not changes:
        yield body
        return
    for change in changes:
        yield {**body, "changes": [change]}

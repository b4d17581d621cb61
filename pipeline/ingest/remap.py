"""What a front door or a collector refused, read again by the platform's mapping, which may know the shape by now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.collect.collector import DOOR as COLLECT
from pipeline.ingest.collect.kinds import KINDS
from pipeline.ingest.collect.options import load
from pipeline.ingest.http import keys
from pipeline.ingest.http.webhooks import context
from pipeline.ingest.platforms import REGISTRY
from schemas import undo, wire
from schemas.dead_letter import RefusedError

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.ingest.letters import Letter
    from pipeline.ingest.platforms import Context, PlatformMapping

WEBHOOKS: Final = "/webhooks/"
Record = tuple[str, bytes, bytes]
"""(topic, key, value)"""


def has_mapping(letter: Letter) -> bool:
    """Whether a letter holds a platform's payload, and no event."""
    return letter.door.startswith((WEBHOOKS, COLLECT))


class Remap:
    """Maps letters of webhooks and collectors with the settings that these have."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, letter: Letter, value: bytes) -> list[Record]:
        """The records of such a letter: events and undos, none when nothing of it is ours.

        Raises RefusedError while the mapping does not know the shape, UsageError when a setting that is needed is not there.
        """
        mapping, known = self._collector(letter.door) if letter.door.startswith(COLLECT) else self._webhook(letter.door)
        mapped = mapping.events(mapping.decode(value, ""), letter.received_at, known)
        for refusal in mapped.refused:
            raise refusal.error
        events = [(self._settings.events_topic, one.content_id.encode(), wire.encode(one)) for one in mapped.events]
        undos = [(self._settings.undo_topic, one.target_event_id.encode(), undo.encode(one)) for one in mapped.undos]
        return events + undos

    def _webhook(self, door: str) -> tuple[PlatformMapping, Context]:
        name = door.removeprefix(WEBHOOKS)
        if name not in REGISTRY:
            raise RefusedError("unknown_shape", f"there is no mapping for {door}")
        webhook = keys.load(self._settings).webhooks.get(name, keys.Webhook())
        return REGISTRY[name], context(self._settings, webhook)

    def _collector(self, door: str) -> tuple[PlatformMapping, Context]:
        (source,) = load(self._settings, KINDS, [door.removeprefix(COLLECT)])
        return source.kind.mapping(source.options), source.context

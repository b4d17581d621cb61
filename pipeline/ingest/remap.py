"""What a front door refused, read again by the platform's mapping, which may know the shape by now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.ingest.http import keys
from pipeline.ingest.http.webhooks import context
from pipeline.ingest.platforms import REGISTRY
from schemas import undo, wire
from schemas.dead_letter import RefusedError

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.ingest.letters import Letter

WEBHOOKS: Final = "/webhooks/"
Record = tuple[str, bytes, bytes]
"""(topic, key, value)"""


class Remap:
    """Maps letters of webhooks with the settings that their doors have."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, letter: Letter, value: bytes) -> list[Record]:
        """The records of a webhook's letter: events and undos, none when nothing of it is ours.

        Raises RefusedError while the mapping does not know the shape, UsageError when CASCADES_ACTOR_KEY is not set.
        """
        name = letter.door.removeprefix(WEBHOOKS)
        if name not in REGISTRY:
            raise RefusedError("unknown_shape", f"there is no mapping for {letter.door}")
        webhook = keys.load(self._settings).webhooks.get(name, keys.Webhook())
        mapping = REGISTRY[name]
        mapped = mapping.events(mapping.decode(value, ""), letter.received_at, context(self._settings, webhook))
        for refusal in mapped.refused:
            raise refusal.error
        events = [(self._settings.events_topic, one.content_id.encode(), wire.encode(one)) for one in mapped.events]
        undos = [(self._settings.undo_topic, one.target_event_id.encode(), undo.encode(one)) for one in mapped.undos]
        return events + undos

"""`cascades rebuild`."""

from __future__ import annotations

import asyncio

from pipeline.commands.console import note
from pipeline.commands.settings import load
from pipeline.stream.forget import forget_state


def run() -> int:
    """Throw the state away; the next workers read every event again."""
    settings = load()
    asyncio.run(forget_state(settings))
    note(
        f"the state of group {settings.group} is thrown away: the next `cascades worker` reads {settings.events_topic} from its start"
    )
    return 0

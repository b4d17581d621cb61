"""`cascades rebuild`."""

from __future__ import annotations

import asyncio

from pipeline.commands.console import note
from pipeline.commands.settings import load
from pipeline.kafka import changelog_spec
from pipeline.stream.forget import forget_state
from pipeline.stream.state_dir import group_dir


def run() -> int:
    """Throw the state away; the next workers read every event again."""
    settings = load()
    changelog, folder = changelog_spec(settings).name, group_dir(settings)
    note(f"throwing away the state of group {settings.group}: topic {changelog}, files in {folder} …")
    records = asyncio.run(forget_state(settings))
    note(
        f"done. The next `cascades worker` folds {records:,} records of {settings.events_topic} from its start and writes every row again; meanwhile the rows in "
        "ClickHouse stay as they are. `cascades status` shows how many are left"
    )
    return 0

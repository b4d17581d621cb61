"""`cascades notify`."""

from __future__ import annotations

from pipeline.alerts.process import run_notify
from pipeline.commands.settings import load


def run() -> int:
    """Deliver alerts until told to stop."""
    return run_notify(load())

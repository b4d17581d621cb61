"""`cascades resolve`."""

from __future__ import annotations

from pipeline.commands.settings import load
from pipeline.ingest.undo.process import run_resolve


def run() -> int:
    """Resolve undos and show dead letters until told to stop."""
    return run_resolve(load())

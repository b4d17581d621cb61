"""`cascades resolve`."""

from __future__ import annotations

from pipeline.clickhouse import as_reader
from pipeline.commands.settings import load
from pipeline.ingest.undo.process import run_resolve


def run() -> int:
    """Resolve undos until told to stop."""
    return run_resolve(as_reader(load()))

"""`cascades worker`."""

from __future__ import annotations

from pipeline.commands.settings import load
from pipeline.stream.worker import run_worker


def run() -> int:
    """Run the Faust worker until it is told to stop."""
    return run_worker(load())

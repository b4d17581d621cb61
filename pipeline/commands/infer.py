"""`cascades infer`."""

from __future__ import annotations

from pipeline.commands.settings import load
from pipeline.ingest.inference.process import run_infer


def run() -> int:
    """Infer parents until told to stop."""
    return run_infer(load())

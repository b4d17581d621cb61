"""`cascades serve`."""

from __future__ import annotations

from pipeline.commands.console import note
from pipeline.commands.settings import load
from pipeline.serve.run import run_serve


def run() -> int:
    """Serve the page until it is told to stop."""
    settings = load()
    note(f"page: http://{settings.host}:{settings.page_port}")
    return run_serve(settings)

"""`cascades collect`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.commands.settings import load
from pipeline.ingest.collect.process import run_collect

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(names: Sequence[str]) -> int:
    """Collect until told to stop."""
    return run_collect(load(), names)

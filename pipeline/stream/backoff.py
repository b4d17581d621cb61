"""Lives in `pipeline.backoff`, where all processes have it."""

from __future__ import annotations

from pipeline.backoff import Backoff

__all__ = ["Backoff"]

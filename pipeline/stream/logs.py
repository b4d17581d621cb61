"""Lives in `pipeline.logs`, where all processes have it."""

from __future__ import annotations

from pipeline.logs import OURS, QUIET, REPEAT_AFTER_S, Sparing, set_up_logging

__all__ = ["OURS", "QUIET", "REPEAT_AFTER_S", "Sparing", "set_up_logging"]

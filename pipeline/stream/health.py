"""Lives in `pipeline.health`, where all processes have it."""

from __future__ import annotations

from pipeline.health import STUCK_AFTER_S, Answer, HealthServer, live, ready

__all__ = ["STUCK_AFTER_S", "Answer", "HealthServer", "live", "ready"]

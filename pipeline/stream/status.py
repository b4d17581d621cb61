"""Lives in `pipeline.status`, where all processes have it."""

from __future__ import annotations

from pipeline.status import PARTS, Part, Status

__all__ = ["PARTS", "Part", "Status"]

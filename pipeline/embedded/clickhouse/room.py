"""Room on the data's disk. The engine does not notice when a write fails (docs/decisions/0034), so none may come to fail."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pipeline.embedded.clickhouse.errors import NOT_ENOUGH_SPACE, ServerError

if TYPE_CHECKING:
    from pathlib import Path

KEEP_FREE_BYTES = 64 << 20
"""What inserts and merges leave free: for the small files of a part, and for others who write to that disk at the same time."""
SURE_BYTES = KEEP_FREE_BYTES // 4
"""With more than that left after an insert, nothing of it can have failed for want of room."""


def left(folder: Path) -> int:
    """Bytes that a user without rights may still write."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def require(folder: Path, least: int = KEEP_FREE_BYTES) -> None:
    """Raises ServerError 243 when fewer than `least` bytes are left."""
    if (free := left(folder)) < least:
        raise ServerError(
            NOT_ENOUGH_SPACE, f"The disk of the data is full: {free >> 20} MiB left, {least >> 20} MiB must stay free"
        )

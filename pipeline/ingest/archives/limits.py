"""How much an archive may unpack to. Nothing is ever unpacked to the disk or held whole in memory: a bomb costs time, and is stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.config import Settings

RATIO_FROM: Final = 10 * 1024 * 1024
"""Unpacked bytes from which the ratio is looked at: a small file of a thousand equal lines packs well, and harms nobody."""
MAX_ENTRY: Final = 3_500_000
"""Bytes of one entry (a status, a post with its comments): held in memory, and as a dead letter in one Kafka record."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may hold. `unpacked` in bytes, of all members together."""

    unpacked: int
    ratio: int
    members: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Those in force."""
        return cls(settings.import_max_unpacked_bytes, settings.import_max_ratio, settings.import_max_members)

    def check(self, name: str, packed: int, unpacked: int, member: int) -> None:
        """Raise UsageError when `unpacked` bytes in all, or the `member` bytes that `packed` ones became, are more than they may be."""
        if unpacked > self.unpacked:
            raise UsageError(
                f"{name}: more than {self.unpacked:,} bytes when unpacked: refused. If you trust it, raise CASCADES_IMPORT_MAX_UNPACKED_BYTES"
            )
        if member > RATIO_FROM and member > max(packed, 1) * self.ratio:
            raise UsageError(
                f"{name}: unpacks to more than {self.ratio} times its size, as a zip bomb does: refused. "
                "If you trust it, raise CASCADES_IMPORT_MAX_RATIO"
            )

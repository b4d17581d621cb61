"""One content's facts as the page shows them: unknown stays None (shown as a dash), never 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.config import Settings


_SECONDARY = ("secondary_reach", "secondary_reach_5m", "secondary_reach_1h", "secondary_reach_24h")


def shape(size: int, structural_virality: float, settings: Settings) -> str | None:
    """The plain label of a tree: broadcast, mixed or chain (thresholds are settings); None before the first spread."""
    if size <= 1:
        return None
    if structural_virality >= settings.chain_from:
        return "chain"
    return "broadcast" if structural_virality < settings.broadcast_below else "mixed"


def known_reach(row: Mapping[str, Any]) -> dict[str, object]:
    """The reach figures, None where nothing is known of them: ClickHouse adds up the audiences it knows, and an empty sum is no zero."""
    secondary_unknown = row["audience_coverage"] == 0
    primary_unknown = row["primary_reach"] == 0
    unknown = {
        "primary_reach": primary_unknown,
        **dict.fromkeys(_SECONDARY, secondary_unknown),
        **dict.fromkeys(("potential_reach", "estimated_reach"), primary_unknown and row["secondary_reach"] == 0),
    }
    return {name: None if missing else row[name] for name, missing in unknown.items()}


def facts(row: Mapping[str, Any], settings: Settings) -> dict[str, object]:
    """A row of `v_content` with its label. Without a spread there is no virality and no R."""
    spread = row["size"] > 1
    known = known_reach(row)
    return {
        **row,
        **known,
        "platforms": [str(name) for name in row["platforms"]],
        "shape": shape(row["size"], row["structural_virality"], settings),
        "structural_virality": row["structural_virality"] if spread else None,
        "r": row["r"] if spread else None,
        "live_r": row["live_r"] if spread else None,
    }

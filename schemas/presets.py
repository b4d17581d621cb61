"""The presets of alert rules, in words and in numbers."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

from schemas.rule_types import (
    Depth,
    Forecast,
    LargeAmplifier,
    OverPerformance,
    Reproduction,
    RuleSet,
    SecondaryReach,
    SuddenDrop,
    Velocity,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Preset = Literal["sensitive", "balanced", "strict"]

WORDS: Mapping[Preset, str] = MappingProxyType(
    {
        "sensitive": "tells early and often: misses little, a good part of it comes to nothing",
        "balanced": "tells what is worth a look now",
        "strict": "tells what is worth waking somebody: misses some, is seldom wrong",
    }
)

PRESETS: Mapping[str, RuleSet] = MappingProxyType(
    {
        "sensitive": RuleSet(
            velocity=Velocity(minimum_shares=20, times_expected=1.0),
            over_performance=OverPerformance(enter=2.5, leave=1.5, minimum_shares=30),
            forecast=Forecast(at_least=500, minimum_shares=30),
            depth=Depth(),
            r=Reproduction(),
            secondary_reach=SecondaryReach(marks=[100_000, 1_000_000, 10_000_000, 100_000_000]),
            large_amplifier=LargeAmplifier(audience=100_000),
            sudden_drop=SuddenDrop(),
        ),
        "balanced": RuleSet(
            velocity=Velocity(),
            over_performance=OverPerformance(),
            forecast=Forecast(),
            secondary_reach=SecondaryReach(),
            large_amplifier=LargeAmplifier(),
            sudden_drop=SuddenDrop(),
        ),
        "strict": RuleSet(
            velocity=Velocity(minimum_shares=100, enter_z=8.0, enter_p=1e-9, times_expected=3.0),
            over_performance=OverPerformance(enter=6.0, leave=3.0, minimum_shares=200),
            forecast=Forecast(at_least=2000, believe="low", minimum_shares=200),
            secondary_reach=SecondaryReach(marks=[10_000_000, 100_000_000]),
            large_amplifier=LargeAmplifier(audience=2_000_000),
        ),
    }
)
assert set(PRESETS) == set(get_args(Preset)) == set(WORDS)

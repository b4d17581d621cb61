"""The presets of alert rules, in words and in numbers.

The triggers were chosen on one half of the Twitter15/16 cascades and measured on the other (docs/alerts.md). Shares expected and forecast scale with the
platform by themselves; marks in absolute numbers (`forecast.at_least`, reach, audiences) are those of contents with some hundred shares, and are
the first thing to set for another size of audience.
"""

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
            velocity=Velocity(minimum_shares=20, times_expected=2.0),
            over_performance=OverPerformance(enter=2.5, leave=1.5, minimum_shares=50),
            forecast=Forecast(at_least=700),
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
            velocity=Velocity(minimum_shares=50, enter_z=8.0, enter_p=1e-9, times_expected=5.0),
            over_performance=OverPerformance(enter=10.0, leave=5.0, minimum_shares=300),
            forecast=Forecast(at_least=1000, believe="low"),
            secondary_reach=SecondaryReach(marks=[10_000_000, 100_000_000]),
            large_amplifier=LargeAmplifier(audience=2_000_000),
        ),
    }
)
assert set(PRESETS) == set(get_args(Preset)) == set(WORDS)
